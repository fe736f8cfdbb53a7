#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/greedy.hpp"
#include "analysis/optimal_pool.hpp"
#include "analysis/simulated.hpp"
#include "analysis/stacking.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(weights_tests)

using Floats = std::vector<float>;
using Weights = std::vector<double>;

namespace {

/// The numbers of the reference program, tests/analysis/weights_reference.py.
class Congruential {
public:
    double next() {
        state_ = (1103515245ULL * state_ + 12345ULL) % (1ULL << 31U);
        return static_cast<double>(state_) / static_cast<double>(1ULL << 31U);
    }

private:
    std::uint64_t state_ = 12345;
};

constexpr std::size_t rows = 30;

/// Member m knows the rows that are m modulo 4 best.
Simulated classes(Congruential& numbers) {
    Simulated all{.task = task::standard_task(task::Kind::classification), .targets = 3, .rows = rows, .members = {}};
    for (std::size_t row = 0; row < rows; ++row) all.labels.push_back(static_cast<std::int32_t>(row % 3));
    for (std::size_t member = 0; member < 4; ++member) {
        Floats& own = all.members.emplace_back();
        for (std::size_t row = 0; row < rows; ++row) {
            std::array<double, 3> z{numbers.next(), numbers.next(), numbers.next()};
            z.at(row % 3) += 0.2 + (row % 4 == member ? 1.5 : 0.0);
            for (const double each : z) own.push_back(static_cast<float>(each / (z[0] + z[1] + z[2])));
        }
    }
    return all;
}

Simulated sines(Congruential& numbers) {
    Simulated all{.task = task::standard_task(task::Kind::regression), .rows = rows, .members = {}};
    for (std::size_t row = 0; row < rows; ++row)
        all.numbers.push_back(static_cast<float>(std::sin(static_cast<double>(row))));
    for (std::size_t member = 0; member < 4; ++member) {
        Floats& own = all.members.emplace_back();
        for (std::size_t row = 0; row < rows; ++row) {
            const double offset = 0.05 * static_cast<double>(member);
            own.push_back(static_cast<float>(all.numbers[row] + (numbers.next() - 0.5) * 0.8 + offset));
            own.push_back(static_cast<float>(0.02 + 0.1 * numbers.next()));
        }
    }
    return all;
}

template <class Fit>
Weights fitted(const Simulated& simulated, const Fit& fit, std::uint64_t seed = 1) {
    const Floats all = simulated.predictions();
    return fit(simulated.block(all), seed);
}

void check(const Weights& found, const Weights& expected, double tolerance) {
    BOOST_TEST_REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) BOOST_TEST(std::abs(found[i] - expected[i]) <= tolerance, found[i]);
}

void check_sum(const Weights& weights) {
    BOOST_TEST(std::accumulate(weights.begin(), weights.end(), 0.0) == 1.0, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(std::ranges::all_of(weights, [](double weight) { return weight >= 0; }));
}

/// −Σ ln of the mixture's probability of each label.
double log_loss(const Simulated& simulated, const Weights& weights) {
    double sum = 0;
    for (std::size_t row = 0; row < simulated.rows; ++row) {
        double p = 0;
        for (std::size_t member = 0; member < weights.size(); ++member)
            p += weights[member] *
                 simulated.members[member][row * simulated.targets + static_cast<std::size_t>(simulated.labels[row])];
        sum -= std::log(p);
    }
    return sum;
}

}  // namespace

BOOST_AUTO_TEST_CASE(weights_are_those_of_scipy) {
    Congruential numbers;
    const Simulated of_classes = classes(numbers);
    const Simulated of_numbers = sines(numbers);
    // SLSQP on the same log-likelihood; scipy.optimize.nnls with the ridge that the same folds choose.
    check(fitted(of_classes, analysis::optimal_pool), {0.14345324, 0.04677824, 0.1030695, 0.70669902}, 1e-5);
    BOOST_TEST(log_loss(of_classes, fitted(of_classes, analysis::optimal_pool)) == 20.71223683793318,
               boost::test_tools::tolerance(1e-6));
    check(fitted(of_classes, analysis::stack),
          {0.23998085067033914, 0.23950935429389897, 0.2467677827962814, 0.27374201223948047}, 1e-6);
    check(fitted(of_numbers, analysis::optimal_pool), {0.57638422, 0, 0.37815258, 0.0454632}, 1e-5);
    check(fitted(of_numbers, analysis::stack),
          {0.3236574645798255, 0.20196915499715642, 0.24514101690910722, 0.22923236351391077}, 1e-6);
}

BOOST_AUTO_TEST_CASE(least_squares_without_negative_weights_are_those_of_scipy) {
    const Weights a{4, 1, 0.5, 1, 3, -1, 0.5, -1, 2};
    check(analysis::non_negative_least_squares(a, Weights{1, -2, 3}), {0.06451612903225813, 0, 1.4838709677419355},
          1e-12);
    check(analysis::non_negative_least_squares(a, Weights{-1, -2, -3}), {0, 0, 0}, 0);
    check(analysis::non_negative_least_squares(Weights{2}, Weights{3}), {1.5}, 1e-15);
}

