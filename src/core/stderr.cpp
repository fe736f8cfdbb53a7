#include "core/stderr.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

namespace ensemble::core {
namespace {

void write_bytes(std::string_view bytes) noexcept {
    constexpr int patience_ms = 1000;  // for a reader of a pipe that does not block its writers
    while (!bytes.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd event{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
            if (::poll(&event, 1, patience_ms) <= 0) return;
        } else if (errno != EINTR) {
            return;
        }
    }
}

}  // namespace

void vprint_stderr(fmt::string_view format, fmt::format_args arguments) noexcept {
    try {
        write_bytes(fmt::vformat(format, arguments));
    } catch (...) {
        write_bytes("ensemble_train: error: there is not enough memory, not even to say for what\n");
    }
}

}  // namespace ensemble::core
