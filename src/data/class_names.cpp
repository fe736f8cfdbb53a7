#include "data/class_names.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/reversible.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

constexpr double most_exact = 9'007'199'254'740'992.0;  // 2^53

bool is_written_out(std::string_view word) {
    const std::size_t digits = word.starts_with('-') ? 1 : 0;
    return word.size() > digits && word.find_first_not_of("0123456789", digits) == std::string_view::npos;
}

/// Shorter is better, then smaller bytes, so that the order of rows does not matter.
bool is_better(std::string_view one, std::string_view other) {
    return one.size() != other.size() ? one.size() < other.size() : one < other;
}

std::string name_of(const Decimal& number, const std::vector<std::string_view>& spellings) {
    const std::string_view* best = nullptr;
    for (const std::string_view& word : spellings) {
        if (is_written_out(word) && (best == nullptr || is_better(word, *best))) best = &word;
    }
    if (best != nullptr) return std::string(*best);
    const double value = *parse_number(spellings.front());
    std::string name =
        number.is_whole() && std::abs(value) <= most_exact ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
    // More digits than a double has tell classes apart.
    if (Decimal::parse(name) != number) name = *std::ranges::min_element(spellings, is_better);
    return name;
}

/// Without capitals and blanks, of which U+00A0 is the usual one that nobody sees.
std::string essence(std::string_view name) {
    constexpr std::string_view no_break = "\u00A0";
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i).starts_with(no_break)) {
            ++i;
        } else if (name[i] != ' ' && name[i] != '\t') {
            text += name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
        }
    }
    return text;
}

}  // namespace

bool is_class_number(std::string_view word) {
    if (is_written_out(word)) return true;
    const auto value = parse_number(word);
    return value && std::abs(*value) <= most_exact && *value == std::trunc(*value);
}

ClassNames::ClassNames(std::span<const std::string_view> words) {
    std::map<Decimal, std::vector<std::string_view>> spellings;
    for (const std::string_view word : words) {
        const auto number = Decimal::parse(word);
        if (!number) break;
        spellings[*number].push_back(word);
    }
    std::size_t count = 0;
    for (const auto& [number, spelt] : spellings) count += spelt.size();
    if (count == words.size()) {
        for (const auto& [number, spelt] : spellings) {
            numbers_.push_back(number);
            names_.push_back(name_of(number, spelt));
        }
        return;
    }
    words_.assign(words.begin(), words.end());
    std::ranges::sort(words_);
    for (const std::string_view word : words_) names_.push_back(core::reversible(word));
}

std::optional<std::size_t> ClassNames::find(std::string_view word) const {
    const auto place_in = [](const auto& sorted, const auto& wanted) -> std::optional<std::size_t> {
        const auto found = std::ranges::lower_bound(sorted, wanted);
        if (found == sorted.end() || *found != wanted) return std::nullopt;
        return static_cast<std::size_t>(found - sorted.begin());
    };
    if (numbers_.empty()) return place_in(words_, word);
    const auto number = Decimal::parse(word);
    return number ? place_in(numbers_, *number) : std::nullopt;
}

std::optional<std::pair<std::string, std::string>> ClassNames::alike() const {
    if (!numbers_.empty()) return std::nullopt;
    std::map<std::string, const std::string*> known;
    for (const std::string& name : names_) {
        const auto [at, is_new] = known.try_emplace(essence(name), &name);
        if (!is_new) return std::pair(*at->second, name);
    }
    return std::nullopt;
}

}  // namespace ensemble::data
