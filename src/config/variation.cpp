#include "config/variation.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/ranges.h>

#include "config/settings.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/nearest.hpp"
#include "core/random.hpp"
#include "data/column_choice.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

/// The setting that may vary under this name.
const Setting& variable_setting(std::string_view name) {
    const Setting* setting = find_setting(name);
    std::vector<std::string_view> names;
    for (const Setting& each : settings()) {
        if (each.role == Role::member && !each.is_list()) names.emplace_back(each.name);
    }
    if (setting == nullptr) {
        const std::string_view close = core::nearest(name, names);
        fail(Failure::usage, "there is no setting '{}'; {}", name,
             close.empty() ? fmt::format("members may differ in {}", fmt::join(names, ", "))
                           : fmt::format("did you mean {}?", close));
    }
    if (setting->name == "net") fail(Failure::usage, "for several networks give --net several times");
    if (std::ranges::find(names, setting->name) == names.end())
        fail(Failure::usage, "all members share {}; they may differ in {}", setting->name, fmt::join(names, ", "));
    return *setting;
}

/// Throws unless the setting takes the value.
void try_value(const Setting& setting, const std::string& value) {
    Options scratch;
    try {
        setting.set(scratch, value);
    } catch (const core::Error& error) {
        fail(error.kind(), "{}: {}", setting.name, error.what());
    }
}

/// The numbers of LOW..HIGH; nothing where `text` is no such range.
std::optional<std::pair<std::string, std::string>> range_of(const Setting& setting, std::string_view text) {
    const bool is_number =
        std::holds_alternative<Numbers>(setting.domain) || std::holds_alternative<WholeNumbers>(setting.domain);
    const std::size_t dots = text.find("..");
    if (!is_number || dots == std::string_view::npos) return std::nullopt;
    return std::pair(std::string(text.substr(0, dots)), std::string(text.substr(dots + 2)));
}

double number_of(const Setting& setting, const std::string& text) {
    try_value(setting, text);
    const double number = std::strtod(text.c_str(), nullptr);
    const bool is_word = text.find_first_of("0123456789") == std::string::npos;
    if (is_word) fail(Failure::usage, "{}: '{}' is no number to draw from", setting.name, text);
    return number;
}

/// The values between commas.
std::vector<std::string> values_in(const Setting& setting, const std::string& text) {
    std::vector<std::string> values;
    try {
        for (const data::WantedColumn& value : data::parse_columns(text)) values.push_back(value.text);
    } catch (const core::Error&) {
        fail(Failure::usage,
             "{}: values stand between commas, none of them empty, and one that has commas itself in double quotes",
             setting.name);
    }
    return values;
}

bool is_rate(const Setting& setting) {
    const auto* numbers = std::get_if<Numbers>(&setting.domain);
    return numbers != nullptr && numbers->is_rate;
}

/// Of few digits, as people write them, and within the range.
std::string drawn(const Setting& setting, const Variation& variation, std::uint64_t seed, std::uint32_t combination) {
    // One stream for each setting, whatever the order they are given in.
    const core::Checksum name = core::checksum(std::as_bytes(std::span(variation.setting)));
    std::uint32_t stream = 0;
    for (std::size_t i = 0; i < sizeof stream; ++i) stream = stream << 8U | std::to_integer<std::uint32_t>(name[i]);
    core::RandomStream random({.seed = seed, .member = combination, .purpose = core::Purpose::vary, .epoch = stream});
    if (std::holds_alternative<WholeNumbers>(setting.domain)) {
        const auto width = static_cast<std::uint32_t>(variation.high - variation.low);
        const std::uint32_t above =
            width == std::numeric_limits<std::uint32_t>::max() ? random.bits() : random.below(width + 1);
        return fmt::format("{}", static_cast<std::uint64_t>(variation.low) + above);
    }
    const bool logarithmic = is_rate(setting);
    const double value = logarithmic ? std::exp(random.uniform(std::log(variation.low), std::log(variation.high)))
                                     : random.uniform(variation.low, variation.high);
    const std::string rounded = fmt::format("{:.4g}", value);
    return fmt::format("{}", std::clamp(std::strtod(rounded.c_str(), nullptr), variation.low, variation.high));
}

}  // namespace

