#include "data/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"
#include "data/failure.hpp"
#include "data/generator.hpp"
#include "data/planar.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(split_tests)

namespace {

using core::Failure;
using data::Source;
using data::Split;
using data::split;
using data::SplitRequest;
using testing::failure;
using Rows = std::vector<std::uint32_t>;

Source moons(std::size_t rows, std::optional<std::size_t> test_rows = {}) {
    std::optional<data::Table> test;
    if (test_rows) test = data::make_moons(*test_rows, 0.1, 1, data::Part::test);
    return {"moons", "", data::make_moons(rows, 0.1, 1, data::Part::train), test};
}

Rows all_rows(std::size_t count) {
    Rows rows(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

Rows sorted(Rows rows) {
    std::ranges::sort(rows);
    return rows;
}

/// All parts that lie in the training table, in ascending order.
Rows together(const Split& parts) {
    Rows rows = parts.train;
    rows.insert(rows.end(), parts.validation.begin(), parts.validation.end());
    if (!parts.test_is_separate) rows.insert(rows.end(), parts.test.begin(), parts.test.end());
    return sorted(rows);
}

using Counts = std::vector<std::size_t>;

/// So many rows of each class, one class after the other.
Source classes(const Counts& rows_of_each) {
    const std::size_t rows = std::accumulate(rows_of_each.begin(), rows_of_each.end(), std::size_t{0});
    core::Buffer<std::int32_t> labels(rows);
    std::size_t at = 0;
    for (std::size_t c = 0; c < rows_of_each.size(); ++c) {
        for (std::size_t i = 0; i < rows_of_each[c]; ++i) labels[at++] = static_cast<std::int32_t>(c);
    }
    return {"classes",
            "",
            data::Table({.task = task::Kind::classification,
                         .element = data::Element::f32,
                         .shape = {1},
                         .rows = rows,
                         .outputs = rows_of_each.size()},
                        data::share(core::Buffer<float>(rows)), data::share(std::move(labels))),
            {}};
}

Counts counts(const Source& source, const Rows& rows) {
    Counts found(source.train.outputs());
    for (const std::uint32_t row : rows) ++found.at(static_cast<std::size_t>(source.train.labels()[row]));
    return found;
}

/// Moons in groups, of which the first are the largest.
Source grouped(std::size_t rows, std::size_t groups) {
    Source source = moons(rows);
    core::Buffer<std::uint32_t> numbers(rows);
    for (std::size_t row = 0; row < rows; ++row)
        numbers[row] = static_cast<std::uint32_t>(row < groups ? row : (row * row) % (2 * groups) / 2);
    source.train = source.train.with({.groups = data::share(std::move(numbers))});
    source.group_name = "who";
    return source;
}

}  // namespace

BOOST_AUTO_TEST_CASE(parts_are_an_exact_partition_of_the_rows) {
    for (std::size_t rows = 10; rows < 200; ++rows) {
        const Split parts = split(moons(rows), {.validation_fraction = 0.2, .seed = rows});
        BOOST_TEST_REQUIRE(together(parts) == all_rows(rows));
        BOOST_TEST_REQUIRE(!parts.test_is_separate);
    }
}

BOOST_AUTO_TEST_CASE(parts_have_their_shares) {
    const Split parts = split(moons(1000), {.test_fraction = 0.25, .validation_fraction = 0.1});
    BOOST_TEST(parts.test.size() == 250U);
    BOOST_TEST(parts.validation.size() == 75U);
    BOOST_TEST(parts.train.size() == 675U);
    BOOST_TEST(split(moons(1000), {}).test.size() == 200U);
}

BOOST_AUTO_TEST_CASE(a_test_table_of_its_own_is_used_whole_unless_a_share_is_asked_for) {
    const Source source = moons(100, 30);
    const Split own = split(source, {});
    BOOST_TEST(own.test_is_separate);
    BOOST_TEST(own.test == all_rows(30));
    BOOST_TEST(own.validation.size() == 10U);
    BOOST_TEST(together(own) == all_rows(100));
    BOOST_TEST((data::test_view(source, own).table == &*source.test));
    BOOST_TEST((data::train_view(source, own).table == &source.train));

    const Split shared = split(source, {.test_fraction = 0.5});
    BOOST_TEST(!shared.test_is_separate);
    BOOST_TEST(shared.test.size() == 50U);
    BOOST_TEST(together(shared) == all_rows(100));
    BOOST_TEST((data::test_view(source, shared).table == &source.train));
    BOOST_TEST(data::test_view(source, shared).size() == 50U);
    BOOST_TEST(data::validation_view(source, shared).rows.data() == shared.validation.data());
}

BOOST_AUTO_TEST_CASE(the_seed_decides_which_rows) {
    const Source source = moons(100);
    const Split first = split(source, {.seed = 1});
    const Split again = split(source, {.seed = 1});
    const Split other = split(source, {.seed = 2});
    BOOST_TEST((first.train == again.train && first.validation == again.validation && first.test == again.test));
    BOOST_TEST(sorted(first.test) != sorted(other.test));
    BOOST_TEST(!std::ranges::is_sorted(first.train));
}

BOOST_AUTO_TEST_CASE(a_limit_keeps_the_first_rows_and_leaves_the_other_parts_alone) {
    const Source source = moons(100, 30);
    const Split whole = split(source, {});
    const Split limited = split(source, {.train_limit = 17});
    BOOST_TEST(limited.train == Rows(whole.train.begin(), whole.train.begin() + 17));
    BOOST_TEST(limited.validation == whole.validation);
    BOOST_TEST(limited.test == whole.test);
    BOOST_TEST(split(source, {.train_limit = 1000}).train == whole.train);
}

BOOST_AUTO_TEST_CASE(classes_keep_their_shares_in_every_part) {
    std::size_t rare = 0;
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        const Source source = classes({70, 25, 10});
        const Split parts = split(source, {.test_fraction = 0.2, .stratify = true, .seed = seed});
        BOOST_TEST(together(parts) == all_rows(105));
        BOOST_TEST((counts(source, parts.test) == Counts{14, 5, 2}));
        // Of 56, 20 and 8 rows 8 are 5.33, 1.90 and 0.76.
        const Counts own = counts(source, parts.validation);
        BOOST_TEST((own[0] + own[1] + own[2] == 8 && own[0] - 5 <= 1 && own[1] - 1 <= 1 && own[2] <= 1));
        rare += own[2];
        const Split again = split(source, {.test_fraction = 0.2, .stratify = true, .seed = seed});
        BOOST_TEST((again.train == parts.train && again.validation == parts.validation && again.test == parts.test));
        const Split other = split(source, {.test_fraction = 0.2, .stratify = true, .seed = seed + 100});
        BOOST_TEST(sorted(other.test) != sorted(parts.test));
    }
    BOOST_TEST((rare > 7 && rare < 19));  // by chance, 0.76 of the time
}

BOOST_AUTO_TEST_CASE(a_class_of_one_row_is_trained_on) {
    for (std::uint64_t seed = 1; seed < 50; ++seed) {
        const Source source = classes({18, 1, 1});
        const Split parts = split(source, {.test_fraction = 0.3, .stratify = true, .seed = seed});
        BOOST_TEST((counts(source, parts.test) == Counts{6, 0, 0}));
        const Counts train = counts(source, parts.train);
        BOOST_TEST((train[1] == 1U && train[2] == 1U));
    }
    BOOST_CHECK_EXCEPTION(static_cast<void>(split(classes(Counts(12, 1)), {.stratify = true})), core::Error,
                          failure(Failure::usage, "--test-fraction 0.2", "single row", "--no-stratify"));
}

BOOST_AUTO_TEST_CASE(a_limit_keeps_the_shares_of_classes) {
    const Source source = classes({60, 30, 10});
    const SplitRequest request{.test_fraction = 0.1, .train_limit = 20, .stratify = true};
    BOOST_TEST((counts(source, split(source, request).train) == Counts{12, 6, 2}));
}

BOOST_AUTO_TEST_CASE(folds_have_as_many_of_each_class) {
    const Source source = classes({53, 21, 7});
    for (const bool stratify : {false, true}) {
        const Split parts = split(source, {.test_fraction = 0.1, .folds = 4, .stratify = stratify});
        BOOST_TEST(parts.fold_bounds.size() == 5U);
        BOOST_TEST(parts.validation == parts.train);
        Counts least(3, 1000);
        Counts most(3, 0);
        for (std::size_t fold = 0; fold < 4; ++fold) {
            const data::RowRange range = parts.fold(fold);
            BOOST_TEST(range.count == data::part_of(parts.train.size(), fold, 4).count);
            const auto first = parts.train.begin() + static_cast<std::ptrdiff_t>(range.first);
            const Counts own = counts(source, Rows(first, first + static_cast<std::ptrdiff_t>(range.count)));
            for (std::size_t c = 0; c < own.size(); ++c) {
                least[c] = std::min(least[c], own[c]);
                most[c] = std::max(most[c], own[c]);
            }
        }
        for (std::size_t c = 0; stratify && c < least.size(); ++c) BOOST_TEST(most[c] - least[c] <= 1U);
    }
}

// What numbers are to be learnt of has no classes: the first rows of the shuffled order are cut off.
BOOST_AUTO_TEST_CASE(without_classes_parts_are_cut_off_the_shuffled_rows) {
    Rows order = all_rows(50);
    core::RandomStream({.seed = 3, .purpose = core::Purpose::split}).shuffle(order);
    const core::Buffer<float> numbers(50, 1.0F);
    const Source source{
        "numbers",
        "",
        data::Table(
            {.task = task::Kind::regression, .element = data::Element::f32, .shape = {1}, .rows = 50, .outputs = 1},
            data::share(numbers), data::share(numbers)),
        {}};
    const Split parts = split(source, {.validation_fraction = 0.25, .stratify = true, .seed = 3});
    BOOST_TEST(parts.test == Rows(order.begin(), order.begin() + 10));
    BOOST_TEST(parts.validation == Rows(order.begin() + 10, order.begin() + 20));
    BOOST_TEST(parts.train == Rows(order.begin() + 20, order.end()));
}

BOOST_AUTO_TEST_CASE(rows_of_a_group_are_in_one_part) {
    for (const std::size_t folds : {0U, 5U}) {
        for (std::uint64_t seed = 1; seed < 10; ++seed) {
            const Source source = grouped(300, 40);
            const SplitRequest request{.folds = folds, .stratify = seed % 2 == 0, .seed = seed};
            const Split parts = split(source, request);
            std::vector<Rows> all{parts.test};
            if (folds == 0) {
                BOOST_TEST(together(parts) == all_rows(300));
                all.insert(all.end(), {parts.validation, parts.train});
                BOOST_TEST(std::abs(static_cast<double>(parts.validation.size()) - 24) < 12);
            }
            BOOST_TEST(std::abs(static_cast<double>(parts.test.size()) - 60) < 15);
            for (std::size_t fold = 0; fold < folds; ++fold) {
                const data::RowRange range = parts.fold(fold);
                const auto first = parts.train.begin() + static_cast<std::ptrdiff_t>(range.first);
                all.emplace_back(first, first + static_cast<std::ptrdiff_t>(range.count));
                BOOST_TEST(std::abs(static_cast<double>(range.count) - 48) < 15);
            }
            std::vector<std::set<std::uint32_t>> groups;
            std::size_t different = 0;
            for (const Rows& rows : all) {
                BOOST_TEST(!rows.empty());
                groups.emplace_back();
                for (const std::uint32_t row : rows) groups.back().insert(source.train.groups()[row]);
                different += groups.back().size();
            }
            BOOST_TEST(different == 40U);
            BOOST_TEST((split(source, request).train == parts.train));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_which_groups) {
    const Source source = grouped(300, 40);
    std::set<Rows> tests;
    for (std::uint64_t seed = 1; seed < 6; ++seed) tests.insert(sorted(split(source, {.seed = seed}).test));
    BOOST_TEST(tests.size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_test_table_of_its_own_leaves_all_groups_to_training_and_validation) {
    Source source = grouped(100, 10);
    source.test = data::make_moons(30, 0.1, 1, data::Part::test);
    const Split parts = split(source, {});
    BOOST_TEST(parts.test == all_rows(30));
    BOOST_TEST(together(parts) == all_rows(100));
    BOOST_TEST(!parts.validation.empty());
}

BOOST_AUTO_TEST_CASE(refuses_too_few_groups) {
    const auto refused = [](const Source& source, const SplitRequest& request, auto... words) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(split(source, request)), core::Error,
                              failure(Failure::usage, words...));
    };
    BOOST_CHECK_NO_THROW(static_cast<void>(split(grouped(40, 3), {})));
    refused(grouped(40, 2), {}, "--group who", "2 groups", "needs 3", "validation, training");
    refused(grouped(40, 4), {.folds = 4}, "4 groups", "needs 5", "fewer --folds");
    refused(grouped(9, 5), {}, "--group", "9 rows", "so few");
    refused(grouped(100, 20), {.train_limit = 6, .folds = 5}, "--train-limit 6", "5 folds");
}

BOOST_AUTO_TEST_CASE(small_tables_serve_every_purpose_whole) {
    const Source truth_table{"xor", "", data::make_xor(), {}};
    const Split parts = split(truth_table, {});
    BOOST_TEST(sorted(parts.train) == all_rows(4));
    BOOST_TEST(sorted(parts.validation) == all_rows(4));
    BOOST_TEST(sorted(parts.test) == all_rows(4));
    BOOST_TEST(!parts.test_is_separate);
    BOOST_TEST(sorted(split(moons(9), {}).test) == all_rows(9));
    BOOST_TEST(split(moons(10), {.validation_fraction = 0.2}).test.size() == 2U);
}

BOOST_AUTO_TEST_CASE(refuses_shares_that_leave_a_part_empty) {
    const auto refused = [](const Source& source, const SplitRequest& request, auto... words) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(split(source, request)), core::Error,
                              failure(Failure::usage, words...));
    };
    refused(moons(20), {.test_fraction = 0.01}, "--test-fraction", "20 rows", "testing");
    refused(moons(20), {.test_fraction = 0.99}, "--test-fraction", "20 rows", "training");
    refused(moons(20, 5), {.validation_fraction = 0.01}, "--validation-fraction", "20 rows", "validation");
    refused(moons(20, 5), {.validation_fraction = 0.99}, "--validation-fraction", "20 rows", "training");
    for (const double fraction : {0.0, 1.0, -0.1, 2.0, std::nan("")}) {
        refused(moons(100), {.test_fraction = fraction}, "--test-fraction", "between 0 and 1");
        refused(moons(100), {.validation_fraction = fraction}, "--validation-fraction", "between 0 and 1");
    }
}

