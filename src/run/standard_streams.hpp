#pragma once

#include <string_view>

namespace ensemble::run {

/// Gives stdin, stdout and stderr a file where they are closed, so that no file opened later takes their numbers and
/// receives what is meant for a terminal. To write to it fails as before. Call before anything is opened.
void occupy_standard_streams() noexcept;

/// Writes what was asked for, and nothing else, to stdout. Throws core::Error (run) if it does not arrive there; a
/// reader that leaves early (`| head`) has what it wanted.
void print_answer(std::string_view text);

}  // namespace ensemble::run
