#include "analysis/prediction_sets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/classified.hpp"
#include "analysis/conformal.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(prediction_sets_tests)

using analysis::FittedSets;
using analysis::prediction_sets;
using analysis::PredictionSets;
using analysis::set_threshold;
using analysis::SetPenalty;
using analysis::SetRows;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;
using Numbers = std::vector<std::uint32_t>;
using Values = std::vector<double>;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

Numbers numbers(std::size_t count, std::uint32_t first = 0) {
    Numbers all(count);
    std::iota(all.begin(), all.end(), first);
    return all;
}

double u_of(std::uint32_t number, bool is_calibration, std::uint64_t seed = 1) {
    core::RandomStream stream(
        {.seed = seed, .purpose = core::Purpose::sets, .epoch = is_calibration ? 0U : 1U, .step = number});
    return stream.uniform();
}

/// The score of a class by its definition: what lies before it, a part of its own, and the penalty of its place.
double score(std::span<const float> p, std::size_t label, double u, const SetPenalty& penalty) {
    double before = 0;
    std::size_t place = 1;
    for (std::size_t c = 0; c < p.size(); ++c) {
        if (p[c] > p[label] || (p[c] == p[label] && c < label)) {
            before += p[c];
            ++place;
        }
    }
    const double behind = place > penalty.free ? static_cast<double>(place - penalty.free) : 0.0;
    return before + u * p[label] + penalty.weight * behind;
}

/// Rows with labels, and probabilities that are surer than they should be.
struct Simulation {
    Floats probabilities;
    Labels labels;
    std::size_t classes;

