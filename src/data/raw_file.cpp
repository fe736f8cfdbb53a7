#include "data/raw_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"

namespace ensemble::data {

using core::Failure;

RawFile::RawFile(std::filesystem::path path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)), is_owner_(true) {
    if (file_ < 0) core::fail(Failure::data, "{}: cannot be opened: {}", path_.string(), std::strerror(errno));
}

RawFile RawFile::standard_input() {
    return {"standard input", STDIN_FILENO, false};
}

RawFile::~RawFile() {
    if (is_owner_) ::close(file_);
}

RawFile::RawFile(RawFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(other.file_),
      is_owner_(std::exchange(other.is_owner_, false)),
      begin_(other.begin_),
      begin_size_(other.begin_size_),
      begin_read_(other.begin_read_) {}

std::size_t RawFile::read_file(std::span<std::byte> out) {
    for (;;) {
        const ssize_t got = ::read(file_, out.data(), out.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) {
            core::fail(Failure::data, "{}: cannot be read: {}", path_.string(), std::strerror(errno));
        }
    }
}

std::string_view RawFile::begin() {
    // Enough for the shortest mark; who waits for an answer to a short line writes no more before.
    constexpr std::size_t least = 2;
    while (begin_size_ < least) {
        const std::size_t got = read_file(std::span(begin_).subspan(begin_size_));
        if (got == 0) break;
        begin_size_ += got;
    }
    return {reinterpret_cast<const char*>(begin_.data()), begin_size_};
}

std::size_t RawFile::read(std::span<std::byte> out) {
    if (begin_read_ == begin_size_) return read_file(out);
    const auto left = std::span(begin_).subspan(begin_read_, std::min(begin_size_ - begin_read_, out.size()));
    std::ranges::copy(left, out.begin());
    begin_read_ += left.size();
    return left.size();
}

bool RawFile::has_more() const noexcept {
    if (begin_read_ < begin_size_) return true;
    pollfd look{.fd = file_, .events = POLLIN, .revents = 0};
    return ::poll(&look, 1, 0) != 0;
}

}  // namespace ensemble::data
