#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/ranges.h>

#include "config/settings.hpp"
#include "core/error.hpp"
#include "core/names.hpp"

// How settings of each kind are made: from what people see of them, and from the field of Options, given as a function
// `field` that returns a reference to it.
namespace ensemble::config {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr Range share_below_one{0, 1, false, true};
constexpr Range inner_share{0, 1, true, true};
constexpr Range share_or_all{0, 1, true, false};
constexpr Range positive{0, infinity, true, true};
constexpr Range not_negative{0, infinity, false, true};

/// What people see of a setting.
struct Caption {
    std::string name;
    std::string group;
    std::string type;
    std::string help;
    std::string belongs_to = {};
    std::string former = {};
    Role role = Role::member;
};

/// Whether a setting has a part in some options.
using Used = std::function<bool(const Options&)>;
inline bool always(const Options& /*options*/) {
    return true;
}

using Set = std::function<void(Options&, std::string_view)>;
using Get = std::function<std::optional<Value>(const Options&)>;

/// Any setting.
[[nodiscard]] inline Setting setting_of(Caption caption, Domain domain, Set set, Get value, Used used = always) {
    return {std::move(caption.name),
            std::move(caption.group),
            std::move(caption.type),
            std::move(caption.help),
            std::move(caption.belongs_to),
            std::move(caption.former),
            caption.role,
            std::move(domain),
            std::move(set),
            std::move(value),
            std::move(used),
            {}};
}

/// A whole number.
template <class Field>
[[nodiscard]] Setting whole_number(Caption caption, Field field, WholeNumbers range, Used used = always) {
    return setting_of(
        std::move(caption), range,
        [=](Options& options, std::string_view text) {
            const bool is_word = !range.word.empty() && text == range.word;
            field(options) = is_word ? 0 : parse_count(text, range.low, range.high);
        },
        [=](const Options& options) -> std::optional<Value> {
            const auto value = field(options);
            if (value == 0 && !range.word.empty()) return std::string(range.word);
            return static_cast<std::int64_t>(value);
        },
        std::move(used));
}

/// A number; of an optional field nothing where it is not set.
template <class Field>
[[nodiscard]] Setting number(Caption caption, Field field, Numbers range, Used used = always) {
    return setting_of(
        std::move(caption), range,
        [=](Options& options, std::string_view text) {
            field(options) = parse_number(text, range.range, range.example);
        },
        [=](const Options& options) -> std::optional<Value> { return field(options); }, std::move(used));
}

/// One of the values of an enumeration, which the help lists behind what it says; of an optional field nothing where it
/// is not set.
template <class Field>
[[nodiscard]] Setting choice(Caption caption, Field field, std::string_view behind = "", Used used = always) {
    using Stored = std::remove_cvref_t<decltype(field(std::declval<Options&>()))>;
    constexpr bool is_optional = requires(Stored stored) {
        stored.has_value();
    };
    using Enum = decltype([] {
        if constexpr (is_optional)
            return typename Stored::value_type{};
        else
            return Stored{};
    }());
    const std::vector<std::string_view> names = core::names_of<Enum>();
    caption.help += fmt::format("{}{}", fmt::join(names, " "), behind);
    return setting_of(
        std::move(caption), Choices{names},
        [=](Options& options, std::string_view text) { field(options) = parse_name<Enum>(text); },
        [=](const Options& options) -> std::optional<Value> {
            if constexpr (is_optional) {
                if (!field(options)) return std::nullopt;
                return std::string(core::name_of(*field(options)));
            } else {
                return std::string(core::name_of(field(options)));
            }
        },
        std::move(used));
}

/// One of some names, which the help lists behind what it says; nothing where none is chosen.
template <class Field>
[[nodiscard]] Setting one_of(Caption caption, Field field, std::vector<std::string_view> names,
                             std::string_view behind = "", Used used = always) {
    caption.help += fmt::format("{}{}", fmt::join(names, " "), behind);
    return setting_of(
        std::move(caption), Choices{names},
        [=](Options& options, std::string_view text) { field(options) = names[parse_choice(text, names)]; },
        [=](const Options& options) -> std::optional<Value> {
            if (field(options).empty()) return std::nullopt;
            return std::string(field(options));
        },
        std::move(used));
}

/// --name and --no-name.
template <class Field>
[[nodiscard]] Setting toggle(Caption caption, Field field) {
    return setting_of(
        std::move(caption), Toggle{},
        [=](Options& options, std::string_view text) { field(options) = parse_toggle(text); },
        [=](const Options& options) -> std::optional<Value> { return field(options); });
}

/// Several texts, each given by itself; one alone is a text in files. `add` reads one.
template <class Field>
[[nodiscard]] Setting list(Caption caption, Domain domain, Field field, Set add,
                           std::function<std::string(const Options&, std::size_t)> shown) {
    Setting setting = setting_of(std::move(caption), std::move(domain), std::move(add),
                                 [=](const Options& options) -> std::optional<Value> {
                                     std::vector<std::string> texts;
                                     for (std::size_t i = 0; i < field(options).size(); ++i)
                                         texts.push_back(shown(options, i));
                                     if (texts.empty()) return std::nullopt;
                                     if (texts.size() == 1) return std::move(texts.front());
                                     return texts;
                                 });
    setting.clear = [=](Options& options) { field(options).clear(); };
    return setting;
}

/// A text; `what` it is when it is missing. Nothing where it is empty. `check` throws where it is none of its kind.
template <class Field>
[[nodiscard]] Setting text(Caption caption, Field field, std::string_view what,
                           std::function<void(std::string_view)> check = {}) {
    return setting_of(
        std::move(caption), AnyText{},
        [=](Options& options, std::string_view given) {
            if (given.empty()) core::fail(core::Failure::usage, "{} is missing", what);
            require_utf8(given, what);
            if (check) check(given);
            field(options) = given;
        },
        [=](const Options& options) -> std::optional<Value> {
            if (field(options).empty()) return std::nullopt;
            return field(options);
        });
}

}  // namespace ensemble::config
