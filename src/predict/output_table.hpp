#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/row_stream.hpp"
#include "predict/output_fields.hpp"
#include "predict/row_predictor.hpp"
#include "predict/trust_bounds.hpp"

namespace ensemble::predict {

/// What is written of each row.
struct OutputRequest {
    std::vector<std::string> kept;          ///< names of columns of the input
    std::vector<std::string> class_names;   ///< of classes, in their order
    std::vector<std::string> target_names;  ///< of numbers
    bool members = false;                   ///< also what each member predicts
    bool bounds = false;                    ///< also intervals, or sets of classes
};

/// The columns of the output, and how rows become lines of CSV or of numbers.
///
/// Kept columns, then those of output_fields_of(). Of classes then p_CLASS for each class, and with bounds
/// prediction_set, whose classes have | between; a | or \ of a class's name has \ before it there. Classes are called
/// as the table of training had them. Of several targets the fields of each, with TARGET_ before. Of each member
/// m0_p_CLASS …, or m0_mean, m0_std.
class OutputTable {
public:
    /// `ensemble` must outlive it. `bounds` is null unless they are asked for.
    OutputTable(const Ensemble& ensemble, OutputRequest request, const TrustBounds* bounds);

    /// The first line of a CSV file, with its end.
    [[nodiscard]] std::string header() const;

    /// Adds the rows as lines of CSV. Numbers are written in the fewest digits from which single precision reads them
    /// back. `kept` gives the fields of a row that are handed on.
    void append_lines(const Predictions& predictions, const data::RowBlock& block, std::string& text) const;

    /// Adds the rows as numbers in single precision, [rows × columns()]; a class by its number from 0, no sets, nothing
    /// that is kept.
    void append_numbers(const Predictions& predictions, std::vector<float>& numbers) const;

    /// Of numbers.
    [[nodiscard]] std::size_t columns() const noexcept { return names_.size(); }

    /// The first columns of numbers are these, of several targets again for each.
    [[nodiscard]] std::span<const OutputField* const> fields() const noexcept { return fields_; }

private:
    /// Names of what is said of a row beside its fields, by all members or by each.
    [[nodiscard]] std::vector<std::string> names_of_classes();
    [[nodiscard]] std::vector<std::string> names_of_targets();
    void add_names_of_members(const std::vector<std::string>& of_member);

    /// Adds the numbers of a row in the order of their columns. `intervals` [rows × targets] may be empty.
    void numbers_of(const Predictions& predictions, std::size_t row, std::span<const analysis::Interval> intervals,
                    std::vector<float>& numbers) const;
    void append_fields(const Predictions& predictions, std::size_t row, std::size_t question,
                       const analysis::Interval& interval, std::vector<float>& numbers) const;
    void append_member(const Predictions& predictions, std::size_t member, std::size_t row,
                       std::vector<float>& numbers) const;
    void append_set(const analysis::PredictionSets& sets, std::size_t row, std::string& text) const;

    const Ensemble& ensemble_;
    OutputRequest request_;
    const TrustBounds* bounds_;
    bool are_classes_;
    std::size_t measures_;  ///< of uncertainty, of each question
    std::vector<const OutputField*> fields_;
    std::vector<std::size_t> measure_of_;    ///< the place of each field's measure among these
    std::vector<std::string> names_;         ///< of columns of numbers
    std::vector<std::string> class_fields_;  ///< classes as fields of CSV
    std::size_t before_set_ = 0;             ///< columns of numbers that come before the set of classes
};

}  // namespace ensemble::predict
