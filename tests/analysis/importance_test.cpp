#include "analysis/importance.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/gain.hpp"
#include "analysis/simulated.hpp"
#include "analysis/simulated_run.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(importance_tests)

namespace {

/// The rows of `set` at `places`, `copies` times one after the other.
Simulated copies_of(const Simulated& set, const std::vector<std::size_t>& places, std::size_t copies) {
    Simulated made = set;
    const std::size_t width = set.task.predicted_width(set.targets);
    made.labels.clear();
    made.numbers.clear();
    for (std::vector<float>& member : made.members) member.clear();
    made.rows = places.size() * copies;
    for (std::size_t copy = 0; copy < copies; ++copy) {
        for (const std::size_t place : places) {
            const auto append = [&](const auto& from, auto& to, std::size_t each) {
                if (from.empty()) return;
                const auto begin = from.begin() + static_cast<std::ptrdiff_t>(place * each);
                to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(each));
            };
            append(set.labels, made.labels, 1);
            append(set.numbers, made.numbers, set.targets);
            for (std::size_t i = 0; i < made.members.size(); ++i) append(set.members[i], made.members[i], width);
        }
    }
    return made;
}

struct ShuffledRun : SimulatedRun {
    explicit ShuffledRun(std::vector<Simulated> simulated) : SimulatedRun(std::move(simulated)) {
        what[2].use = analysis::SetUse::shuffled;
    }
};

const analysis::ShuffledColumns columns{.names = {"a", "b"}, .repeats = 3, .places = {1, 4, 5, 11, 12, 19, 30, 31}};

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_combination_loses_is_counted_over_all_shufflings) {
    const Simulated test = simulated_classes(4, 40, 3);
    Simulated shuffled = copies_of(test, columns.places, 6);
    // In the second of the three shufflings of column b all members are certain of a wrong class.
    for (std::vector<float>& member : shuffled.members) {
        for (std::size_t i = 4 * 8; i < 5 * 8; ++i) {
            for (std::size_t label = 0; label < 3; ++label) {
                const auto wrong = static_cast<std::size_t>(shuffled.labels[i] + 1) % 3;
                member[i * 3 + label] = label == wrong ? 1.0F : 0.0F;
            }
        }
    }
    const ShuffledRun run({simulated_classes(4, 30, 3), test, shuffled});
    const analysis::Analysis one = analysed(run, run.all());
    const analysis::ImportanceResult found = analysis::importance_of(one, 0, columns);
    BOOST_TEST_REQUIRE(found.columns.size() == 2U);
    BOOST_TEST((found.repeats == 3U && found.rows == 8U && found.columns[1].name == "b"));
    BOOST_TEST(found.columns[0].loss == 0.0);
    std::vector<std::int64_t> hits;
    for (const std::size_t place : columns.places)
        hits.push_back(one.rows(1).combined[0].chosen[place] == test.labels[place] ? 1 : 0);
    std::vector<std::int64_t> after;
    for (const std::int64_t hit : hits) after.push_back(2 * hit);
    const auto right = static_cast<double>(std::accumulate(hits.begin(), hits.end(), std::int64_t{0}));
    BOOST_TEST_REQUIRE((right > 0 && right < 8));
    BOOST_TEST(found.columns[1].loss == right / 8 / 3, boost::test_tools::tolerance(1e-12));
    const analysis::Gain gain = analysis::gain_over_mean(hits, after, 3);
    BOOST_TEST(found.columns[1].ci95.low == gain.ci95.low);
    BOOST_TEST(found.columns[1].ci95.high == gain.ci95.high);
}

BOOST_AUTO_TEST_CASE(of_numbers_the_first_metric_is_taken_over_rows_and_shufflings) {
    const Simulated test = simulated_numbers(3, 40, 2);
    Simulated shuffled = copies_of(test, columns.places, 6);
    // All means of column a are off by a further 2 in the second of its three shufflings.
    for (std::vector<float>& member : shuffled.members) {
        for (std::size_t i = 8 * 4; i < 16 * 4; i += 2) member[i] += 2;
    }
    const ShuffledRun run({simulated_numbers(3, 30, 2), test, shuffled});
    const analysis::Analysis one = analysed(run, run.all());
    const analysis::ImportanceResult found = analysis::importance_of(one, 0, columns);
    BOOST_TEST(run.study.task->metrics().front().name == "rmse");
    double expected = 0;
    for (std::size_t target = 0; target < 2; ++target) {
        double plain = 0;
        double changed = 0;
        for (const std::size_t place : columns.places) {
            const double error = double{one.rows(1).combined[0].predictions[place * 4 + 2 * target]} -
                                 double{test.numbers[place * 2 + target]};
            plain += error * error / 8;
            changed += (2 * error * error + (error + 2) * (error + 2)) / 24;
        }
        expected += (std::sqrt(changed) - std::sqrt(plain)) / 2;
    }
    BOOST_TEST(found.columns[0].loss == expected, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(std::abs(found.columns[1].loss) < 1e-12);
    BOOST_TEST((found.columns[0].ci95.low < expected && expected < found.columns[0].ci95.high));
}

BOOST_AUTO_TEST_CASE(columns_are_those_of_the_rows) {
    const Simulated test = simulated_classes(4, 40, 3);
    const ShuffledRun run({simulated_classes(4, 30, 3), test, copies_of(test, columns.places, 5)});
    BOOST_CHECK_THROW(analysis::importance_of(analysed(run, run.all()), 0, columns), core::ContractViolation);
    const SimulatedRun without({simulated_classes(4, 30, 3), test});
    BOOST_CHECK_THROW(analysis::importance_of(analysed(without, without.all()), 0, columns), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
