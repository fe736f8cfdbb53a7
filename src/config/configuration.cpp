#include "config/configuration.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <vector>

#include <fmt/ranges.h>
#include <toml++/toml.h>
#include <nlohmann/json.hpp>

#include "config/parse_value.hpp"
#include "config/settings.hpp"
#include "config/variation.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

std::string toml_value(const Value& value) {
    std::ostringstream text;
    if (const auto* string = std::get_if<std::string>(&value)) {
        // What the library writes between single quotes, or in several lines, cannot hold every control character.
        const bool is_plain =
            std::ranges::none_of(*string, [](unsigned char letter) { return std::iscntrl(letter) != 0; });
        auto flags = toml::toml_formatter::default_flags;
        if (!is_plain)
            flags &= ~(toml::format_flags::allow_literal_strings | toml::format_flags::allow_multi_line_strings);
        text << toml::toml_formatter(toml::value<std::string>(*string), flags);
        return text.str();
    }
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
        std::vector<std::string> quoted;
        for (const std::string& each : *texts) quoted.push_back(toml_value(each));
        return fmt::format("[{}]", fmt::join(quoted, ", "));
    }
    std::string plain = text_of(value);
    // A whole number stays a floating-point one for whoever else reads the file.
    const bool looks_whole = std::holds_alternative<double>(value) && plain.find_first_of(".e") == std::string::npos;
    return looks_whole ? plain + ".0" : plain;
}

/// The value as the command line would give it.
std::string text_of_node(const toml::node& node) {
    if (const auto* string = node.as_string()) return string->get();
    if (const auto* integer = node.as_integer()) return text_of(integer->get());
    if (const auto* number = node.as_floating_point()) return text_of(number->get());
    if (const auto* truth = node.as_boolean()) return text_of(truth->get());
    fail(Failure::usage, "takes one string, number, true or false");
}

/// The values of a setting, which of a list may be several.
std::vector<std::string> texts_of(const Setting& setting, const toml::node& node) {
    const toml::array* array = setting.is_list() ? node.as_array() : nullptr;
    if (array == nullptr) return {text_of_node(node)};
    std::vector<std::string> texts;
    for (const toml::node& each : *array) texts.push_back(text_of_node(each));
    if (texts.empty()) fail(Failure::usage, "the list is empty");
    return texts;
}

std::string unknown(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Setting& setting : settings()) names.emplace_back(setting.name);
    const std::string_view close = core::nearest(name, names);
    if (close.empty()) return fmt::format("there is no setting '{}' (settings are the options of --help)", name);
    return fmt::format("there is no setting '{}'; did you mean '{}'?", name, close);
}

std::string lines_of(const Options& options, bool with_conduct) {
    std::string text;
    std::string group;
    for (const Setting& setting : settings()) {
        if (!determines_results(setting.role) && !with_conduct) continue;
        const auto value = value_in_use(setting, options);
        if (!value) continue;
        if (setting.group != group) text += fmt::format("\n# {}\n", setting.group);
        group = setting.group;
        text += fmt::format("{} = {}\n", setting.name, toml_value(*value));
    }
    return text;
}

}  // namespace

std::string to_toml(const Options& options) {
    return "# The complete configuration of a run: --config with this file repeats it bit for bit.\n" +
           lines_of(options, false);
}

std::string to_complete_toml(const Options& options) {
    return lines_of(options, true);
}

std::string to_json(const Options& options) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const Setting& setting : settings()) {
        const auto value = determines_results(setting.role) ? value_in_use(setting, options) : std::nullopt;
        if (value) std::visit([&](const auto& held) { json[setting.name] = held; }, *value);
    }
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::set<std::string> apply_configuration(Options& options, std::string_view text, std::string_view origin,
                                          const std::set<std::string>& keep) {
    toml::table table;
    try {
        table = toml::parse(text);
    } catch (const toml::parse_error& error) {
        fail(Failure::usage, "{}, line {}: {}; the file holds lines such as members = 8", origin,
             error.source().begin.line, error.description());
    }
    std::set<std::string> names;
    for (const auto& [key, node] : table) {
        const std::string written(key.str());
        const auto line = key.source().begin.line;
        const Setting* setting = find_setting(written);
        if (setting == nullptr) fail(Failure::usage, "{}, line {}: {}", origin, line, unknown(written));
        const std::string& name = setting->name;
        if (!names.insert(name).second) {
            fail(Failure::usage, "{}, line {}: {} is the former name of {}, which is set too; leave one out", origin,
                 line, setting->former, name);
        }
        if (keep.contains(name)) continue;
        try {
            const std::vector<std::string> texts = texts_of(*setting, node);
            if (setting->is_list()) setting->clear(options);
            for (const std::string& text_of_one : texts) setting->set(options, text_of_one);
        } catch (const core::Error& error) {
            fail(error.kind(), "{}, line {}: {}: {}", origin, line, name, error.what());
        }
    }
    return names;
}

}  // namespace ensemble::config
