#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/options.hpp"

namespace ensemble::config {

/// Adds what `text` says, one --vary: NAME=V1,V2,… or NAME=LOW..HIGH; a value with commas stands in double quotes.
/// Throws core::Error (usage) saying what is wrong with it: settings that members share, values the setting refuses.
void add_variation(Options& options, std::string_view text);

/// The same as a person would type it.
[[nodiscard]] std::string text_of(const Variation& variation);

/// True where members differ in what they are, apart from their random numbers and rows.
[[nodiscard]] bool members_differ(const Options& options);

/// The options that one member is trained by: one network, nothing that varies. Networks turn fastest, then each
/// variation in the order given, so that consecutive members go through all combinations; drawn values depend on seed,
/// member and setting alone, rates uniform in their logarithm.
[[nodiscard]] Options options_of_member(const Options& options, std::uint32_t member);

/// What varies, with the member's value, in the order given: {"lr", "0.01"}.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> varied_values(const Options& options,
                                                                             std::uint32_t member);

}  // namespace ensemble::config