void add_variation(Options& options, std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        fail(Failure::usage, "'{}' is not NAME=VALUES; write such as lr=0.001,0.0003 or lr=1e-4..1e-2", text);
    const Setting& setting = variable_setting(text.substr(0, equals));
    const auto is_same = [&](const Variation& other) { return other.setting == setting.name; };
    if (std::ranges::any_of(options.variations, is_same))
        fail(Failure::usage, "{} varies already; give all its values in one --vary", setting.name);
    Variation variation{.setting = setting.name, .text = std::string(text.substr(equals + 1))};
    require_utf8(variation.text, "what varies");
    if (const auto ends = range_of(setting, variation.text)) {
        variation.low = number_of(setting, ends->first);
        variation.high = number_of(setting, ends->second);
        if (variation.low >= variation.high)
            fail(Failure::usage, "{}: {} is not below {}", setting.name, ends->first, ends->second);
        if (is_rate(setting) && variation.low <= 0)
            fail(Failure::usage, "{}: draws are uniform in the logarithm, so that they begin above 0", setting.name);
    } else {
        variation.values = values_in(setting, variation.text);
        for (const std::string& value : variation.values) try_value(setting, value);
        if (variation.values.size() < 2)
            fail(Failure::usage, "{} has one value; give several, or --{} {}", setting.name, setting.name,
                 variation.text);
    }
    options.variations.push_back(std::move(variation));
}

std::string text_of(const Variation& variation) {
    return fmt::format("{}={}", variation.setting, variation.text);
}

bool members_differ(const Options& options) {
    return options.nets.size() > 1 || !options.variations.empty();
}

std::uint32_t listed_combinations(const Options& options) {
    std::size_t combinations = options.nets.size() * members_alike(options);
    for (const Variation& variation : options.variations) {
        combinations *= std::max<std::size_t>(variation.values.size(), 1);
        if (combinations >= options.members) break;
    }
    return static_cast<std::uint32_t>(std::min(combinations, options.members));
}

std::uint32_t distinct_members(const Options& options) {
    const auto is_drawn = [](const Variation& variation) { return variation.values.empty(); };
    const bool all = std::ranges::any_of(options.variations, is_drawn);
    return all ? static_cast<std::uint32_t>(options.members) : listed_combinations(options);
}

std::optional<Value> value_in_use(const Setting& setting, const Options& options) {
    if (!members_differ(options)) return setting.get(options);
    // What decides which settings have a part is chosen from a list, never drawn.
    for (std::uint32_t member = 0; member < listed_combinations(options); ++member) {
        if (setting.is_used(options_of_member(options, member))) return setting.value(options);
    }
    return std::nullopt;
}

std::uint32_t run_of(const Options& options, std::uint32_t member) {
    return member / static_cast<std::uint32_t>(options.snapshots);
}

std::size_t members_alike(const Options& options) {
    return options.snapshots * std::max<std::size_t>(options.folds, 1);
}

std::uint32_t combination_of(const Options& options, std::uint32_t member) {
    return member / static_cast<std::uint32_t>(members_alike(options));
}

Options options_of_member(const Options& options, std::uint32_t member) {
    Options result = options;
    result.nets = {options.nets[combination_of(options, member) % options.nets.size()]};
    for (const auto& [name, value] : varied_values(options, member)) find_setting(name)->set(result, value);
    result.variations.clear();
    return result;
}

std::vector<std::pair<std::string, std::string>> varied_values(const Options& options, std::uint32_t member) {
    std::vector<std::pair<std::string, std::string>> values;
    const std::uint32_t combination = combination_of(options, member);
    std::size_t turn = combination / options.nets.size();
    for (const Variation& variation : options.variations) {
        if (variation.values.empty()) {
            values.emplace_back(variation.setting,
                                drawn(*find_setting(variation.setting), variation, options.seed, combination));
        } else {
            values.emplace_back(variation.setting, variation.values[turn % variation.values.size()]);
            turn /= variation.values.size();
        }
    }
    return values;
}

}  // namespace ensemble::config
