#include "analysis/jackknife_plus.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/coverage.hpp"
#include "analysis/sequence.hpp"
#include "analysis/simulated.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(jackknife_plus_tests)

using analysis::Interval;
using analysis::JackknifePlus;
using Flags = std::vector<std::uint8_t>;
using Floats = std::vector<float>;
using Numbers = std::vector<std::uint32_t>;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);
constexpr double infinite = std::numeric_limits<double>::infinity();

/// Members that predict these means, [members × rows] one after the other.
Simulated predicting(std::size_t members, const Floats& means, const Floats& numbers = {}) {
    Simulated all{.task = task::standard_task(task::Kind::regression), .rows = means.size() / members, .members = {}};
    for (std::size_t member = 0; member < members; ++member) {
        Floats pairs;
        for (std::size_t row = 0; row < all.rows; ++row) pairs.insert(pairs.end(), {means[member * all.rows + row], 1});
        all.members.push_back(pairs);
    }
    all.numbers = numbers.empty() ? Floats(all.rows) : numbers;
    return all;
}

std::vector<Interval> intervals(const JackknifePlus& jackknife, const Simulated& rows, std::size_t target = 0) {
    const Floats all = rows.predictions();
    return jackknife.intervals(rows.block(all), target);
}

JackknifePlus bootstrap(const Simulated& rows, const Flags& trained_on, double alpha, std::size_t target = 0) {
    const Floats all = rows.predictions();
    return JackknifePlus::from_bootstrap(rows.block(all), trained_on, target, alpha);
}

Floats scaled(Sequence& sequence, std::size_t count, double scale) {
    Floats numbers;
    for (const double number : sequence.take(count)) numbers.push_back(static_cast<float>(scale * number));
    return numbers;
}

/// First row, last row, sums over the rows: both ends each.
void check(const std::vector<Interval>& found, const Values& expected) {
    double low = 0;
    double high = 0;
    for (const Interval& interval : found) {
        low += interval.low;
        high += interval.high;
    }
    BOOST_TEST(
        Values({found.front().low, found.front().high, found.back().low, found.back().high, low, high}) == expected,
        nearly << boost::test_tools::per_element());
}

/// The number of the row with the closest x among these: a model that knows its own rows by heart.
double nearest(const Values& x, const Values& y, const Numbers& rows, double at) {
    std::uint32_t best = rows.front();
    for (const std::uint32_t row : rows) {
        if (std::abs(x[row] - at) < std::abs(x[best] - at)) best = row;
    }
    return y[best];
}

}  // namespace

// Values by references.py jackknife_plus, which sorts everything for every row.
BOOST_AUTO_TEST_CASE(intervals_of_folds_agree_with_their_definition) {
    Sequence sequence(8);
    Values residuals = sequence.take(103);
    for (double& residual : residuals) residual *= residual;
    Numbers fold;
    for (const std::int32_t number : sequence.below(103, 4)) fold.push_back(static_cast<std::uint32_t>(number));
    const Simulated rows = predicting(6, scaled(sequence, 180, 2));
    const Numbers fold_of_member{0, 1, 2, 3, 0, 1};
    check(intervals(JackknifePlus::from_folds(residuals, fold, fold_of_member, 0.1), rows),
          {-0.094409584738712304, 2.4627615824263769, -0.28048966924037944, 1.9160303359089468, -1.8261825471307511,
           60.74400841313706});
    check(intervals(JackknifePlus::from_folds(residuals, fold, fold_of_member, 0.4), rows),
          {0.88821718273137029, 1.8959244449061139, 0.25162172147061224, 1.2565467968505104, 14.939903951170511,
           43.395196810468605});
}

BOOST_AUTO_TEST_CASE(intervals_of_bootstrap_members_agree_with_their_definition) {
    Sequence sequence(8);
    static_cast<void>(sequence.take(2 * 103 + 180));
    const Floats means = scaled(sequence, 7 * 90, 3);
    const Simulated training = predicting(7, means, scaled(sequence, 90, 3));
    Flags trained_on;
    for (const double number : sequence.take(7 * 90)) trained_on.push_back(number < 0.6 ? 1 : 0);
    const Simulated rows = predicting(7, scaled(sequence, 7 * 20, 3));
    const JackknifePlus tenth = bootstrap(training, trained_on, 0.1);
    BOOST_TEST(tenth.calibration_rows() == 90U);
    BOOST_TEST(tenth.rows_without_members() == 4U);
    check(intervals(tenth, rows), {-0.73687678202986717, 3.1920956025520963, -0.28752791881561279, 3.7405585944652557,
                                   -9.5160289840811565, 75.49045977617304});
    check(intervals(bootstrap(training, trained_on, 0.3), rows),
          {-0.19856737057367968, 2.4058904349803925, 0.44985472783446312, 2.9186229109764099, 7.5834223023868006,
           57.635805421536013});
}

