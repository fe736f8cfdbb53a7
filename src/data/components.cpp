#include "data/components.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

#include "core/contract.hpp"

namespace ensemble::data {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

/// Of the largest one: less is rounding.
constexpr double least_variance = 1e-12;

/// Rows that are multiplied at a time.
constexpr std::size_t block_rows = 1024;

RowMatrix read_all(const CentredRows& matrix) {
    RowMatrix rows(static_cast<Index>(matrix.rows), static_cast<Index>(matrix.features));
    matrix.read(0, rows);
    return rows;
}

/// Sums over the rows of the products of features with features; the lower half.
MatrixXd feature_products(const CentredRows& matrix) {
    const auto features = static_cast<Index>(matrix.features);
    MatrixXd products = MatrixXd::Zero(features, features);
    RowMatrix block;
    for (std::size_t first = 0; first < matrix.rows; first += block_rows) {
        block.resize(static_cast<Index>(std::min(block_rows, matrix.rows - first)), features);
        matrix.read(first, block);
        products.selfadjointView<Eigen::Lower>().rankUpdate(block.transpose());
    }
    return products;
}

void orient(Eigen::Ref<Eigen::VectorXd> component) {
    Index largest = 0;
    component.cwiseAbs().maxCoeff(&largest);
    if (component(largest) < 0) component = -component;
}

}  // namespace

MatrixXd principal_components(const CentredRows& matrix, std::size_t count) {
    core::require(count > 0 && count <= matrix.features, "there are at most as many components as features");
    core::require(matrix.rows > 0, "there are rows to find components of");
    // The products of features with features and those of rows with rows share their eigenvalues, apart from zeros.
    const bool few_rows = matrix.rows < matrix.features;
    RowMatrix rows;
    MatrixXd products;
    if (few_rows) {
        rows = read_all(matrix);
        products = MatrixXd::Zero(rows.rows(), rows.rows());
        products.selfadjointView<Eigen::Lower>().rankUpdate(rows);
    } else {
        products = feature_products(matrix);
    }
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(products);
    core::require(solver.info() == Eigen::Success, "a finite symmetric matrix has eigenvalues");
    const auto& values = solver.eigenvalues();  // they ascend
    MatrixXd components = MatrixXd::Zero(static_cast<Index>(matrix.features), static_cast<Index>(count));
    for (Index i = 0; i < std::min(values.size(), components.cols()); ++i) {
        const Index place = values.size() - 1 - i;
        if (!(values(place) > least_variance * values(values.size() - 1))) break;
        if (few_rows) {
            components.col(i) = (rows.transpose() * solver.eigenvectors().col(place)).normalized();
        } else {
            components.col(i) = solver.eigenvectors().col(place);
        }
        orient(components.col(i));
    }
    return components;
}

}  // namespace ensemble::data
