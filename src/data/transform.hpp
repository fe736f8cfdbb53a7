#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "data/components.hpp"
#include "data/moments.hpp"
#include "data/preprocessing.hpp"

namespace ensemble::data {

/// What is done to the features of one row: x' = (x · unit − mean) · factor of those that stay, and then components of
/// x' where they are wanted.
struct LinearMap {
    std::vector<std::uint32_t> chosen = {};  ///< features that stay
    std::vector<double> unit = {};           ///< of each that stays; empty where all are 1
    std::vector<double> mean = {};           ///< of each that stays, in its unit
    std::vector<double> factor = {};         ///< of each that stays
    Eigen::RowVectorXd centre = {};          ///< of the components, in standardised features
    Eigen::MatrixXd components = {};         ///< empty, or [features × components]

    /// The standardised features of rows of `width` [rows × features that stay].
    [[nodiscard]] RowMatrix standardised(std::span<const double> values, std::size_t width) const;

    /// All that is done to rows of `width`.
    [[nodiscard]] RowMatrix apply(std::span<const double> values, std::size_t width) const;
};

/// What is done to the features of one row, learnt from the training rows.
class Transform {
public:
    /// Of `rows` of source.train. Throws core::Error (data) where standardised features would hold nothing: see
    /// refuse_collapse().
    Transform(const Source& source, Rows rows, const Preprocessing& preprocessing);

    /// Every row of `table`, as floats; NaN stay behind the ends of sequences. A value that lies a million deviations
    /// from the mean makes a note, and so do training rows that differ and cannot be told apart in single precision.
    /// Throws core::Error (data) for one that is too large for single precision.
    [[nodiscard]] Table apply(const Table& table, std::vector<std::string>& notes) const;

    /// Of the first feature: of all, where they share them.
    [[nodiscard]] double mean() const noexcept { return map_.mean.front(); }
    [[nodiscard]] double factor() const noexcept { return map_.factor.front(); }

    [[nodiscard]] const LinearMap& map() const noexcept { return map_; }

    /// Of each feature that stays, in the units of what is read: x = x' · deviation + mean. REQUIRES: no components.
    [[nodiscard]] task::Scale scale() const;

    /// What the user should know of features that were taken for constant; empty where there is nothing.
    [[nodiscard]] const std::string& note() const noexcept { return note_; }

private:
    void choose_most_varying(Rows rows, std::size_t keep);
    void standardise(Rows rows, Standardize standardize);
    void find_components(Rows rows, std::size_t keep);
    void refuse_collapse(Rows rows, const std::vector<std::size_t>& group);
    [[noreturn]] void refuse_collapsed_group(Rows rows, const std::vector<std::size_t>& group, std::size_t g) const;
    [[noreturn]] void refuse_large(const std::string& where, std::size_t column, double value) const;

    /// The standardised features of rows [rows × all features].
    [[nodiscard]] RowMatrix standardised(std::span<const double> values) const;
    [[nodiscard]] std::size_t furthest_column(std::span<const double> row) const;
    [[nodiscard]] std::string feature_name(std::size_t column) const;

    const Source* source_;
    bool standardises_;
    core::Shape shape_;  ///< of the result
    LinearMap map_;
    std::string note_;
    std::string lost_;  ///< what there is to say where some numbers cannot be told apart; or empty
};

}  // namespace ensemble::data