BOOST_AUTO_TEST_CASE(of_many_rows_and_equal_residuals_the_end_is_that_of_sorting_them) {
    Sequence sequence(31);
    for (const double grain : {1.0, 40.0, 1e6}) {
        Values residuals;
        Numbers fold;
        for (int row = 0; row < 3000; ++row) {
            residuals.push_back(std::floor(grain * sequence.next()) / grain);
            fold.push_back(static_cast<std::uint32_t>(3 * sequence.next() * sequence.next()));
        }
        Floats means;
        for (int i = 0; i < 3 * 10; ++i)
            means.push_back(static_cast<float>(std::floor(grain * sequence.next()) / grain));
        const auto found =
            intervals(JackknifePlus::from_folds(residuals, fold, Numbers{0, 1, 2}, 0.1), predicting(3, means));
        for (std::size_t row = 0; row < 10; ++row) {
            Values low;
            Values high;
            for (std::size_t i = 0; i < residuals.size(); ++i) {
                low.push_back(means[fold[i] * 10 + row] - residuals[i]);
                high.push_back(means[fold[i] * 10 + row] + residuals[i]);
            }
            std::ranges::sort(low);
            std::ranges::sort(high);
            BOOST_TEST(found[row].low == low[300 - 1]);     // ⌊0.1 · 3001⌋
            BOOST_TEST(found[row].high == high[2701 - 1]);  // ⌈0.9 · 3001⌉
        }
    }
}

// 1,000 simulations of 40 rows and 5 new ones: the mean share has a standard error of about 0.006.
BOOST_AUTO_TEST_CASE(simulated_folds_cover_at_least_what_is_guaranteed) {
    core::RandomStream stream({.seed = 22});
    constexpr std::uint32_t n = 40;
    constexpr std::uint32_t folds = 5;
    constexpr std::size_t test = 5;
    double share = 0;
    for (int simulation = 0; simulation < 1000; ++simulation) {
        Values x;
        Values y;
        for (std::size_t row = 0; row < n + test; ++row) {
            x.push_back(stream.uniform());
            y.push_back(std::sin(6 * x.back()) + (0.1 + x.back()) * stream.normal());
        }
        Numbers fold;
        std::vector<Numbers> others(folds);
        for (std::uint32_t row = 0; row < n; ++row) {
            fold.push_back(row % folds);
            for (std::uint32_t each = 0; each < folds; ++each) {
                if (each != row % folds) others[each].push_back(row);
            }
        }
        Values residuals;
        for (std::uint32_t row = 0; row < n; ++row)
            residuals.push_back(std::abs(y[row] - nearest(x, y, others[fold[row]], x[row])));
        Floats means;
        for (const Numbers& rows : others) {
            for (std::size_t row = n; row < n + test; ++row)
                means.push_back(static_cast<float>(nearest(x, y, rows, x[row])));
        }
        const auto found = intervals(JackknifePlus::from_folds(residuals, fold, Numbers{0, 1, 2, 3, 4}, 0.1),
                                     predicting(folds, means));
        for (std::size_t row = 0; row < test; ++row)
            share += found[row].low <= y[n + row] && y[n + row] <= found[row].high ? 1.0 / (1000 * test) : 0;
    }
    BOOST_TEST_MESSAGE("CV+ covers " << share);
    BOOST_TEST(share > 0.88);  // guaranteed 0.8, usual 0.9
    BOOST_TEST(share < 0.96);
}

