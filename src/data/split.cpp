#include "data/split.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "data/apportion.hpp"

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

class Splitter {
public:
    Splitter(const Source& source, const SplitRequest& request)
        : source_(source),
          request_(request),
          random_({.seed = request.seed, .purpose = core::Purpose::split, .step = 1}),
          is_stratified_(request.stratify && source.train.description().task == task::Kind::classification),
          strata_(is_stratified_ ? source.train.outputs() : 1) {
        if (request_.test_fraction) check_fraction("--test-fraction", *request_.test_fraction);
        check_fraction("--validation-fraction", request_.validation_fraction);
    }

    [[nodiscard]] Split run() && {
        parts_.train = all_rows(source_.train.rows());
        if (source_.test && !request_.test_fraction) {
            parts_.test = all_rows(source_.test->rows());
            parts_.test_is_separate = true;
        }
        const bool is_small = parts_.train.size() < small_table;
        core::RandomStream({.seed = request_.seed, .purpose = core::Purpose::split}).shuffle(parts_.train);
        if (is_small) {
            serve_every_purpose();
        } else if (has_groups()) {
            cut_between_groups();
        } else {
            cut_by_rows();
        }
        limit();
        if (parts_.train.empty() || parts_.test.empty()) {
            core::fail(core::Failure::usage, "{} has no rows for {}; it needs at least one", source_.name,
                       parts_.train.empty() ? "training" : "testing");
        }
        if (request_.folds > 0) {
            if (is_small || parts_.train.size() < request_.folds) {
                core::fail(core::Failure::usage, "--folds {}: {} has only {} rows that are not for testing",
                           request_.folds, source_.name, parts_.train.size());
            }
            make_folds();
        }
        return std::move(parts_);
    }

private:
    [[nodiscard]] bool has_groups() const { return !source_.train.groups().empty(); }

    [[nodiscard]] std::size_t stratum(std::uint32_t row) const {
        return is_stratified_ ? static_cast<std::size_t>(source_.train.labels()[row]) : 0;
    }

    [[nodiscard]] double test_fraction() const { return request_.test_fraction.value_or(default_test_fraction); }

    void serve_every_purpose() {
        if (has_groups()) {
            core::fail(core::Failure::usage,
                       "--group: the {} rows of {} are so few that all of them serve training and testing, which "
                       "groups forbid; leave it out, or give more rows",
                       parts_.train.size(), source_.name);
        }
        parts_.validation = all_rows(parts_.train.size());
        if (!parts_.test_is_separate) parts_.test = parts_.validation;
    }

    void cut_by_rows() {
        if (!parts_.test_is_separate) parts_.test = cut(test_fraction(), "--test-fraction", "testing");
        if (request_.folds == 0)
            parts_.validation = cut(request_.validation_fraction, "--validation-fraction", "validation");
    }

