#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/options.hpp"
#include "config/parse_value.hpp"

namespace ensemble::config {

/// A setting's value as it stands in a configuration file.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

// What values a setting may have.

struct AnyText {};  ///< that is not empty

struct WholeNumbers {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    std::string_view word = {};  ///< that may stand for 0: "auto"
};

struct Numbers {
    Range range;
    std::string_view example;
    bool is_rate = false;  ///< of which 0.1 is to 0.01 as 0.01 to 0.001
};

struct Choices {
    std::vector<std::string_view> names;
};

struct Toggle {};  ///< --name and --no-name

struct Durations {};  ///< "90s", "1.5h"

struct Notation {};  ///< a small language of its own, such as swa[:SHARE]

using Domain = std::variant<AnyText, WholeNumbers, Numbers, Choices, Toggle, Durations, Notation>;

/// What changes with a setting.
enum class Role : std::uint8_t {
    member,    ///< what a member is; members may differ in it
    shared,    ///< what all members are made of: rows, how they are prepared, the seed
    ensemble,  ///< how many members there are and how they predict together, not what each is
    location,  ///< where data lie: what they are is known by their digest
    conduct,   ///< how the run goes, and may change when it is resumed
};

/// True where it is part of what a member is a function of.
[[nodiscard]] constexpr bool makes_members(Role role) {
    return role == Role::member || role == Role::shared;
}

/// True where it determines the results, and so stands in config.toml.
[[nodiscard]] constexpr bool determines_results(Role role) {
    return role != Role::conduct;
}

/// One field of Options under its public name: command line, configuration file, --help and results all read this one
/// list.
struct Setting {
    std::string name;        ///< without dashes
    std::string group;       ///< of --help
    std::string type;        ///< of the value, for --help
    std::string help;        ///< in a line, with the choices where there are some
    std::string belongs_to;  ///< the choice it is part of ("--optimizer momentum"), empty if none
    std::string former;      ///< its name in the release before; it still works, and counts in digests
    Role role = Role::member;
    Domain domain;

    /// Reads a value. Throws core::Error (usage) saying what is wrong with `text`, without the setting's name.
    std::function<void(Options&, std::string_view text)> set;

    /// The value in these options, whether it has a part in them or not; nothing where none is set.
    std::function<std::optional<Value>(const Options&)> value;

    /// Whether the setting has a part in these options: momentum in those of optimizer momentum.
    std::function<bool(const Options&)> is_used;

    /// Of a list, forgets what is set: then `set` adds a value. Empty where a setting has one value.
    std::function<void(Options&)> clear = {};

    /// The value in force; nothing where the setting has no part in these options.
    [[nodiscard]] std::optional<Value> get(const Options& options) const {
        return is_used(options) ? value(options) : std::nullopt;
    }

    [[nodiscard]] bool is_list() const noexcept { return static_cast<bool>(clear); }
    [[nodiscard]] bool is_toggle() const noexcept { return std::holds_alternative<Toggle>(domain); }

    /// The name by which members know it, so that those of earlier runs stay members.
    [[nodiscard]] const std::string& lasting_name() const noexcept { return former.empty() ? name : former; }
};

/// All of them, in the order of --help.
[[nodiscard]] std::span<const Setting> settings();

/// The setting of that name, or of that name in the release before; nullptr if there is none.
[[nodiscard]] const Setting* find_setting(std::string_view name);

/// A value as a person would type it; of a list all with commas between them.
[[nodiscard]] std::string text_of(const Value& value);

/// Throws core::Error (usage) about `what` unless `text` can be written down with the results.
void require_utf8(std::string_view text, std::string_view what);

}  // namespace ensemble::config
