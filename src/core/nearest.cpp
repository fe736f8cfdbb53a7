#include "core/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace ensemble::core {
namespace {

char small(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool are_alike(char a, char b) {
    return small(a) == small(b);
}

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// What it costs to write one letter for another. Another digit is meant: conv2d is conv rather than conv1d.
std::size_t replacing(char a, char b) {
    if (are_alike(a, b)) return 0;
    return is_digit(a) && is_digit(b) ? 2 : 1;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (Damerau-Levenshtein,
/// optimal string alignment), row by row.
std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    std::vector<std::size_t> next(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = row[j - 1] + replacing(from[i - 1], to[j - 1]);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
            const bool swapped =
                i > 1 && j > 1 && are_alike(from[i - 1], to[j - 2]) && are_alike(from[i - 2], to[j - 1]);
            if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before.swap(row);
        row.swap(next);
    }
    return row.back();
}

bool begins_with(std::string_view text, std::string_view begin) {
    constexpr std::size_t least = 3;
    return begin.size() >= least && text.size() >= begin.size() &&
           std::equal(begin.begin(), begin.end(), text.begin(), are_alike);
}

}  // namespace

std::string_view nearest(std::string_view text, std::span<const std::string_view> names) {
    constexpr std::size_t longest = 64;  // who writes more means none of them
    if (text.size() > longest) return {};
    std::string_view best;
    std::size_t fewest = std::max<std::size_t>(1, text.size() / 3) + 1;
    for (const std::string_view name : names) {
        const std::size_t count = edits(text, name);
        // Of a short name that many keystrokes leave nothing.
        const bool is_better = count < fewest || (count == fewest && begins_with(name, text) && !best.empty());
        if (is_better && count < name.size()) {
            fewest = count;
            best = name;
        }
    }
    if (!best.empty()) return best;
    for (const std::string_view name : names) {
        const bool is_close = begins_with(name, text) || begins_with(text, name);
        if (is_close && (best.empty() || name.size() < best.size())) best = name;
    }
    return best;
}

}  // namespace ensemble::core
