#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/dataset.hpp"

namespace ensemble::data {

/// The train and test tables of a built-in set; test is empty where all rows serve every purpose.
struct BuiltinTables {
    Table train;
    std::optional<Table> test;
};

/// What follows a built-in name: `train=60000,test=1000,noise=0.1`.
struct BuiltinOptions {
    std::size_t train = 0;
    std::size_t test = 0;
    double noise = 0;
};

/// True if `name`, without options, is a built-in data set.
[[nodiscard]] bool is_builtin(std::string_view name);

/// The built-in names for a message: "digits, xor, moons, spirals".
[[nodiscard]] std::string builtin_names();

/// The preset that suits the built-in set `what` (a name, with or without options); empty for any preset and other
/// data.
[[nodiscard]] std::string_view suitable_network(std::string_view what);

/// The built-in name a person may have meant by `name`; empty if there is none.
[[nodiscard]] std::string_view closest_builtin(std::string_view name);

/// Generates `name` with `options` (the words after the colon, may be empty).
/// REQUIRES: is_builtin(name). Throws core::Error (usage) for options the set does not have or counts out of range.
[[nodiscard]] BuiltinTables generate(std::string_view name, std::string_view options, std::uint64_t seed);

}  // namespace ensemble::data
