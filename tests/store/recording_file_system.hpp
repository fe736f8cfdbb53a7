#pragma once

#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/file.hpp"

/// The real file system, which writes down every call that changes something.
class RecordingFileSystem : public ensemble::store::FileSystem {
public:
    struct Call {
        enum class Kind { create, write, fsync, rename, unlink } kind;
        std::string path;
        std::string other = {};             ///< the new name
        std::vector<std::byte> bytes = {};  ///< written
    };
    std::vector<Call> calls;
    std::size_t longest_write = 4096;

    int open(const char* path, int flags, mode_t mode) override {
        const int file = FileSystem::open(path, flags, mode);
        if (file < 0) return file;
        names_[file] = path;
        if ((flags & O_CREAT) != 0) calls.push_back({Call::Kind::create, path});
        return file;
    }
    ssize_t write(int file, const void* bytes, std::size_t count) override {
        const ssize_t written = FileSystem::write(file, bytes, std::min(count, longest_write));
        const auto* first = static_cast<const std::byte*>(bytes);
        calls.push_back({Call::Kind::write, names_.at(file), "", {first, first + written}});
        return written;
    }
    int fsync(int file) override {
        calls.push_back({Call::Kind::fsync, names_.at(file)});
        return FileSystem::fsync(file);
    }
    int rename(const char* from, const char* to) override {
        calls.push_back({Call::Kind::rename, from, to});
        return FileSystem::rename(from, to);
    }
    int unlink(const char* path) override {
        calls.push_back({Call::Kind::unlink, path});
        return FileSystem::unlink(path);
    }

private:
    std::map<int, std::string> names_;
};

/// A disk under a cache: what of the calls of a trace would be there after a crash.
class ModelDisk {
public:
    using Call = RecordingFileSystem::Call;

    void apply(const Call& call) {
        switch (call.kind) {
            case Call::Kind::create:
                if (!live_.contains(call.path)) live_[call.path] = std::make_shared<File>();
                live_[call.path]->live.clear();
                break;
            case Call::Kind::write: {
                auto& bytes = live_.at(call.path)->live;
                bytes.insert(bytes.end(), call.bytes.begin(), call.bytes.end());
                break;
            }
            case Call::Kind::fsync:
                if (const auto file = live_.find(call.path); file != live_.end()) {
                    file->second->durable = file->second->live;
                } else {
                    sync_directory(call.path);
                }
                break;
            case Call::Kind::rename:
                live_[call.other] = live_.at(call.path);
                live_.erase(call.path);
                break;
            case Call::Kind::unlink:
                live_.erase(call.path);
                break;
        }
    }

    /// What the crash spared.
    enum class Names { all, synced };
    enum class Data { all, synced };

    /// Puts what is left into the real directories, in which nothing else is.
    void materialise(Names names, Data data) const {
        for (const auto& [path, file] : names == Names::all ? live_ : durable_) {
            const auto& bytes = data == Data::all ? file->live : file->durable;
            std::ofstream(path, std::ios::binary)
                .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        }
    }

private:
    struct File {
        std::vector<std::byte> live;
        std::vector<std::byte> durable;
    };
    using Entries = std::map<std::string, std::shared_ptr<File>>;

    void sync_directory(const std::string& directory) {
        const auto inside = [&](const auto& entry) {
            return std::filesystem::path(entry.first).parent_path() == directory;
        };
        std::erase_if(durable_, inside);
        for (const auto& entry : live_) {
            if (inside(entry)) durable_.insert(entry);
        }
    }

    Entries live_;
    Entries durable_;
};
