#include "data/levels.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/printable.hpp"
#include "data/number.hpp"

namespace ensemble::data {

std::string level_name(std::string_view word) {
    const auto number = parse_number(word);
    if (number) return fmt::format("{}", *number + 0.0);
    // What is escaped must not become what another word is written as.
    std::string text(word);
    for (std::size_t at = text.find("\\x"); at != std::string::npos; at = text.find("\\x", at + 2))
        text.insert(at, 1, '\\');
    return core::printable(text);
}

Levels::Levels(std::vector<std::string> names) : names_(std::move(names)) {
    const auto number_of = [](const std::string& name) { return parse_number(name); };
    if (std::ranges::all_of(names_, [&](const std::string& name) { return number_of(name).has_value(); })) {
        std::ranges::sort(names_, {}, [&](const std::string& name) { return *number_of(name); });
    } else {
        std::ranges::sort(names_);
    }
    const auto same = std::ranges::unique(names_);
    names_.erase(same.begin(), same.end());
    for (std::size_t i = 0; i < names_.size(); ++i) places_.emplace(names_[i], i);
}

std::optional<std::size_t> Levels::find(std::string_view word) const {
    auto found = places_.find(word);
    if (found == places_.end()) found = places_.find(level_name(word));
    if (found == places_.end()) return std::nullopt;
    return found->second;
}

}  // namespace ensemble::data
