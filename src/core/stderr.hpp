#pragma once

#include <fmt/core.h>

namespace ensemble::core {

void vprint_stderr(fmt::string_view format, fmt::format_args arguments) noexcept;

/// Writes to stderr in one piece, so that words of several processes do not mix. A stderr that takes nothing (closed,
/// on a full disk, a pipe whose reader has left) is passed over: whoever has an error to tell has an exit code to keep.
/// REQUIRES: SIGPIPE is ignored.
template <class... Args>
void print_stderr(fmt::format_string<Args...> format, const Args&... args) noexcept {
    vprint_stderr(format, fmt::make_format_args(args...));
}

}  // namespace ensemble::core