BOOST_AUTO_TEST_CASE(simulated_bootstrap_members_cover_at_least_what_is_guaranteed) {
    core::RandomStream stream({.seed = 23});
    constexpr std::uint32_t n = 40;
    constexpr std::size_t members = 8;
    constexpr std::size_t test = 5;
    double share = 0;
    double naive = 0;  // with the residuals of all members, most of which know the row
    for (int simulation = 0; simulation < 1000; ++simulation) {
        Values x;
        Values y;
        for (std::size_t row = 0; row < n + test; ++row) {
            x.push_back(stream.uniform());
            y.push_back(std::sin(6 * x.back()) + (0.1 + x.back()) * stream.normal());
        }
        Flags trained_on(members * n);
        Floats known;
        Floats fresh;
        for (std::size_t member = 0; member < members; ++member) {
            Numbers bag;
            for (std::uint32_t draw = 0; draw < n; ++draw) {
                bag.push_back(stream.below(n));
                trained_on[member * n + bag.back()] = 1;
            }
            for (std::size_t row = 0; row < n + test; ++row)
                (row < n ? known : fresh).push_back(static_cast<float>(nearest(x, y, bag, x[row])));
        }
        const Simulated training = predicting(members, known, Floats(y.begin(), y.begin() + n));
        const Simulated rows = predicting(members, fresh);
        const auto found = intervals(bootstrap(training, trained_on, 0.1), rows);
        const auto believed = intervals(bootstrap(training, Flags(members * n), 0.1), rows);
        for (std::size_t row = 0; row < test; ++row) {
            const double truth = y[n + row];
            share += found[row].low <= truth && truth <= found[row].high ? 1.0 / (1000 * test) : 0;
            naive += believed[row].low <= truth && truth <= believed[row].high ? 1.0 / (1000 * test) : 0;
        }
    }
    BOOST_TEST_MESSAGE("jackknife+-after-bootstrap covers " << share << ", residuals of training " << naive);
    BOOST_TEST(share > 0.88);
    BOOST_TEST(share < 0.97);
    BOOST_TEST(naive < 0.8);
}

BOOST_AUTO_TEST_CASE(of_many_rows_evenly_spaced_ones_are_used) {
    Sequence sequence(32);
    const std::size_t rows = 2 * JackknifePlus::most_bootstrap_rows + 2;
    Floats means = scaled(sequence, 3 * rows, 1);
    Floats numbers = scaled(sequence, rows, 1);
    Flags trained_on;
    for (const double number : sequence.take(3 * rows)) trained_on.push_back(number < 0.3 ? 1 : 0);
    const Simulated fresh = predicting(3, scaled(sequence, 3 * 10, 1));
    const JackknifePlus all = bootstrap(predicting(3, means, numbers), trained_on, 0.1);
    BOOST_TEST(all.calibration_rows() == JackknifePlus::most_bootstrap_rows);

    // Row i · rows / used of each.
    Floats some_means;
    Floats some_numbers;
    Flags some_trained_on;
    for (std::size_t member = 0; member < 3; ++member) {
        for (std::size_t i = 0; i < JackknifePlus::most_bootstrap_rows; ++i) {
            const std::size_t row = i * rows / JackknifePlus::most_bootstrap_rows;
            some_means.push_back(means[member * rows + row]);
            some_trained_on.push_back(trained_on[member * rows + row]);
            if (member == 0) some_numbers.push_back(numbers[row]);
        }
    }
    const JackknifePlus some = bootstrap(predicting(3, some_means, some_numbers), some_trained_on, 0.1);
    const auto found = intervals(all, fresh);
    const auto expected = intervals(some, fresh);
    for (std::size_t row = 0; row < 10; ++row) {
        BOOST_TEST(found[row].low == expected[row].low);
        BOOST_TEST(found[row].high == expected[row].high);
    }
}

BOOST_AUTO_TEST_CASE(one_member_equal_members_and_a_constant_target) {
    const Floats ones(20, 1);
    const Simulated constant = predicting(1, ones, ones);
    for (const Interval& interval : intervals(bootstrap(constant, Flags(20), 0.1), predicting(1, {3, 4}))) {
        BOOST_TEST(interval.low == interval.high);
        BOOST_TEST((interval.low == 3.0 || interval.low == 4.0));
    }
    // Equal members are one: mean ± the residual of rank 18 of 19.
    Values residuals;
    for (int i = 1; i <= 19; ++i) residuals.push_back(i);
    const auto equal = intervals(JackknifePlus::from_folds(residuals, Numbers(19, 1), Numbers{0, 1, 1}, 0.1),
                                 predicting(3, {9, 5, 5}));
    BOOST_TEST(equal[0].low == 5.0 - 18);
    BOOST_TEST(equal[0].high == 5.0 + 18);
}

