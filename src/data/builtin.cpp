#include "data/builtin.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "data/digits.hpp"
#include "data/planar.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t most_rows = 10'000'000;
constexpr double most_noise = 10;

/// A built-in set: its name, what it holds unless asked otherwise, and which options it knows.
struct Builtin {
    std::string_view name;
    BuiltinOptions defaults;
    std::string_view options;  ///< for messages
    bool has_counts;
    bool has_noise;
    std::string_view network = {};  ///< preset that suits it; empty: the one that suits any data
};

constexpr std::array builtins{
    Builtin{"digits", {.train = 6000, .test = 10'000}, "train=N and test=N", true, false, "slim"},
    Builtin{"xor", {}, "no options", false, false},
    Builtin{"moons", {.train = 1000, .test = 1000, .noise = 0.2}, "train=N, test=N and noise=X", true, true},
    Builtin{"spirals", {.train = 1000, .test = 1000, .noise = 0.03}, "train=N, test=N and noise=X", true, true},
};

const Builtin* find(std::string_view name) {
    const auto* const found = std::ranges::find(builtins, name, &Builtin::name);
    return found == builtins.end() ? nullptr : found;
}

template <class Number>
bool parse(std::string_view words, Number& number) {
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), number);
    return error == std::errc{} && end == words.data() + words.size();
}

std::size_t parse_count(const Builtin& set, std::string_view key, std::string_view value) {
    std::size_t count = 0;
    if (!parse(value, count) || count == 0 || count > most_rows) {
        core::fail(core::Failure::usage, "--data {}: {}={} is not a number of rows; write a whole number from 1 to {}",
                   set.name, key, value, most_rows);
    }
    return count;
}

double parse_noise(const Builtin& set, std::string_view value) {
    double noise = 0;
    if (!parse(value, noise) || !(noise >= 0 && noise <= most_noise)) {
        core::fail(core::Failure::usage, "--data {}: noise={} is not a standard deviation from 0 to {}", set.name,
                   value, most_noise);
    }
    return noise;
}

BuiltinOptions parse_options(const Builtin& set, std::string_view words) {
    BuiltinOptions options = set.defaults;
    std::vector<std::string_view> seen;
    for (bool more = !words.empty(); more;) {
        const std::size_t comma = words.find(',');
        const std::string_view item = words.substr(0, comma);
        more = comma != std::string_view::npos;
        words.remove_prefix(more ? comma + 1 : words.size());
        const std::size_t equals = item.find('=');
        const std::string_view key = item.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? "" : item.substr(equals + 1);
        const bool known = set.has_counts && (key == "train" || key == "test");
        if (equals == std::string_view::npos || !(known || (set.has_noise && key == "noise"))) {
            core::fail(core::Failure::usage, "--data {}: '{}' is not an option of it; {} has {}", set.name, item,
                       set.name, set.options);
        }
        if (std::ranges::find(seen, key) != seen.end()) {
            core::fail(core::Failure::usage, "--data {}: {} is given twice; give it once", set.name, key);
        }
        seen.push_back(key);
        if (key == "noise") {
            options.noise = parse_noise(set, value);
        } else {
            (key == "train" ? options.train : options.test) = parse_count(set, key, value);
        }
    }
    return options;
}

}  // namespace

bool is_builtin(std::string_view name) {
    return find(name) != nullptr;
}

std::string_view suitable_network(std::string_view what) {
    const Builtin* const set = find(what.substr(0, what.find(':')));
    return set == nullptr ? std::string_view{} : set->network;
}

std::string builtin_names() {
    std::string names;
    for (const Builtin& set : builtins) names += (names.empty() ? "" : ", ") + std::string(set.name);
    return names;
}

std::string_view closest_builtin(std::string_view name) {
    std::array<std::string_view, builtins.size()> names{};
    std::ranges::transform(builtins, names.begin(), &Builtin::name);
    return core::nearest(name, names);
}

BuiltinTables generate(std::string_view name, std::string_view options, std::uint64_t seed) {
    const Builtin* const set = find(name);
    core::require(set != nullptr, "only built-in data are generated");
    const BuiltinOptions chosen = parse_options(*set, options);
    if (name == "xor") return {make_xor(), std::nullopt};
    if (name == "moons") {
        return {make_moons(chosen.train, chosen.noise, seed, Part::train),
                make_moons(chosen.test, chosen.noise, seed, Part::test)};
    }
    if (name == "spirals") {
        return {make_spirals(chosen.train, chosen.noise, seed, Part::train),
                make_spirals(chosen.test, chosen.noise, seed, Part::test)};
    }
    return {make_digits(chosen.train, seed, Part::train), make_digits(chosen.test, seed, Part::test)};
}

}  // namespace ensemble::data
