#include "data/archive.hpp"

#include <zip.h>

#include "core/error.hpp"
#include "data/gzip.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

struct CloseArchive {
    void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
};
struct CloseEntry {
    void operator()(zip_file_t* entry) const noexcept { zip_fclose(entry); }
};
using OpenArchive = std::unique_ptr<zip_t, CloseArchive>;
using OpenEntry = std::unique_ptr<zip_file_t, CloseEntry>;

OpenArchive open_archive(const std::filesystem::path& path) {
    int code = 0;
    OpenArchive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (archive) return archive;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    fail(Failure::data, "{}: cannot be read as a zip archive: {}; fetch or write the file again", path.string(), why);
}

ArchiveEntry checked(const std::filesystem::path& path, const zip_stat_t& entry, std::uint64_t file_size) {
    constexpr zip_uint64_t wanted = ZIP_STAT_NAME | ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                    ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((entry.valid & wanted) != wanted) {
        fail(Failure::data, "{}: its directory does not describe every entry; fetch or write the file again",
             path.string());
    }
    const std::string name = entry_name(path, entry.name);
    if (entry.encryption_method != ZIP_EM_NONE) {
        fail(Failure::data, "{}: is encrypted; write the archive without a password", name);
    }
    const bool stored = entry.comp_method == ZIP_CM_STORE;
    if (!stored && entry.comp_method != ZIP_CM_DEFLATE) {
        fail(Failure::data,
             "{}: is packed by method {} of zip archives, but stored and deflated entries are read, as numpy.savez and "
             "numpy.savez_compressed write them",
             name, entry.comp_method);
    }
    const std::uint64_t most = stored ? entry.comp_size : entry.comp_size * most_deflate_ratio;
    if (entry.comp_size > file_size || entry.size > most) {
        fail(Failure::data,
             "{}: is declared to have {} bytes, which its {} packed ones cannot hold; fetch or write the "
             "file again",
             name, entry.size, entry.comp_size);
    }
    return {.name = entry.name, .index = entry.index, .bytes = entry.size};
}

}  // namespace

std::string entry_name(const std::filesystem::path& path, const std::string& entry) {
    return path.string() + ", " + entry;
}

std::vector<ArchiveEntry> archive_entries(const std::filesystem::path& path) {
    const OpenArchive archive = open_archive(path);
    std::error_code error;
    const std::uint64_t file_size = std::filesystem::file_size(path, error);
    if (error) fail(Failure::data, "{}: cannot be read: {}", path.string(), error.message());
    std::vector<ArchiveEntry> entries;
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
    for (zip_uint64_t i = 0; i < count; ++i) {
        zip_stat_t entry;
        zip_stat_init(&entry);
        if (zip_stat_index(archive.get(), i, 0, &entry) != 0) {
            fail(Failure::data, "{}: {}; fetch or write the file again", path.string(), zip_strerror(archive.get()));
        }
        entries.push_back(checked(path, entry, file_size));
    }
    return entries;
}

struct ArchiveReader::Open {
    std::string name;
    OpenArchive archive;
    OpenEntry entry;
};

ArchiveReader::ArchiveReader(const std::filesystem::path& path, const ArchiveEntry& entry)
    : open_(std::make_unique<Open>(Open{entry_name(path, entry.name), open_archive(path), nullptr})) {
    open_->entry.reset(zip_fopen_index(open_->archive.get(), entry.index, 0));
    if (open_->entry) return;
    fail(Failure::data, "{}: cannot be read: {}; fetch or write the file again", open_->name,
         zip_strerror(open_->archive.get()));
}

ArchiveReader::~ArchiveReader() = default;

std::size_t ArchiveReader::read(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const zip_int64_t got = zip_fread(open_->entry.get(), out.data() + done, out.size() - done);
        if (got < 0) {
            fail(Failure::data, "{}: is damaged: {}; fetch or write the file again", open_->name,
                 zip_error_strerror(zip_file_get_error(open_->entry.get())));
        }
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

}  // namespace ensemble::data
