#include "data/fit_columns.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/bins.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t most_bins = 48;
constexpr std::size_t rows_of_a_bin = 20;      ///< at least, of the rows that are learnt from
constexpr std::size_t most_components = 4096;  ///< of all columns together
constexpr std::size_t most_classes = 64;       ///< whose bins a tree looks for

/// Levels in fewer training rows than one in a thousand, or than two, are rare; however many rows, twenty are enough.
std::size_t rows_of_frequent_level(std::size_t rows) {
    constexpr std::size_t share = 1000;
    return std::clamp<std::size_t>(rows / share, 2, 20);
}

/// A column over the rows that are learnt from: the values that are there, in ascending order, and whose they are.
struct Sorted {
    std::vector<double> values;
    std::vector<std::uint32_t> rows;
    std::size_t missing = 0;
};

class Fit {
public:
    Fit(const Source& source, Rows rows, const ColumnRequest& request)
        : source_(source), rows_(rows), request_(request) {
        const auto is_number = [](const Column& column) { return column.kind == ColumnKind::number; };
        const auto numbers = static_cast<std::size_t>(std::ranges::count_if(source.columns, is_number));
        bins_ = std::min(most_bins, rows.size() / rows_of_a_bin);
        if (numbers > 0) bins_ = std::min(bins_, most_components / numbers);
        if (request.encodings.contains(Encoding::ple_target)) prepare_targets();
    }

    [[nodiscard]] std::shared_ptr<const ColumnEncoding> columns() const {
        std::vector<ColumnCode> codes;
        for (std::size_t i = 0; i < source_.columns.size(); ++i) {
            if (source_.columns[i].kind == ColumnKind::number) {
                codes.emplace_back(number(i));
            } else {
                codes.emplace_back(category(i));
            }
        }
        return std::make_shared<const ColumnEncoding>(source_.columns, std::move(codes));
    }

private:
    [[nodiscard]] double value(std::uint32_t row, std::size_t column) const {
        const std::size_t width = source_.columns.size();
        return reinterpret_cast<const double*>(source_.train.feature_bytes().data())[row * width + column];
    }

    [[nodiscard]] Sorted sorted(std::size_t column) const {
        Sorted all;
        for (const std::uint32_t row : rows_) {
            if (!std::isnan(value(row, column))) all.rows.push_back(row);
        }
        all.missing = rows_.size() - all.rows.size();
        std::ranges::sort(all.rows, {}, [&](std::uint32_t row) { return std::pair(value(row, column), row); });
        for (const std::uint32_t row : all.rows) all.values.push_back(value(row, column));
        return all;
    }

    [[nodiscard]] NumberEncoding number(std::size_t column) const {
        const Sorted known = sorted(column);
        NumberEncoding code;
        code.indicates = known.missing > 0 && request_.missing == Missing::indicate;
        if (known.values.empty()) {
            code.factor = request_.scale == ColumnScale::none ? 1 : 0;
            return code;
        }
        require_room(source_.columns[column], known.values);
        double seen = 0;
        for (const double x : known.values) code.fill += (x - code.fill) / ++seen;  // no sum that might be too large
        if (request_.scale == ColumnScale::none) return code;
        scale(known.values, code);
        if (bins_ < 2 || code.factor == 0) return code;
        if (request_.encodings.contains(Encoding::ple)) code.quantile_edges = quantile_bins(known.values, bins_);
        if (!targets_.empty()) code.target_edges = tree_bins(known);
        return code;
    }

    /// Differences of numbers and their inverses must be numbers.
    void require_room(const Column& column, const std::vector<double>& values) const {
        constexpr double most = 1e300;
        constexpr double least = 1e-300;
        const double size = std::max(std::abs(values.front()), std::abs(values.back()));
        const bool is_constant = values.front() == values.back();
        if (size <= most && (is_constant || values.back() - values.front() >= least)) return;
        core::fail(core::Failure::data,
                   "{}: the column '{}' has numbers such as {}, too {} to be scaled; choose another unit", source_.name,
                   column.name, size, size > most ? "large" : "near each other");
    }

