#pragma once

#include <string>
#include <string_view>

#include "config/options.hpp"

namespace ensemble::config {

/// Adds what `text` says, one --shift: NAME:V1,V2,… or NAME:LOW..HIGH, which goes in steps of LOW where twelve of them
/// or fewer end at HIGH, and else in six even steps. Throws core::Error (usage) saying what is wrong with it.
void add_shift(Options& options, std::string_view text);

/// The same as a person would type it.
[[nodiscard]] std::string text_of(const ShiftSeries& series);

/// The evaluation set of the test rows changed by `value`: "rotate-30".
[[nodiscard]] std::string name_of_shifted(std::string_view name, double value);

}  // namespace ensemble::config
