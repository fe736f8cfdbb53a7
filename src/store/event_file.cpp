#include "store/event_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "store/open_file.hpp"
#include "store/tfrecord.hpp"

namespace ensemble::store {
namespace {

namespace fs = std::filesystem;

/// TensorBoard reads every file with "tfevents" in its name.
constexpr std::string_view file_prefix = "events.out.tfevents.";

/// While it is written: a temporary file's name that TensorBoard does not look at.
constexpr std::string_view unfinished_name = ".unfinished.tmp-";
static_assert(unfinished_name.find("tfevents") == std::string_view::npos);

std::optional<std::uint32_t> number_of(const fs::path& path) {
    const std::string name = path.filename().string();
    if (!name.starts_with(file_prefix)) return std::nullopt;
    std::uint32_t number = 0;
    const char* end = name.data() + name.size();
    const auto read = std::from_chars(name.data() + file_prefix.size(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return number;
}

[[noreturn]] void give_up(const fs::path& path, const char* operation, const char* survives) {
    core::fail(core::Failure::run,
               "cannot write '{}': {} failed: {}; {}. Check space, quota and rights of its directory, or leave "
               "--tensorboard out",
               path.string(), operation, reason(errno), survives);
}

}  // namespace

EventFile::EventFile(fs::path directory, FileSystem& system) : directory_(std::move(directory)), system_(system) {
    std::map<std::uint32_t, fs::path> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory_, ignored)) {
        if (const auto number = number_of(entry.path())) files[*number] = entry.path();
    }
    for (const auto& [number, path] : files) old_.push_back(path);
    if (files.empty()) return;
    number_ = files.rbegin()->first;
    const std::vector<std::byte> bytes = read_file(old_.back());
    for (const std::string_view record : records_in({reinterpret_cast<const char*>(bytes.data()), bytes.size()}))
        found_.emplace_back(record);
}

EventFile::~EventFile() = default;

void EventFile::begin(std::span<const std::string> records) {
    core::require(!has_begun(), "an event file begins once");
    const char* untouched = old_.empty() ? "nothing was left behind" : "what was there before is unchanged";
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error) {
        core::fail(core::Failure::run,
                   "cannot make directory '{}': {}; leave --tensorboard out, or choose another --out",
                   directory_.string(), error.message());
    }
    std::string text;
    for (const std::string& record : records) text += to_record(record);
    path_ = directory_ / fmt::format("{}{:04}", file_prefix, ++number_);
    const fs::path unfinished = directory_ / fmt::format("{}{}", unfinished_name, ::getpid());
    remove_temporaries(directory_);
    auto file = std::make_unique<File>(system_, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW);
    if (!file->is_open()) give_up(path_, "open", untouched);
    const char* failed = nullptr;
    if (!file->write(std::as_bytes(std::span(text)))) failed = "write";
    if (failed == nullptr && !old_.empty() && !file->sync()) failed = "fsync";
    if (failed == nullptr && uninterrupted([&] { return system_.rename(unfinished.c_str(), path_.c_str()); }) != 0)
        failed = "rename";
    if (failed != nullptr) {
        const int why = errno;
        system_.unlink(unfinished.c_str());
        errno = why;
        give_up(path_, failed, untouched);
    }
    if (!old_.empty()) sync_directory(directory_, system_);
    for (const fs::path& path : std::exchange(old_, {})) system_.unlink(path.c_str());
    size_ = static_cast<std::int64_t>(text.size());
    file_ = std::move(file);
}

void EventFile::append(std::string_view record) {
    core::require(has_begun(), "records go to a file that has begun");
    const std::string text = to_record(record);
    if (!file_->write(std::as_bytes(std::span(text)))) {
        const int why = errno;
        const bool restored = system_.ftruncate(file_->number(), size_) == 0;
        errno = why;
        give_up(path_, "write", restored ? "its earlier events are unchanged" : "its last event may be cut short");
    }
    size_ += static_cast<std::int64_t>(text.size());
}

}  // namespace ensemble::store