BOOST_AUTO_TEST_CASE(too_few_rows_or_members_give_intervals_without_ends) {
    const auto infinite_ends = [](const JackknifePlus& jackknife, const Simulated& rows) {
        for (const Interval& interval : intervals(jackknife, rows)) {
            BOOST_TEST(interval.low == -infinite);
            BOOST_TEST(interval.high == infinite);
        }
    };
    const Simulated two = predicting(2, {1, 2, 3, 4}, {1, 2});
    infinite_ends(JackknifePlus::from_folds(Values{1, 2}, Numbers{0, 1}, Numbers{0, 1}, 0.1), two);
    infinite_ends(JackknifePlus::from_folds({}, {}, Numbers{0, 1}, 0.1), two);
    // All members know all rows; or all but one, where half of the rows would be enough.
    infinite_ends(bootstrap(two, Flags(4, 1), 0.5), two);
    BOOST_TEST(bootstrap(two, Flags(4, 1), 0.5).rows_without_members() == 2U);
    const Simulated three = predicting(1, {1, 2, 3}, {1, 3, 3});
    infinite_ends(bootstrap(three, Flags{1, 0, 1}, 0.5), three);
    BOOST_TEST(intervals(bootstrap(three, Flags{1, 0, 0}, 0.5), three)[0].high == 2.0);  // residuals 0, 1, ∞
}

BOOST_AUTO_TEST_CASE(targets_and_rows_are_apart) {
    // Of two targets each has the intervals that it has alone, in any block of rows.
    const Simulated both = simulated_numbers(4, 60, 2);
    Flags trained_on(4 * 60);
    for (std::size_t i = 0; i < trained_on.size(); ++i) trained_on[i] = i * 7 % 11 < 4 ? 1 : 0;
    for (std::size_t target = 0; target < 2; ++target) {
        Floats means;
        Floats numbers;
        for (const Floats& member : both.members) {
            for (std::size_t row = 0; row < 60; ++row) means.push_back(member[4 * row + 2 * target]);
        }
        for (std::size_t row = 0; row < 60; ++row) numbers.push_back(both.numbers[2 * row + target]);
        const Simulated alone = predicting(4, means, numbers);
        const auto expected = intervals(bootstrap(alone, trained_on, 0.1), alone);
        const JackknifePlus jackknife = bootstrap(both, trained_on, 0.1, target);
        BOOST_TEST(std::isfinite(expected[0].low));
        for (std::size_t first = 0; first < 60; first += 20) {
            const Floats part = both.predictions(first, 20);
            const auto found = jackknife.intervals(both.block(part, first, 20), target);
            for (std::size_t row = 0; row < 20; ++row) {
                BOOST_TEST(found[row].low == expected[first + row].low);
                BOOST_TEST(found[row].high == expected[first + row].high);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_compared_is_refused) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto float_nan = static_cast<float>(nan);
    const auto folds = [](const Values& residuals, const Numbers& fold, double alpha) {
        BOOST_CHECK_THROW(static_cast<void>(JackknifePlus::from_folds(residuals, fold, Numbers{0, 1}, alpha)),
                          core::ContractViolation);
    };
    for (const double bad : {nan, infinite, -1.0}) folds({1, bad}, {0, 1}, 0.1);
    folds({1}, {0, 1}, 0.1);
    folds({1, 1}, {0, 2}, 0.1);  // a fold without members
    folds({1, 1}, {0, 1}, 0);
    const auto refused = [](const Simulated& rows, const Flags& trained_on, std::size_t target) {
        BOOST_CHECK_THROW(static_cast<void>(bootstrap(rows, trained_on, 0.1, target)), core::ContractViolation);
    };
    const Simulated two = predicting(2, {1, 2, 3, 4}, {1, 2});
    refused(two, Flags(3), 0);
    refused(two, Flags(4), 1);
    const Floats all = two.predictions();
    analysis::Block without_truth = two.block(all);
    without_truth.truth.numbers = {};
    BOOST_CHECK_THROW(static_cast<void>(JackknifePlus::from_bootstrap(without_truth, Flags(4), 0, 0.1)),
                      core::ContractViolation);
    refused(predicting(2, {1, 2, 3, 4}, {1, float_nan}), Flags(4), 0);
    refused(predicting(2, {1, 2, 3, float_nan}, {1, 2}), Flags(4), 0);
    refused(simulated_classes(2, 2, 2), Flags(4), 0);
    const JackknifePlus good = bootstrap(predicting(2, {1, 2, 3, float_nan}, {1, 2}), Flags{0, 0, 0, 1}, 0.5);
    BOOST_CHECK_THROW(static_cast<void>(intervals(good, predicting(2, {1, float_nan}))), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(intervals(good, predicting(3, {1, 2, 3}))), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(intervals(good, predicting(2, {1, 2}), 1)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
