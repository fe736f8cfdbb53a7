#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "run/options.hpp"

namespace ensemble::run {

/// A setting's value as it stands in a configuration file.
using Value = std::variant<bool, std::int64_t, double, std::string>;

enum class Kind : std::uint8_t {
    value,   ///< --name VALUE
    toggle,  ///< --name and --no-name
};

enum class Role : std::uint8_t {
    result,   ///< determines the results
    conduct,  ///< says how the run goes, and may change when it is resumed
};

/// One field of Options under its public name: the command line, the configuration file, --help and the results all
/// read this one list.
struct Setting {
    std::string name;   ///< without dashes
    std::string group;  ///< of --help
    std::string type;   ///< of the value, for --help
    std::string help;
    std::string belongs_to;  ///< the choice it is part of ("--optimizer momentum"), empty if none
    Kind kind = Kind::value;

    /// Reads a value. Throws core::Error (usage) saying what is wrong with `text`, without the setting's name.
    std::function<void(Options&, std::string_view text)> set;

    /// The value in force; nothing where the setting has no part in these options.
    std::function<std::optional<Value>(const Options&)> get;

    Role role = Role::result;
};

/// All of them, in the order of --help. What determines the results is written to config.toml.
[[nodiscard]] std::span<const Setting> settings();

/// The setting of that name, or nullptr.
[[nodiscard]] const Setting* find_setting(std::string_view name);

/// A value as a person would type it.
[[nodiscard]] std::string text_of(const Value& value);

/// Throws core::Error (usage) about `what` unless `text` can be written down with the results.
void require_utf8(std::string_view text, std::string_view what);

}  // namespace ensemble::run
