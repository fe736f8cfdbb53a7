#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/interval.hpp"
#include "task/kind.hpp"

namespace ensemble::predict {

/// What is said of a row of classes, or of one of the numbers that are predicted of a row.
struct Said {
    std::span<const float> combined;  ///< the classes' probabilities; or mean and variance of the number
    std::size_t chosen = 0;           ///< the class that is decided on
    std::int32_t votes = 0;           ///< members for which that class is the most probable
    float uncertainty = 0;            ///< by OutputField::measure
    analysis::Interval interval = {};
};

/// A column of numbers in what is written of rows, of several targets one for each.
struct OutputField {
    std::string_view name;
    task::Kind kind;                ///< what it is said of
    std::string_view measure = {};  ///< name of the analysis::UncertaintyMeasure that it tells; empty: none
    bool is_class = false;          ///< a class's number from 0, in whose place text has the class's name
    bool is_bound = false;          ///< is there only where intervals are asked for
    float (*of)(const Said& said);
};

/// Those for one kind of task, in the order of the columns. A new one is an entry of the table there, which header,
/// files and --help go by; ensemble::Predictions has it once src/api/loaded_model.cpp says in which of its lists.
[[nodiscard]] std::vector<const OutputField*> output_fields_of(task::Kind kind);

/// The square root of a variance; 0 where rounding has made it negative.
[[nodiscard]] float deviation_of(double variance);

}  // namespace ensemble::predict
