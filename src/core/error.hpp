#pragma once

#include <exception>
#include <stdexcept>
#include <string>

#include <fmt/core.h>

#include "core/printable.hpp"

namespace ensemble::core {

/// What went wrong, seen from the user: each kind is one exit code of the program.
enum class Failure : int {
    usage = 2,     ///< the command line or the configuration asks for something impossible
    data = 3,      ///< a data or model file is missing, damaged or refused
    run = 4,       ///< the run failed after it had begun
    stopped = 75,  ///< stopped on request, state saved
};

/// An error to show to the user as one message of one line: what is wrong, where, and what to do. Whatever names and
/// fields it quotes, a terminal may see it.
class Error : public std::runtime_error {
public:
    Error(Failure kind, const std::string& message) : std::runtime_error(printable(message)), kind_(kind) {}

    [[nodiscard]] Failure kind() const noexcept { return kind_; }
    [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(kind_); }

private:
    Failure kind_;
};

/// Throws an Error with a formatted message. The formatting itself stays out of this header: half the files include it.
[[noreturn]] void fail_formatted(Failure kind, fmt::string_view format, fmt::format_args arguments);

template <class... Args>
[[noreturn]] void fail(Failure kind, fmt::format_string<Args...> format, const Args&... args) {
    fail_formatted(kind, format, fmt::make_format_args(args...));
}

/// What an exception says, in words for a user.
[[nodiscard]] std::string reason(const std::exception& error);

}  // namespace ensemble::core
