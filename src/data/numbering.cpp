#include "data/numbering.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace ensemble::data {
namespace {

constexpr std::size_t fewest_rows = 10;
constexpr double most_exact = 9'007'199'254'740'992.0;  // 2^53

/// What the rows so far allow of a column.
struct Candidate {
    std::size_t column = 0;
    double low = 0;
    double high = 0;
    bool is_stepping = true;
    bool is_whole = true;
    bool has_name = false;
};

class Search {
public:
    Search(std::span<const double> values, const std::vector<std::string>& names)
        : values_(values), width_(names.size()), rows_(width_ == 0 ? 0 : values.size() / width_), found_(width_) {
        if (rows_ < fewest_rows) return;
        for (std::size_t i = 0; i < width_; ++i) {
            candidates_.push_back({.column = i, .low = at(0, i), .high = at(0, i), .has_name = names_rows(names[i])});
        }
        for (std::size_t row = 1; row < rows_ && !candidates_.empty(); ++row) pass(row);
        for (const Candidate& candidate : candidates_) conclude(candidate);
    }

    [[nodiscard]] std::vector<Numbering> found() && { return std::move(found_); }

private:
    [[nodiscard]] double at(std::size_t row, std::size_t column) const { return values_[row * width_ + column]; }

    void pass(std::size_t row) {
        std::erase_if(candidates_, [&](Candidate& candidate) {
            const double value = at(row, candidate.column);
            const double first = at(0, candidate.column);
            const double step = at(1, candidate.column) - first;
            const double expected = first + static_cast<double>(row) * step;
            candidate.is_stepping = candidate.is_stepping && step != 0 && std::isfinite(step) &&
                                    std::abs(value - expected) <= 1e-6 * std::abs(step);
            candidate.low = std::min(candidate.low, value);
            candidate.high = std::max(candidate.high, value);
            candidate.is_whole = candidate.is_whole && value == std::trunc(value) && std::abs(value) <= most_exact;
            const bool is_dense = candidate.high - candidate.low < static_cast<double>(rows_);
            return !candidate.is_stepping && !(candidate.is_whole && (is_dense || candidate.has_name));
        });
    }

    void conclude(const Candidate& candidate) {
        Numbering& kind = found_[candidate.column];
        if (candidate.is_stepping) {
            kind = Numbering::counts;
        } else if (all_differ(candidate.column)) {
            const bool is_dense = candidate.high - candidate.low + 1 == static_cast<double>(rows_);
            kind = is_dense ? Numbering::counts : candidate.has_name ? Numbering::identifies : Numbering::none;
        }
    }

    [[nodiscard]] bool all_differ(std::size_t column) const {
        std::vector<double> sorted(rows_);
        for (std::size_t row = 0; row < rows_; ++row) sorted[row] = at(row, column);
        std::ranges::sort(sorted);
        return std::ranges::adjacent_find(sorted) == sorted.end();
    }

    std::span<const double> values_;
    std::size_t width_;
    std::size_t rows_;
    std::vector<Candidate> candidates_;
    std::vector<Numbering> found_;
};

}  // namespace

bool names_rows(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c >= 'A' && c <= 'Z') {
            text += static_cast<char>(c - 'A' + 'a');
        } else if (c != ' ' && c != '_' && c != '-' && c != '.') {
            text += c;
        }
    }
    constexpr std::array<std::string_view, 20> known{
        "id",  "index",  "idx", "row", "rowid", "rowno",   "rownumber", "rownr",     "no",       "nr",
        "num", "number", "#",   "key", "uid",   "rowname", "sampleid",  "unnamed:0", "recordid", "objectid"};
    return std::ranges::find(known, text) != known.end() || (text.size() > 2 && name.ends_with("Id")) ||
           name.ends_with("ID") || name.ends_with("_id");
}

std::vector<Numbering> find_numberings(std::span<const double> values, const std::vector<std::string>& names) {
    return Search(values, names).found();
}

}  // namespace ensemble::data
