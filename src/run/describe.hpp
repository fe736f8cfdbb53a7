#pragma once

#include <string>

#include "config/options.hpp"

namespace ensemble::run {

/// What the text table that the options name is taken for, column by column, as lines for people. Local. Throws
/// core::Error: usage where the data are no text table, else as data::describe_table() does.
[[nodiscard]] std::string describe(const config::Options& options);

}  // namespace ensemble::run
