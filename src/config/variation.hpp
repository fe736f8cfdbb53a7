#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/options.hpp"
#include "config/settings.hpp"

namespace ensemble::config {

/// Adds what `text` says, one --vary: NAME=V1,V2,… or NAME=LOW..HIGH; a value with commas stands in double quotes.
/// Throws core::Error (usage) saying what is wrong with it: settings that members share, values the setting refuses.
void add_variation(Options& options, std::string_view text);

/// The same as a person would type it.
[[nodiscard]] std::string text_of(const Variation& variation);

/// True where members differ in what they are, apart from their random numbers and rows.
[[nodiscard]] bool members_differ(const Options& options);

/// The run that a member comes from: its own; with snapshots K members one after the other are of one run.
[[nodiscard]] std::uint32_t run_of(const Options& options, std::uint32_t member);

/// Members one after the other that have one combination of networks and values: those of a run, and with folds as many
/// as there are, so that every row is held out by a member of each.
[[nodiscard]] std::size_t members_alike(const Options& options);

/// Which combination of networks and values a member has.
[[nodiscard]] std::uint32_t combination_of(const Options& options, std::uint32_t member);

/// The options that one member is trained by: one network, nothing that varies. Networks turn fastest, then each
/// variation in the order given, so that consecutive combinations are all there are; drawn values depend on seed,
/// combination and setting alone, rates uniform in their logarithm.
[[nodiscard]] Options options_of_member(const Options& options, std::uint32_t member);

/// The value of a setting where it has a part in what some member is; nothing where it has none.
[[nodiscard]] std::optional<Value> value_in_use(const Setting& setting, const Options& options);

/// Members after which options repeat themselves, but for numbers that are drawn: 1 where members are alike.
[[nodiscard]] std::uint32_t listed_combinations(const Options& options);

/// The same with drawn numbers: all members where there are some.
[[nodiscard]] std::uint32_t distinct_members(const Options& options);

/// What varies, with the member's value, in the order given: {"lr", "0.01"}.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> varied_values(const Options& options,
                                                                             std::uint32_t member);

}  // namespace ensemble::config