    /// Moves round(fraction · rows) training rows into a part of their own; of each class one stays at least.
    RowList cut(double fraction, const char* option, const char* part) {
        const std::size_t whole = parts_.train.size();
        const auto count = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(whole)));
        if (count == 0 || count >= whole) {
            core::fail(core::Failure::usage,
                       "{} {} of {} rows leaves no rows for {}; choose another share or more data", option, fraction,
                       whole, count == 0 ? part : "training");
        }
        std::vector<std::size_t> limits = rows_of_strata();
        for (std::size_t& limit : limits) limit -= std::min<std::size_t>(limit, 1);
        RowList taken = take(count, limits);
        if (taken.empty()) {
            core::fail(core::Failure::usage,
                       "{} {}: each class has a single row, which stays in training, so that there are none for {}; "
                       "give more rows of each class, --task regression if these are numbers, or --no-stratify",
                       option, fraction, part);
        }
        return taken;
    }

    [[nodiscard]] std::vector<std::size_t> rows_of_strata() const {
        std::vector<std::size_t> counts(strata_);
        for (const std::uint32_t row : parts_.train) ++counts[stratum(row)];
        return counts;
    }

    /// Takes `count` training rows out, of each stratum its share and the first of its rows.
    RowList take(std::size_t count, std::span<const std::size_t> limits) {
        std::vector<std::size_t> quotas = apportion(rows_of_strata(), count, limits, random_);
        RowList taken;
        RowList rest;
        for (const std::uint32_t row : parts_.train) {
            std::size_t& quota = quotas[stratum(row)];
            (quota > 0 ? taken : rest).push_back(row);
            quota -= std::min<std::size_t>(quota, 1);
        }
        parts_.train = std::move(rest);
        return taken;
    }

    void limit() {
        if (request_.train_limit == 0 || request_.train_limit >= parts_.train.size()) return;
        parts_.train = take(request_.train_limit, rows_of_strata());
    }

    /// Every part gets its groups at once, so that none takes the last ones of another.
    void cut_between_groups() {
        const bool cuts_test = !parts_.test_is_separate;
        const double others = cuts_test ? 1 - test_fraction() : 1;
        std::vector<double> shares;
        if (cuts_test) shares.push_back(test_fraction());
        if (request_.folds > 0) {
            shares.insert(shares.end(), request_.folds, others / static_cast<double>(request_.folds));
        } else {
            shares.push_back(others * request_.validation_fraction);
            shares.push_back(others * (1 - request_.validation_fraction));
        }
        const GroupCounts counts = count_groups();
        if (counts.groups() < shares.size()) {
            core::fail(core::Failure::usage,
                       "--group {}: {} has {} group{}, but needs {} to have one for each part: {}{}; leave it out, or "
                       "{}",
                       source_.group_name, source_.name, counts.groups(), counts.groups() == 1 ? "" : "s",
                       shares.size(), cuts_test ? "testing, " : "",
                       request_.folds > 0 ? "the folds" : "validation, training",
                       request_.folds > 0 ? "choose fewer --folds" : "bring test rows of your own with --test");
        }
        const std::vector<std::uint32_t> part_of_group = place_groups(counts, shares);
        part_of_row_.resize(source_.train.rows());
        for (const std::uint32_t row : parts_.train) {
            const std::uint32_t part = part_of_group[group_places_[source_.train.groups()[row]]];
            part_of_row_[row] = cuts_test ? part : part + 1;
        }
        RowList train;
        for (const std::uint32_t row : parts_.train) {
            const std::uint32_t part = part_of_row_[row];
            const bool is_validation = request_.folds == 0 && part == 1;
            (part == 0 ? parts_.test : is_validation ? parts_.validation : train).push_back(row);
        }
        parts_.train = std::move(train);
    }

    /// Groups are numbered as they come in the shuffled order.
    [[nodiscard]] GroupCounts count_groups() {
        constexpr auto unseen = std::numeric_limits<std::uint32_t>::max();
        const auto groups = source_.train.groups();
        group_places_.assign(std::size_t{*std::ranges::max_element(groups)} + 1, unseen);
        GroupCounts counts{.classes = strata_, .rows = {}};
        for (const std::uint32_t row : parts_.train) {
            std::uint32_t& place = group_places_[groups[row]];
            if (place == unseen) {
                place = static_cast<std::uint32_t>(counts.groups());
                counts.rows.resize(counts.rows.size() + strata_);
            }
            ++counts.rows[place * strata_ + stratum(row)];
        }
        return counts;
    }

    /// The fold of each training row, as they lie: groups stay together, of each class all folds get as many.
    [[nodiscard]] std::vector<std::size_t> folds_of_rows() const {
        const std::size_t folds = request_.folds;
        std::vector<std::size_t> fold_of(parts_.train.size());
        if (has_groups()) {
            std::ranges::transform(parts_.train, fold_of.begin(),
                                   [&](std::uint32_t row) { return std::size_t{part_of_row_[row]} - 1; });
            return fold_of;
        }
        // Dealt out one by one, class by class, first to the folds that have one more.
        std::vector<std::size_t> places(fold_of.size());
        std::iota(places.begin(), places.end(), std::size_t{0});
        std::ranges::stable_sort(places, {}, [&](std::size_t place) { return stratum(parts_.train[place]); });
        std::vector<std::size_t> turns(folds);
        std::iota(turns.begin(), turns.end(), std::size_t{0});
        std::ranges::stable_sort(turns, std::ranges::greater{},
                                 [&](std::size_t fold) { return part_of(fold_of.size(), fold, folds).count; });
        for (std::size_t i = 0; i < places.size(); ++i) fold_of[places[i]] = turns[i % folds];
        return fold_of;
    }

    void make_folds() {
        const std::size_t folds = request_.folds;
        if (is_stratified_ || has_groups()) {
            const std::vector<std::size_t> fold_of = folds_of_rows();
            std::vector<RowList> rows_of(folds);
            for (std::size_t i = 0; i < fold_of.size(); ++i) rows_of[fold_of[i]].push_back(parts_.train[i]);
            parts_.train.clear();
            for (const RowList& rows : rows_of) {
                if (rows.empty()) {
                    core::fail(
                        core::Failure::usage,
                        "--train-limit {}: leaves no rows of the groups of one of the {} folds; leave it out, or "
                        "choose more rows",
                        request_.train_limit, folds);
                }
                parts_.fold_bounds.push_back(parts_.train.size());
                parts_.train.insert(parts_.train.end(), rows.begin(), rows.end());
            }
        } else {
            for (std::size_t fold = 0; fold < folds; ++fold)
                parts_.fold_bounds.push_back(part_of(parts_.train.size(), fold, folds).first);
        }
        parts_.fold_bounds.push_back(parts_.train.size());
        parts_.validation = parts_.train;
    }

    const Source& source_;
    const SplitRequest& request_;
    core::RandomStream random_;  ///< which classes get a row more than others
    bool is_stratified_;
    std::size_t strata_;
    Split parts_;
    std::vector<std::uint32_t> group_places_;  ///< by number of a group
    std::vector<std::uint32_t> part_of_row_;   ///< 0: testing; 1 and above: validation, training, or the folds
};

}  // namespace

Split split(const Source& source, const SplitRequest& request) {
    return Splitter(source, request).run();
}

RowRange Split::fold(std::size_t number) const {
    core::require(number + 1 < fold_bounds.size(), "a fold is one of them");
    return {.first = fold_bounds[number], .count = fold_bounds[number + 1] - fold_bounds[number]};
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