BOOST_AUTO_TEST_CASE(bootstrap_draws_with_replacement) {
    constexpr std::size_t count = 20'000;
    Rows rows = all_rows(count);
    for (std::uint32_t& row : rows) row = 3 * row + 5;
    const Rows sample = data::bootstrap(rows, 1, 0);
    BOOST_TEST(sample.size() == count);
    const std::set<std::uint32_t> distinct(sample.begin(), sample.end());
    BOOST_TEST(std::ranges::all_of(distinct, [](std::uint32_t row) { return row % 3 == 2; }));
    // 1 − 1/e of the rows are distinct; variance of their number is (1/e − 2/e²) · count.
    const double share = static_cast<double>(distinct.size()) / count;
    BOOST_TEST(std::abs(share - 0.63212) < 4 * std::sqrt((0.36788 - 2 * 0.13534) / count));
    // No place of the list is preferred: the mean drawn place is the middle.
    const double mean = std::accumulate(sample.begin(), sample.end(), 0.0) / count;
    BOOST_TEST(std::abs(mean - 3 * (count / 2.0)) < 4 * 3 * count / std::sqrt(12.0 * count));
}

BOOST_AUTO_TEST_CASE(bootstrap_is_keyed_by_seed_and_member) {
    const Rows rows = all_rows(50);
    BOOST_TEST(data::bootstrap(rows, 1, 2) == data::bootstrap(rows, 1, 2));
    BOOST_TEST(data::bootstrap(rows, 1, 2) != data::bootstrap(rows, 1, 3));
    BOOST_TEST(data::bootstrap(rows, 1, 2) != data::bootstrap(rows, 2, 2));
    BOOST_TEST(data::bootstrap(Rows{}, 1, 0).empty());
}