    /// By the distance of the quartiles, or else of the extremes; what differs by no more than rounding is constant.
    static void scale(const std::vector<double>& values, NumberEncoding& code) {
        constexpr double rounding = 1e-12;
        const double low = values.front();
        const double high = values.back();
        code.centre = quantile(values, 0.5);
        code.clips = true;
        const double least = rounding * std::max(std::abs(low), std::abs(high));
        // Of halves, since the difference of two numbers may be none.
        const double quartiles = quantile(values, 0.75) / 2 - quantile(values, 0.25) / 2;
        const double all = high / 2 - low / 2;
        code.factor = 0;
        if (all <= least) return;
        code.factor = quartiles > least ? 0.5 / quartiles : 1 / all;
    }

    [[nodiscard]] std::vector<double> tree_bins(const Sorted& known) const {
        std::vector<float> targets;
        for (const std::uint32_t row : known.rows) {
            const auto own = targets_.begin() + static_cast<std::ptrdiff_t>(row * width_);
            targets.insert(targets.end(), own, own + static_cast<std::ptrdiff_t>(width_));
        }
        constexpr std::size_t most_least = 64;
        const std::size_t least = std::clamp<std::size_t>(rows_.size() / 50, 5, most_least);
        return target_bins({.sorted = known.values, .targets = targets, .width = width_}, bins_, least);
    }

    [[nodiscard]] CategoryEncoding category(std::size_t column) const {
        const std::size_t levels = source_.columns[column].levels.size();
        std::vector<std::size_t> counts(levels);
        std::size_t missing = 0;
        for (const std::uint32_t row : rows_) {
            const double level = value(row, column);
            if (std::isnan(level)) {
                ++missing;
            } else {
                ++counts[static_cast<std::size_t>(level)];
            }
        }
        CategoryEncoding code;
        code.slots.assign(levels, CategoryEncoding::none);
        const std::size_t enough = rows_of_frequent_level(rows_.size());
        std::size_t rare = 0;
        for (std::size_t i = 0; i < levels; ++i) {
            if (counts[i] >= enough) {
                code.slots[i] = static_cast<std::int32_t>(code.features++);
            } else {
                rare += counts[i];
            }
        }
        // Where some training rows have rare levels, there is something to learn of those that are not known.
        if (rare > 0) code.other = static_cast<std::int32_t>(code.features++);
        for (std::int32_t& slot : code.slots) {
            if (slot == CategoryEncoding::none) slot = code.other;
        }
        if (missing > 0 && request_.missing == Missing::indicate)
            code.missing = static_cast<std::int32_t>(code.features++);
        return code;
    }

    /// Of every row: its numbers as they deviate, or a 1 for its class among zeros.
    void prepare_targets() {
        const Table& table = source_.train;
        width_ = table.outputs();
        if (table.description().task == task::Kind::classification) {
            if (width_ > most_classes) return;
            targets_.assign(table.rows() * width_, 0.0F);
            for (std::size_t row = 0; row < table.rows(); ++row)
                targets_[row * width_ + static_cast<std::size_t>(table.labels()[row])] = 1.0F;
            return;
        }
        const std::span<const float> numbers = table.targets();
        targets_.assign(numbers.begin(), numbers.end());
        for (std::size_t j = 0; j < width_; ++j) {
            double mean = 0;
            double squares = 0;
            double seen = 0;
            for (const std::uint32_t row : rows_) {
                const double y = numbers[row * width_ + j];
                const double before = y - mean;
                mean += before / ++seen;
                squares += before * (y - mean);
            }
            const double deviation = std::sqrt(squares / seen);
            for (std::size_t i = j; i < targets_.size(); i += width_)
                targets_[i] = deviation > 0 ? static_cast<float>((double{targets_[i]} - mean) / deviation) : 0.0F;
        }
    }

    const Source& source_;
    Rows rows_;
    const ColumnRequest& request_;
    std::size_t bins_ = 0;
    std::vector<float> targets_;  ///< [all rows × width]; empty where no tree is wanted
    std::size_t width_ = 1;
};

}  // namespace

std::shared_ptr<const ColumnEncoding> fit_columns(const Source& source, Rows rows, const ColumnRequest& request) {
    core::require(source.train.description().element == Element::f64 && source.train.encoder() == nullptr,
                  "columns are fitted as they were read");
    return Fit(source, rows, request).columns();
}

}  // namespace ensemble::data
