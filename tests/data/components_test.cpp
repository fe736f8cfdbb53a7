#include "data/components.hpp"

#include <cmath>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(components_tests)

namespace {

using data::principal_components;
using data::RowMatrix;
using Eigen::Index;
using Eigen::MatrixXd;

/// Rows with a known covariance: feature j has deviation j + 1, then they are turned in the plane of the first two.
RowMatrix turned_rows(Index rows, Index features) {
    core::RandomStream random({.seed = 4});
    RowMatrix matrix(rows, features);
    for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < features; ++j) matrix(i, j) = static_cast<double>(j + 1) * random.normal();
        const double x = matrix(i, 0);
        const double y = matrix(i, 1);
        matrix(i, 0) = 0.6 * x - 0.8 * y;
        matrix(i, 1) = 0.8 * x + 0.6 * y;
    }
    matrix.rowwise() -= matrix.colwise().mean();
    return matrix;
}

MatrixXd components_of(const RowMatrix& matrix, std::size_t count) {
    return principal_components({.rows = static_cast<std::size_t>(matrix.rows()),
                                 .features = static_cast<std::size_t>(matrix.cols()),
                                 .read =
                                     [&](std::size_t first, Eigen::Ref<RowMatrix> block) {
                                         block = matrix.middleRows(static_cast<Index>(first), block.rows());
                                     }},
                                count);
}

void check_components(const RowMatrix& matrix, std::size_t count) {
    const MatrixXd components = components_of(matrix, count);
    const auto size = static_cast<Index>(count);
    const MatrixXd identity = components.transpose() * components;
    BOOST_TEST((identity - MatrixXd::Identity(size, size)).cwiseAbs().maxCoeff() < 1e-10);
    // Scores do not correlate, and their variances descend.
    const MatrixXd scores = matrix * components;
    MatrixXd products = scores.transpose() * scores;
    for (Index i = 0; i + 1 < size; ++i) BOOST_TEST(products(i, i) >= products(i + 1, i + 1));
    const double largest = products(0, 0);
    products.diagonal().setZero();
    BOOST_TEST(products.cwiseAbs().maxCoeff() < 1e-9 * largest);
    for (Index i = 0; i < size; ++i) {
        Index place = 0;
        components.col(i).cwiseAbs().maxCoeff(&place);
        BOOST_TEST(components(place, i) > 0);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(components_are_orthonormal_uncorrelated_and_in_order) {
    check_components(turned_rows(3000, 6), 6);  // more rows than a block
    check_components(turned_rows(50, 20), 7);
    check_components(turned_rows(10, 40), 9);  // fewer rows than features
}

BOOST_AUTO_TEST_CASE(finds_the_axes_that_the_rows_were_made_with) {
    const MatrixXd components = components_of(turned_rows(100'000, 4), 4);
    MatrixXd expected(4, 4);  // deviations 4, 3, 2 and 1; the last two turned
    expected << 0, 0, 0.8, 0.6, 0, 0, -0.6, 0.8, 0, 1, 0, 0, 1, 0, 0, 0;
    BOOST_TEST((components - expected).cwiseAbs().maxCoeff() < 0.02);
}

BOOST_AUTO_TEST_CASE(both_ways_of_solving_agree) {
    RowMatrix wide = turned_rows(12, 12);
    // The same rows, with features that are always 0 behind them.
    RowMatrix wider = RowMatrix::Zero(12, 15);
    wider.leftCols(12) = wide;
    const MatrixXd one = components_of(wide, 5);
    const MatrixXd other = components_of(wider, 5);
    BOOST_TEST((one - other.topRows(12)).cwiseAbs().maxCoeff() < 1e-8);
}

BOOST_AUTO_TEST_CASE(what_does_not_vary_has_no_component) {
    RowMatrix matrix = turned_rows(20, 3);
    matrix.col(2) = 2 * matrix.col(0);
    const MatrixXd components = components_of(matrix, 3);
    BOOST_TEST(components.col(1).norm() > 0.99);
    BOOST_TEST(components.col(2).norm() == 0.0);
    BOOST_TEST(components_of(RowMatrix::Zero(5, 3), 2).norm() == 0.0);
}

BOOST_AUTO_TEST_CASE(the_same_rows_give_the_same_bits) {
    const RowMatrix matrix = turned_rows(2000, 30);
    BOOST_TEST((components_of(matrix, 10) == components_of(matrix, 10)));
    BOOST_CHECK_THROW(static_cast<void>(components_of(matrix, 0)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(components_of(matrix, 31)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
