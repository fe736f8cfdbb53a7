#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/pipeline.hpp"
#include "exchange/onnx_builder.hpp"

namespace ensemble::exchange {

/// Writes what is done to a row before a network sees it into a graph, in double precision where the pipeline computes
/// in it. Returns the value [rows, pipeline.shape() …] that networks read. Inputs of a table: "numbers", double
/// [rows, columns of numbers], NaN where one is missing, and "categories", int64 [rows, columns of categories]: places
/// among a column's levels, unknown_category or missing_category. Of other data: "features", float
/// [rows, pipeline.input_shape() …], as they are read; of sequences in a table double, as its columns are.
std::string add_pipeline(OnnxBuilder& builder, const data::Pipeline& pipeline);

/// What rows that are no table's are given as; of sequences of different lengths beside how many steps of each count.
inline constexpr const char* features_input = "features";
inline constexpr const char* lengths_input = "lengths";

/// Whether the steps of sequences are rows of a text table, whose columns are read in double precision.
[[nodiscard]] bool reads_steps_of_table(const data::Pipeline& pipeline);

/// What stands for a level that is none of a column's, and for none at all.
inline constexpr std::int64_t unknown_category = -1;
inline constexpr std::int64_t missing_category = -2;

/// What is to be known of the columns of a table to give them to a graph: of each, as JSON, its name, the input it is
/// part of, its place there, and of categories the levels. Empty for other data.
[[nodiscard]] std::string columns_text(const data::Pipeline& pipeline);

}  // namespace ensemble::exchange
