#include "analysis/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(bootstrap_tests)

using analysis::ResampledColumns;
using analysis::studentised_interval;
using analysis::studentised_replicates;
using Column = std::vector<double>;
using Columns = std::vector<Column>;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
const auto nearly = boost::test_tools::tolerance(1e-12);

Column centred(Column values) {
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    for (double& value : values) value -= mean;
    return values;
}

Columns drawn(std::size_t columns, std::size_t rows) {
    core::RandomStream stream({.seed = 5});
    Columns all(columns, Column(rows));
    for (Column& column : all) {
        for (double& value : column) value = stream.normal();
        column = centred(column);
    }
    return all;
}

/// The studentised mean of these rows of a column.
double by_definition(const Column& column, const std::vector<std::size_t>& rows) {
    const auto n = static_cast<double>(rows.size());
    double mean = 0;
    for (const std::size_t row : rows) mean += column[row] / n;
    double squares = 0;
    for (const std::size_t row : rows) squares += std::pow(column[row] - mean, 2);
    if (squares < 1e-20) return mean == 0 ? 0 : std::copysign(infinite, mean);
    return mean / std::sqrt(squares / (n - 1) / n);
}

}  // namespace

BOOST_AUTO_TEST_CASE(replicates_are_distributed_as_all_samples_are) {
    // Four rows have 256 equally likely samples.
    const Column column = centred({1, 2, 4, 9});
    std::map<double, double> exact;
    for (std::size_t sample = 0; sample < 256; ++sample)
        exact[by_definition(column, {sample % 4, sample / 4 % 4, sample / 16 % 4, sample / 64})] += 1.0 / 256;
    constexpr std::size_t replicates = 100'000;
    const Column found = studentised_replicates(analysis::resampled_columns(Columns{column}, 3), 0, replicates);
    // By the share of replicates at most as large as each value; five standard errors of that share.
    double below = 0;
    for (const auto& [value, probability] : exact) {
        below += probability;
        const double limit = std::isinf(value) ? value : value + 1e-9;
        const auto count = std::ranges::count_if(found, [&](double t) { return t <= limit; });
        BOOST_TEST(std::abs(static_cast<double>(count) / replicates - below) < 0.008, value);
    }
}

BOOST_AUTO_TEST_CASE(columns_have_the_same_rows_in_a_replicate) {
    Columns columns = drawn(2, 50);
    columns.push_back(columns[0]);
    for (double& value : columns[1]) value *= -7;
    columns[2] = columns[1];
    for (std::size_t row = 0; row < 50; ++row) columns[1][row] = -columns[0][row];
    const Column found = studentised_replicates(analysis::resampled_columns(columns, 1), 0, 100);
    for (std::size_t replicate = 0; replicate < 100; ++replicate) {
        BOOST_TEST(found[3 * replicate + 1] == -found[3 * replicate], nearly);
        BOOST_TEST(found[3 * replicate + 2] != found[3 * replicate]);
    }
}

BOOST_AUTO_TEST_CASE(replicates_are_the_same_wherever_they_are_computed) {
    for (const std::size_t rows : {std::size_t{37}, ResampledColumns::most_groups + 17}) {
        const ResampledColumns columns = analysis::resampled_columns(drawn(11, rows), 9);
        const Column all = studentised_replicates(columns, 0, 23);
        Column parts;
        for (const auto& [first, count] : {std::pair(0, 1), {1, 6}, {7, 0}, {7, 12}, {19, 4}}) {
            const Column part =
                studentised_replicates(columns, static_cast<std::size_t>(first), static_cast<std::size_t>(count));
            parts.insert(parts.end(), part.begin(), part.end());
        }
        BOOST_TEST((parts == all));
    }
}

BOOST_AUTO_TEST_CASE(a_column_does_not_change_another) {
    const Columns all = drawn(9, 40);
    const Column together = studentised_replicates(analysis::resampled_columns(all, 2), 0, 20);
    const Column alone = studentised_replicates(analysis::resampled_columns(Columns{all[8]}, 2), 0, 20);
    for (std::size_t replicate = 0; replicate < 20; ++replicate)
        BOOST_TEST(together[9 * replicate + 8] == alone[replicate]);
}