BOOST_AUTO_TEST_CASE(every_solution_of_least_squares_satisfies_the_conditions_of_kuhn_and_tucker) {
    core::RandomStream random({.seed = 9});
    for (int trial = 0; trial < 200; ++trial) {
        constexpr std::size_t n = 12;
        // Nearly collinear columns, as members' predictions are.
        std::vector<Weights> columns(n, Weights(20));
        Weights common(20);
        for (double& each : common) each = random.normal();
        for (Weights& column : columns) {
            for (std::size_t i = 0; i < column.size(); ++i) column[i] = common[i] + 0.05 * random.normal();
        }
        Weights a(n * n);
        Weights b(n);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t row = 0; row < common.size(); ++row) {
                b[i] += columns[i][row] * (common[row] + (row % 3 == 0 ? 0.3 : 0.0));
                for (std::size_t j = 0; j < n; ++j) a[i * n + j] += columns[i][row] * columns[j][row];
            }
        }
        const Weights w = analysis::non_negative_least_squares(a, b);
        for (std::size_t i = 0; i < n; ++i) {
            double slope = b[i];
            for (std::size_t j = 0; j < n; ++j) slope -= a[i * n + j] * w[j];
            BOOST_TEST_REQUIRE(w[i] >= 0);
            if (w[i] > 0)
                BOOST_TEST_REQUIRE(std::abs(slope) < 1e-7);
            else
                BOOST_TEST_REQUIRE(slope < 1e-7);
        }
    }
}

BOOST_AUTO_TEST_CASE(selection_is_never_worse_on_its_rows_than_the_best_member_or_their_mean) {
    Congruential numbers;
    const Simulated simulated = classes(numbers);
    const Weights weights = fitted(simulated, analysis::select_greedily);
    check_sum(weights);
    const double chosen = log_loss(simulated, weights);
    for (std::size_t member = 0; member < 4; ++member) {
        Weights alone(4);
        alone[member] = 1;
        BOOST_TEST(chosen <= log_loss(simulated, alone));
    }
    BOOST_TEST(chosen <= log_loss(simulated, {0.25, 0.25, 0.25, 0.25}) + 1e-12);
    BOOST_TEST(chosen >= 20.71223683793318);  // which is the least there is
    // Weights are counts of at most eight choices.
    BOOST_TEST(std::ranges::any_of(std::array{1, 2, 3, 4, 5, 6, 7, 8}, [&](int size) {
        return std::ranges::all_of(weights,
                                   [&](double w) { return std::abs(w * size - std::round(w * size)) < 1e-12; });
    }));
}

BOOST_AUTO_TEST_CASE(selection_leaves_out_who_knows_nothing) {
    Simulated simulated = simulated_classes(9, 60, 4);
    for (std::size_t row = 0; row < 60; ++row) {
        for (std::size_t member = 0; member < 9; ++member) {
            for (std::size_t c = 0; c < 4; ++c) {
                const bool is_label = static_cast<std::size_t>(simulated.labels[row]) == c;
                // The last three are sure of the wrong class.
                simulated.members[member][row * 4 + c] = (member < 6) == is_label ? 0.7F : 0.1F;
            }
        }
    }
    const Weights weights = fitted(simulated, analysis::select_greedily);
    check_sum(weights);
    for (std::size_t member = 6; member < 9; ++member) BOOST_TEST(weights[member] < 0.05);
    BOOST_TEST((fitted(simulated, analysis::select_greedily) == weights));
    BOOST_TEST((fitted(simulated, analysis::select_greedily, 2) != weights));  // other halves of the members
}

BOOST_AUTO_TEST_CASE(degenerate_cases_have_weights) {
    const auto fits = {analysis::optimal_pool, analysis::select_greedily, analysis::stack};
    for (const auto fit : fits) {
        // One member; members that say the same; two rows; a class that nobody thinks possible; one class; a constant.
        check(fitted(simulated_classes(1, 10, 3), fit), {1}, 0);
        Simulated same = simulated_classes(5, 30, 3);
        for (Floats& member : same.members) member = same.members.front();
        check_sum(fitted(same, fit));
        check_sum(fitted(simulated_classes(6, 2, 3), fit));
        check_sum(fitted(simulated_numbers(6, 2, 2), fit));
        check_sum(fitted(simulated_numbers(6, 1, 1), fit));
        Simulated impossible = simulated_classes(3, 10, 2);
        for (Floats& member : impossible.members) {
            for (std::size_t row = 0; row < 10; ++row) {
                member[2 * row + static_cast<std::size_t>(impossible.labels[row])] = 0;
                member[2 * row + 1 - static_cast<std::size_t>(impossible.labels[row])] = 1;
            }
        }
        check_sum(fitted(impossible, fit));
        check_sum(fitted(simulated_classes(3, 10, 1), fit));
        Simulated constant = simulated_numbers(4, 20, 1);
        std::ranges::fill(constant.numbers, 3.0F);
        check_sum(fitted(constant, fit));
        for (Floats& member : constant.members) {
            for (std::size_t i = 0; i < member.size(); i += 2) member[i] = 3, member[i + 1] = 0;
        }
        check_sum(fitted(constant, fit));
        BOOST_CHECK_THROW(static_cast<void>(fitted(simulated_classes(2, 0, 3), fit)), core::ContractViolation);
    }
}

BOOST_AUTO_TEST_SUITE_END()