    Simulation(std::size_t rows, std::size_t count, core::RandomStream& stream) : classes(count) {
        for (std::size_t row = 0; row < rows; ++row) {
            Values truth(classes);
            Values said(classes);
            double sum = 0;
            double sum_said = 0;
            for (std::size_t c = 0; c < classes; ++c) {
                const double logit = 1.5 * stream.normal();
                sum += truth[c] = std::exp(logit);
                sum_said += said[c] = std::exp(1.7 * logit + 0.3 * stream.normal());
            }
            double u = stream.uniform() * sum;
            std::int32_t label = 0;
            while (static_cast<std::size_t>(label) + 1 < classes && (u -= truth[static_cast<std::size_t>(label)]) > 0)
                ++label;
            labels.push_back(label);
            for (const double each : said) probabilities.push_back(static_cast<float>(each / sum_said));
        }
    }
    [[nodiscard]] task::Answers answers(std::size_t first, std::size_t count) const {
        return {.predictions = std::span(probabilities).subspan(first * classes, count * classes),
                .rows = count,
                .stride = classes,
                .width = classes,
                .truth = {.labels = std::span(labels).subspan(first, count)}};
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(thresholds_and_sets_are_those_of_the_definition) {
    const Classified rows = classified(14, 120, 6);
    const task::Answers answers = rows.answers();
    const Numbers numbers_of = numbers(120, 7);
    const SetRows calibration{.answers = answers, .numbers = numbers_of, .seed = 5, .is_calibration = true};
    const SetRows fresh{.answers = answers, .numbers = numbers_of, .seed = 5};
    for (const double alpha : {0.1, 0.3, 0.5, 0.7}) {
        for (const SetPenalty& penalty : {SetPenalty{}, SetPenalty{.weight = 0.05, .free = 2},
                                          SetPenalty{.weight = 0.3, .free = 0}, SetPenalty{.weight = 0.3, .free = 1}}) {
            Values scores;
            for (std::size_t row = 0; row < 120; ++row)
                scores.push_back(score(answers.of(row), answers.label(row), u_of(numbers_of[row], true, 5), penalty));
            const double threshold = set_threshold(calibration, penalty, alpha);
            BOOST_TEST(threshold == analysis::conformal_threshold(scores, alpha), boost::test_tools::tolerance(1e-12));
            const PredictionSets sets = prediction_sets(fresh, penalty, threshold);
            // With their own u the calibration rows up to the threshold are covered, and this includes its row.
            const PredictionSets own_sets = prediction_sets(calibration, penalty, threshold);
            BOOST_TEST_REQUIRE(sets.rows() == 120U);
            for (std::size_t row = 0; row < 120; ++row) {
                for (std::size_t c = 0; c < 6; ++c) {
                    const bool is_first = static_cast<std::int32_t>(c) == rows.chosen[row];
                    const double own = score(answers.of(row), c, u_of(numbers_of[row], false, 5), penalty);
                    BOOST_TEST(sets.has(row, c) == (is_first || own <= threshold));
                }
                if (scores[row] < threshold + 1e-9) BOOST_TEST(own_sets.has(row, answers.label(row)));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(sets_know_their_sizes_and_what_they_cover) {
    const PredictionSets sets{.classes = 3, .contains = {1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1}};
    BOOST_TEST(sets.rows() == 4U);
    BOOST_TEST(sets.size(1) == 3U);
    BOOST_TEST(sets.mean_size() == 1.75);
    BOOST_TEST((sets.sizes() == std::vector<std::size_t>{0, 2, 1, 1}));
    BOOST_TEST((sets.covered(Labels{0, 1, 0, 1}) == std::vector<std::uint8_t>{1, 1, 0, 0}));
}

// With 49 calibration rows 45 / 50 of new rows are covered on average, and a little more where the first class is added
// to an empty set. Of one simulation the share has a standard deviation of √(0.09 / 51 + 0.09 / 20), of the mean of
// 1,000 therefore 0.0025.
BOOST_AUTO_TEST_CASE(simulated_sets_cover_nine_of_ten) {
    core::RandomStream stream({.seed = 24});
    constexpr std::size_t n = 49;
    constexpr std::size_t test = 20;
    constexpr int simulations = 1000;
    const Numbers first = numbers(n);
    const Numbers second = numbers(test);  // numbers that calibration rows have too
    Values share(analysis::set_methods().size());
    double size = 0;
    for (int simulation = 0; simulation < simulations; ++simulation) {
        const Simulation rows(n + test, 6, stream);
        const auto seed = static_cast<std::uint64_t>(simulation);
        const task::Answers calibration = rows.answers(0, n);
        const task::Answers fresh = rows.answers(n, test);
        for (std::size_t i = 0; i < share.size(); ++i) {
            const FittedSets fitted = analysis::fit_sets(
                analysis::set_methods()[i],
                {.answers = calibration, .numbers = first, .seed = seed, .is_calibration = true}, 0.1);
            const PredictionSets sets =
                prediction_sets({.answers = fresh, .numbers = second, .seed = seed}, fitted.penalty, fitted.threshold);
            share[i] += analysis::coverage_of(sets.covered(fresh.truth.labels)).share() / simulations;
            if (i == 0) size += sets.mean_size() / simulations;
        }
    }
    BOOST_TEST_MESSAGE("APS covers " << share[0] << " with " << size << " classes, RAPS " << share[1]);
    BOOST_TEST(share[0] > 0.9 - 4 * 0.0025);
    BOOST_TEST(share[0] < 0.91 + 4 * 0.0025);
    BOOST_TEST(share[1] > 0.9 - 4 * 0.0025);  // of 39 rows for the threshold 36 / 40, too
    BOOST_TEST(share[1] < 0.93);
    BOOST_TEST(size > 2);
    BOOST_TEST(size < 4);
}

BOOST_AUTO_TEST_CASE(a_penalty_shortens_the_tails_of_unsure_predictions) {
    // Of 100 classes a few are likely, and all others share a long tail.
    core::RandomStream stream({.seed = 25});
    constexpr std::size_t classes = 100;
    Floats p;
    Labels labels;
    for (std::size_t row = 0; row < 1000; ++row) {
        const auto shift = stream.below(classes);
        const double tail = stream.uniform(0.05, 0.4);
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            const std::size_t place = (c + shift) % classes;
            p.push_back(static_cast<float>(place < 4 ? (1 - tail) / 4 : tail / 96));
            sum += p.back();
        }
        labels.push_back(static_cast<std::int32_t>((stream.uniform() < 0.93 ? stream.below(4) : 4 + stream.below(96)) +
                                                   classes - shift) %
                         100);
    }
    const Classified rows(classes, p, labels);
    const task::Answers answers = rows.answers();
    const Numbers numbers_of = numbers(1000);
    const SetRows calibration{.answers = answers, .numbers = numbers_of, .is_calibration = true};
    Values sizes;
    for (const analysis::SetMethod& method : analysis::set_methods()) {
        const FittedSets fitted = analysis::fit_sets(method, calibration, 0.1);
        BOOST_TEST(fitted.calibration_rows == (method.is_penalised ? 800U : 1000U));
        BOOST_TEST((fitted.penalty.weight > 0) == method.is_penalised);
        const PredictionSets sets =
            prediction_sets({.answers = answers, .numbers = numbers_of}, fitted.penalty, fitted.threshold);
        BOOST_TEST(analysis::coverage_of(sets.covered(labels)).share() > 0.88);
        sizes.push_back(sets.mean_size());
    }
    BOOST_TEST_MESSAGE("APS " << sizes[0] << " classes, RAPS " << sizes[1]);
    BOOST_TEST(sizes[1] < 0.5 * sizes[0]);
}

BOOST_AUTO_TEST_CASE(a_penalty_is_chosen_by_places_and_sizes) {
    // The label is first in eight rows, second in one, third in one: 9 of 10 and the correction make it third.
    Floats p;
    Labels labels;
    for (int row = 0; row < 10; ++row) {
        p.insert(p.end(), {0.5F, 0.25F, 0.125F, 0.125F});
        labels.push_back(row < 8 ? 0 : (row < 9 ? 1 : 2));
    }
    const Classified rows(4, p, labels);
    const task::Answers answers = rows.answers();
    const Numbers numbers_of = numbers(10);
    const SetRows tuning{.answers = answers, .numbers = numbers_of, .is_calibration = true};
    BOOST_TEST(analysis::choose_penalty(tuning, 0.1).free == 3U);
    BOOST_TEST(analysis::choose_penalty(tuning, 0.2).free == 2U);
    BOOST_TEST(analysis::choose_penalty(tuning, 0.4).free == 1U);
    BOOST_TEST(analysis::choose_penalty(tuning, 0.01).free == 4U);       // too few rows: no penalty counts
    BOOST_TEST(analysis::choose_penalty(tuning, 0.01).weight == 0.001);  // the first of equals
}

BOOST_AUTO_TEST_CASE(rows_that_choose_a_penalty_find_no_threshold) {
    const Classified rows = classified(18, 101, 6);
    const task::Answers answers = rows.answers();
    const Numbers all = numbers(101, 50);
    const auto part = [&](bool is_fifth, auto use) {
        Floats p;
        Labels labels;
        Numbers own;
        for (std::size_t row = 0; row < 101; ++row) {
            if ((row % 5 == 0) != is_fifth) continue;
            p.insert(p.end(), answers.of(row).begin(), answers.of(row).end());
            labels.push_back(rows.labels[row]);
            own.push_back(all[row]);
        }
        const Classified chosen(6, p, labels);
        const task::Answers of_part = chosen.answers();
        return use(SetRows{.answers = of_part, .numbers = own, .is_calibration = true});
    };
    const SetRows calibration{.answers = answers, .numbers = all, .is_calibration = true};
    for (const double alpha : {0.1, 0.2, 0.4}) {
        const FittedSets fitted = analysis::fit_sets(analysis::set_methods()[1], calibration, alpha);
        const SetPenalty penalty =
            part(true, [alpha](const SetRows& few) { return analysis::choose_penalty(few, alpha); });
        BOOST_TEST(fitted.penalty.weight == penalty.weight);
        BOOST_TEST(fitted.penalty.free == penalty.free);
        BOOST_TEST(fitted.threshold ==
                   part(false, [&](const SetRows& others) { return set_threshold(others, penalty, alpha); }));
        BOOST_TEST(fitted.calibration_rows == 80U);
        BOOST_TEST(analysis::fit_sets(analysis::set_methods()[0], calibration, alpha).threshold ==
                   set_threshold(calibration, {}, alpha));
    }
}

BOOST_AUTO_TEST_CASE(a_row_has_the_same_set_in_any_company) {
    const Classified rows = classified(15, 90, 5);
    const task::Answers answers = rows.answers();
    const Numbers numbers_of = numbers(90, 1000);
    const PredictionSets all = prediction_sets({.answers = answers, .numbers = numbers_of}, {}, 0.8);
    for (std::size_t row = 0; row < 90; ++row) {
        const Classified one(5, Floats(answers.of(row).begin(), answers.of(row).end()), {rows.labels[row]});
        const task::Answers alone = one.answers();
        const PredictionSets set =
            prediction_sets({.answers = alone, .numbers = std::span(numbers_of).subspan(row, 1)}, {}, 0.8);
        for (std::size_t c = 0; c < 5; ++c) BOOST_TEST(set.has(0, c) == all.has(row, c));
    }
    const PredictionSets other = prediction_sets({.answers = answers, .numbers = numbers_of, .seed = 2}, {}, 0.8);
    BOOST_TEST((other.contains != all.contains));
    const PredictionSets of_calibration =
        prediction_sets({.answers = answers, .numbers = numbers_of, .is_calibration = true}, {}, 0.8);
    BOOST_TEST((of_calibration.contains != all.contains));
}

BOOST_AUTO_TEST_CASE(thresholds_at_the_ends_give_one_class_or_all) {
    const Classified rows = classified(16, 20, 5);
    const task::Answers answers = rows.answers();
    const Numbers numbers_of = numbers(20);
    const SetRows all{.answers = answers, .numbers = numbers_of};
    const PredictionSets least = prediction_sets(all, {}, -infinite);
    BOOST_TEST(least.mean_size() == 1.0);
    for (std::size_t row = 0; row < 20; ++row) BOOST_TEST(least.has(row, static_cast<std::size_t>(rows.chosen[row])));
    BOOST_TEST(prediction_sets(all, {.weight = 0.5, .free = 1}, infinite).mean_size() == 5.0);
}

BOOST_AUTO_TEST_CASE(two_rows_no_rows_and_one_class) {
    const Classified two(3, {0.5F, 0.25F, 0.25F, 0, 0, 1}, {0, 2});
    const task::Answers answers = two.answers();
    const Numbers numbers_of = numbers(2);
    for (const analysis::SetMethod& method : analysis::set_methods()) {
        const FittedSets fitted = analysis::fit_sets(method, {.answers = answers, .numbers = numbers_of}, 0.1);
        BOOST_TEST(fitted.threshold == infinite);
        BOOST_TEST(fitted.calibration_rows == (method.is_penalised ? 1U : 2U));
        const PredictionSets sets =
            prediction_sets({.answers = answers, .numbers = numbers_of}, fitted.penalty, fitted.threshold);
        BOOST_TEST(sets.mean_size() == 3.0);
        BOOST_TEST(!method.text.empty());
    }
    const Classified none(3, {}, {});
    const task::Answers nothing = none.answers();
    BOOST_TEST(set_threshold({.answers = nothing, .numbers = {}}, {}, 0.1) == infinite);
    BOOST_TEST(prediction_sets({.answers = nothing, .numbers = {}}, {}, 1).rows() == 0U);
    const Classified single(1, Floats(20, 1), Labels(20));
    const task::Answers certain = single.answers();
    const Numbers twenty = numbers(20);
    const double threshold = set_threshold({.answers = certain, .numbers = twenty}, {}, 0.1);
    BOOST_TEST(threshold < 1);
    BOOST_TEST(prediction_sets({.answers = certain, .numbers = twenty}, {}, threshold).mean_size() == 1.0);
}

BOOST_AUTO_TEST_CASE(what_is_no_probability_or_label_is_refused) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Numbers one{0};
    const auto refused = [&](const Classified& rows, const Numbers& numbers_of) {
        const task::Answers answers = rows.answers();
        BOOST_CHECK_THROW(static_cast<void>(set_threshold({.answers = answers, .numbers = numbers_of}, {}, 0.1)),
                          core::ContractViolation);
    };
    refused({2, {0.5F, nan}, {0}}, one);
    refused({2, {0.5F, 1.5F}, {0}}, one);
    refused({2, {0.5F, 0.5F}, {2}}, one);
    refused({2, {0.5F, 0.5F}, {-1}}, one);
    refused({2, {0.5F, 0.5F}, {0}}, {});
    const Classified good(2, {0.5F, 0.5F}, {0});
    const task::Answers answers = good.answers();
    const SetRows rows{.answers = answers, .numbers = one};
    BOOST_CHECK_THROW(static_cast<void>(prediction_sets(rows, {}, double{nan})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(prediction_sets(rows, {.weight = -1}, 1)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(set_threshold(rows, {}, 0)), core::ContractViolation);
    const PredictionSets sets = prediction_sets(rows, {}, 1);
    BOOST_CHECK_THROW(static_cast<void>(sets.covered(Labels{2})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(sets.covered(Labels{})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(PredictionSets{}.mean_size()), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