BOOST_AUTO_TEST_CASE(the_seed_decides_every_bit) {
    const Columns columns = drawn(2, 60);
    const auto by = [&](std::uint64_t seed) {
        return studentised_replicates(analysis::resampled_columns(columns, seed), 0, 10);
    };
    BOOST_TEST((by(1) == by(1)));
    BOOST_TEST((by(1) != by(2)));
}

BOOST_AUTO_TEST_CASE(many_rows_are_put_together_at_random) {
    // Rows in order of their value: groups of neighbours would be far too different from each other.
    constexpr std::size_t rows = 3 * ResampledColumns::most_groups + 1;
    Column column(rows);
    for (std::size_t row = 0; row < rows; ++row) column[row] = static_cast<double>(row) / rows;
    const ResampledColumns grouped = analysis::resampled_columns(Columns{centred(column)}, 4);
    BOOST_TEST(grouped.groups == ResampledColumns::most_groups);
    double sum = 0;
    double squares = 0;
    for (const double value : grouped.sums) {
        sum += value;
        squares += value * value;
    }
    BOOST_TEST(std::abs(sum) < 1e-8);
    // The variance of a sum of three or so uniform numbers, within five standard errors.
    BOOST_TEST(std::abs(squares / (rows / 12.0) - 1) < 0.1);
}

BOOST_AUTO_TEST_CASE(rows_that_do_not_differ_have_no_error) {
    // Of two rows half of the replicates have one row twice.
    const Column found = studentised_replicates(analysis::resampled_columns(Columns{{-0.1, 0.1}}, 1), 0, 400);
    for (const double t : found) BOOST_TEST((t == 0 || std::isinf(t)));
    BOOST_TEST(std::abs(std::ranges::count(found, 0.0) - 200) < 50);
    BOOST_TEST(std::abs(std::ranges::count(found, infinite) - 100) < 45);
    for (const double t : studentised_replicates(analysis::resampled_columns(Columns{{0, 0, 0}}, 1), 0, 50))
        BOOST_TEST(t == 0.0);
}

BOOST_AUTO_TEST_CASE(the_interval_turns_quantiles_around) {
    Column studentised(199);
    std::iota(studentised.begin(), studentised.end(), -50.0);  // −50 … 148
    std::ranges::reverse(studentised);
    // The fifth from either end: −46 and 144.
    const analysis::Interval found = studentised_interval(10, 0.5, studentised);
    BOOST_TEST(found.low == 10 - 0.5 * 144);
    BOOST_TEST(found.high == 10 + 0.5 * 46);
    std::ranges::fill(studentised, infinite);
    BOOST_TEST(studentised_interval(10, 0.5, studentised).low == -infinite);
    BOOST_CHECK_THROW(static_cast<void>(studentised_interval(10, 0.5, Column(38))), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(of_normal_numbers_the_interval_is_students) {
    const Columns columns = drawn(1, 2000);
    double squares = 0;
    for (const double value : columns.front()) squares += value * value;
    const double error = std::sqrt(squares / 1999 / 2000);
    const Column found = studentised_replicates(analysis::resampled_columns(columns, 6), 0, 10'000);
    const analysis::Interval interval = studentised_interval(0, error, found);
    BOOST_TEST(interval.high / error == 1.96, boost::test_tools::tolerance(0.05));
    BOOST_TEST(interval.low / error == -1.96, boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_resampled_is_refused) {
    BOOST_CHECK_THROW(static_cast<void>(analysis::resampled_columns(Columns{{}}, 1)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::resampled_columns(Columns{{1, 2}, {1}}, 1)), core::ContractViolation);
    BOOST_TEST(studentised_replicates(analysis::resampled_columns(Columns{}, 1), 0, 10).empty());
}

BOOST_AUTO_TEST_SUITE_END()
