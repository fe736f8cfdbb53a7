#pragma once

#include <cstddef>
#include <functional>

#include <Eigen/Core>

namespace ensemble::data {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Some rows of a larger matrix whose columns have mean 0.
struct CentredRows {
    std::size_t rows = 0;
    std::size_t features = 0;
    /// Fills `block` [any number × features] with the rows from `first` on.
    std::function<void(std::size_t first, Eigen::Ref<RowMatrix> block)> read;
};

/// The leading principal components: orthonormal columns [features × count] in descending order of variance; the
/// largest entry of each, the first of equals, is positive. A component without variance is 0. Deterministic.
/// Solves for the smaller of rows and features, whose cube is the cost. REQUIRES: 0 < count ≤ features; rows > 0.
[[nodiscard]] Eigen::MatrixXd principal_components(const CentredRows& matrix, std::size_t count);

}  // namespace ensemble::data
