#include "run/prediction_output.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/error.hpp"
#include "core/path.hpp"
#include "store/gzip_writer.hpp"
#include "store/npy.hpp"

namespace ensemble::run {
namespace {

class StandardOutput final : public PredictionOutput {
public:
    bool write(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EPIPE) return false;
            if (count <= 0) {
                core::fail(core::Failure::run, "cannot write to stdout: {}", std::generic_category().message(errno));
            }
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
        return true;
    }

    void finish(std::uint64_t /*rows*/) override {}
};

class OutputFile final : public PredictionOutput {
public:
    OutputFile(const std::string& path, std::size_t columns) : file_(path, system_), columns_(columns) {
        if (columns_ > 0) file_.write(store::npy_head(0, columns_));
    }

    bool write(std::span<const std::byte> bytes) override {
        file_.write(bytes);
        return true;
    }

    void finish(std::uint64_t rows) override {
        if (columns_ > 0) file_.rewrite_beginning(store::npy_head(rows, columns_));
        file_.finish();
    }

private:
    store::FileSystem system_;
    store::GrowingFile file_;
    std::size_t columns_;  ///< of an array, else 0
};

class GzippedFile final : public PredictionOutput {
public:
    explicit GzippedFile(const std::string& path)
        : file_(path, system_), gzip_([this](std::span<const std::byte> bytes) { file_.write(bytes); }) {}

    bool write(std::span<const std::byte> bytes) override {
        gzip_.write(bytes);
        return true;
    }

    void finish(std::uint64_t /*rows*/) override {
        gzip_.finish();
        file_.finish();
    }

private:
    store::FileSystem system_;
    store::GrowingFile file_;
    store::GzipWriter gzip_;
};

}  // namespace

void require_output_name(const std::string& out) {
    if (out.empty()) {
        core::fail(core::Failure::usage,
                   "--out: is empty; give the name of a file, or leave it out for standard output");
    }
    if (!core::has_extension(out, ".gz") || !is_array_name(out.substr(0, out.size() - std::string_view(".gz").size())))
        return;
    core::fail(core::Failure::usage, "--out {}: arrays are not compressed; write a .npy, and gzip it afterwards", out);
}

bool is_array_name(const std::string& path) {
    return core::has_extension(path, ".npy");
}

std::unique_ptr<PredictionOutput> open_prediction_output(const std::string& path, std::size_t columns) {
    if (path == "-") return std::make_unique<StandardOutput>();
    if (core::has_extension(path, ".gz")) return std::make_unique<GzippedFile>(path);
    return std::make_unique<OutputFile>(path, is_array_name(path) ? columns : 0);
}

void refuse_same_file(const std::string& data, const std::string& out) {
    std::error_code error;
    if (data == "-" || out == "-" || !std::filesystem::equivalent(data, out, error)) return;
    core::fail(core::Failure::usage, "--out {}: is the file that is read; give another name", out);
}

}  // namespace ensemble::run