BOOST_AUTO_TEST_CASE(chosen_features_are_ascending_distinct_and_as_many_as_asked) {
    for (const double fraction : {0.001, 0.3, 0.5, 0.999, 1.0}) {
        const Rows chosen = data::choose_features(13, fraction, 4, 1);
        BOOST_TEST(chosen.size() == static_cast<std::size_t>(std::max(1.0, std::round(fraction * 13))));
        BOOST_TEST(std::ranges::is_sorted(chosen));
        BOOST_TEST((std::ranges::adjacent_find(chosen) == chosen.end()));
        BOOST_TEST(chosen.back() < 13U);
    }
    BOOST_TEST(data::choose_features(100, 0.5, 1, 0) != data::choose_features(100, 0.5, 1, 1));
    BOOST_TEST(data::choose_features(100, 0.5, 1, 0) != data::choose_features(100, 0.5, 2, 0));
    BOOST_CHECK_THROW(static_cast<void>(data::choose_features(5, 0.0, 1, 0)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(data::choose_features(5, 1.1, 1, 0)), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(features_are_chosen_evenly) {
    std::vector<int> chosen(10);
    constexpr std::uint32_t members = 5000;
    for (std::uint32_t member = 0; member < members; ++member) {
        for (const std::uint32_t feature : data::choose_features(10, 0.3, 1, member)) ++chosen.at(feature);
    }
    for (const int times : chosen) {
        BOOST_TEST(std::abs(times / double{members} - 0.3) < 4 * std::sqrt(0.3 * 0.7 / members));
    }
}

BOOST_AUTO_TEST_CASE(an_epoch_visits_every_row_once_in_an_order_of_its_own) {
    const Rows rows{4, 4, 8, 15, 16, 23, 42};
    std::set<Rows> orders;
    Rows order{1, 2, 3};
    for (const std::uint64_t seed : {1U, 2U}) {
        for (std::uint32_t member = 0; member < 3; ++member) {
            for (std::uint32_t epoch = 0; epoch < 4; ++epoch) {
                data::epoch_order(rows, seed, member, epoch, order);
                BOOST_TEST_REQUIRE(sorted(order) == rows);
                orders.insert(order);
                Rows again;
                data::epoch_order(rows, seed, member, epoch, again);
                BOOST_TEST_REQUIRE(again == order);
            }
        }
    }
    BOOST_TEST(orders.size() > 20U);  // 24 of 2,520 orders: two of them agree rarely
}

// The order is part of every result: Fisher and Yates' shuffle of the stream (seed, member, shuffle, epoch).
BOOST_AUTO_TEST_CASE(golden_orders) {
    Rows order;
    data::epoch_order(all_rows(10), 1, 2, 3, order);
    Rows expected = all_rows(10);
    core::RandomStream stream({.seed = 1, .member = 2, .purpose = core::Purpose::shuffle, .epoch = 3});
    for (std::uint32_t last = 10; last > 1; --last) std::swap(expected[last - 1], expected[stream.below(last)]);
    BOOST_TEST(order == expected);
    BOOST_TEST(order == (Rows{7, 3, 4, 9, 6, 1, 8, 5, 2, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
