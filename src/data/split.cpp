#include "data/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace ensemble::data {
namespace {

using RowList = std::vector<std::uint32_t>;

constexpr std::size_t small_table = 10;
constexpr double default_test_fraction = 0.2;

RowList all_rows(std::size_t count) {
    RowList rows(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

void check_fraction(const char* option, double fraction) {
    if (!(fraction > 0 && fraction < 1)) {
        core::fail(core::Failure::usage, "{} {} is not a share of the rows; write a number between 0 and 1", option,
                   fraction);
    }
}

/// Moves round(fraction · rows.size()) rows from the front of `rows` into a part of their own.
RowList cut(RowList& rows, double fraction, const char* option, const char* part) {
    const std::size_t whole = rows.size();
    const auto count = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(whole)));
    if (count == 0 || count >= whole) {
        core::fail(core::Failure::usage, "{} {} of {} rows leaves no rows for {}; choose another share or more data",
                   option, fraction, whole, count == 0 ? part : "training");
    }
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(count);
    RowList front(rows.begin(), end);
    rows.erase(rows.begin(), end);
    return front;
}

}  // namespace

Split split(const Source& source, const SplitRequest& request) {
    if (request.test_fraction) check_fraction("--test-fraction", *request.test_fraction);
    check_fraction("--validation-fraction", request.validation_fraction);
    const bool has_folds = request.folds > 0;

    Split parts;
    parts.train = all_rows(source.train.rows());
    if (source.test && !request.test_fraction) {
        parts.test = all_rows(source.test->rows());
        parts.test_is_separate = true;
    }
    const bool small = parts.train.size() < small_table;
    if (small) {
        parts.validation = parts.train;
        if (!parts.test_is_separate) parts.test = parts.train;
    }
    core::RandomStream({.seed = request.seed, .purpose = core::Purpose::split}).shuffle(parts.train);
    if (!small) {
        if (!parts.test_is_separate) {
            parts.test =
                cut(parts.train, request.test_fraction.value_or(default_test_fraction), "--test-fraction", "testing");
        }
        if (!has_folds)
            parts.validation = cut(parts.train, request.validation_fraction, "--validation-fraction", "validation");
    }
    if (request.train_limit > 0 && request.train_limit < parts.train.size()) parts.train.resize(request.train_limit);
    if (parts.train.empty() || parts.test.empty()) {
        core::fail(core::Failure::usage, "{} has no rows for {}; it needs at least one", source.name,
                   parts.train.empty() ? "training" : "testing");
    }
    if (has_folds) {
        if (small || parts.train.size() < request.folds) {
            core::fail(core::Failure::usage, "--folds {}: {} has only {} rows that are not for testing", request.folds,
                       source.name, parts.train.size());
        }
        parts.validation = parts.train;
    }
    return parts;
}

RowRange part_of(std::size_t rows, std::size_t fold, std::size_t folds) {
    core::require(fold < folds && folds <= rows, "rows are cut into as many parts as there are rows at most");
    const std::size_t first = fold * rows / folds;
    return {.first = first, .count = (fold + 1) * rows / folds - first};
}

View train_view(const Source& source, const Split& split) {
    return {&source.train, split.train};
}

View validation_view(const Source& source, const Split& split) {
    return {&source.train, split.validation};
}

View test_view(const Source& source, const Split& split) {
    core::require(!split.test_is_separate || source.test.has_value(), "a separate test part has its table");
    return {split.test_is_separate ? &*source.test : &source.train, split.test};
}

RowList bootstrap(std::span<const std::uint32_t> rows, std::uint64_t seed, std::uint32_t member) {
    core::RandomStream random({.seed = seed, .member = member, .purpose = core::Purpose::bootstrap});
    RowList sample(rows.size());
    const auto count = static_cast<std::uint32_t>(rows.size());
    std::ranges::generate(sample, [&] { return rows[random.below(count)]; });
    return sample;
}

RowList choose_features(std::size_t features, double fraction, std::uint64_t seed, std::uint32_t member) {
    core::require(features > 0 && fraction > 0 && fraction <= 1, "a share of at least one feature is chosen");
    RowList chosen = all_rows(features);
    core::RandomStream({.seed = seed, .member = member, .purpose = core::Purpose::features}).shuffle(chosen);
    const auto count = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(features)));
    chosen.resize(std::clamp<std::size_t>(count, 1, features));
    std::ranges::sort(chosen);
    return chosen;
}

void epoch_order(std::span<const std::uint32_t> rows, std::uint64_t seed, std::uint32_t member, std::uint32_t epoch,
                 std::vector<std::uint32_t>& order) {
    order.assign(rows.begin(), rows.end());
    core::RandomStream({.seed = seed, .member = member, .purpose = core::Purpose::shuffle, .epoch = epoch})
        .shuffle(order);
}

}  // namespace ensemble::data
