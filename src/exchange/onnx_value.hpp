#pragma once

#include <optional>
#include <span>
#include <string>

#include "compute/convolution.hpp"
#include "core/shape.hpp"
#include "exchange/onnx_builder.hpp"

namespace ensemble::exchange {

/// What flows between layers in a graph. ONNX has images as [rows, channels, height, width], networks here as
/// [rows, height, width (, channels)], and vectors and sequences alike in both.
struct OnnxValue {
    std::string name;
    core::Shape shape;            ///< of a row as model::LayerNode has it, whatever the order in the graph
    bool channels_first = false;  ///< images in the order of ONNX

    /// Of rows that are sequences of different lengths, the value int64 [rows] of how many of their steps, which are
    /// the first axis of the shape, count; empty where all do. What lies behind them may be anything.
    std::string ends = {};
};

// Where sequences of different lengths end in a graph, as model::RowEnds has it in a program. Values that are alike are
// made once.

/// The ends behind a window that slides along the steps: as many as it has positions on each row. Without a window, or
/// without ends, the same.
[[nodiscard]] std::string ends_behind(OnnxBuilder& builder, const std::string& ends,
                                      const std::optional<compute::ImageWindow>& window);

/// The ends of values side by side, or of their sum: of each row those of the longest. REQUIRES: those that may end
/// before others have zeros behind their ends.
[[nodiscard]] std::string ends_of_all(OnnxBuilder& builder, std::span<const OnnxValue> values);

/// The value with a number in place of what lies behind the ends of its rows, whatever that was; without ends as it is.
[[nodiscard]] OnnxValue filled(OnnxBuilder& builder, const OnnxValue& value, float behind_ends);

/// 1 at steps that count and 0 behind them, as images of one channel and one pixel across: float [rows, 1, steps, 1].
/// REQUIRES: ends.
[[nodiscard]] OnnxValue steps_that_count(OnnxBuilder& builder, const OnnxValue& value);

}  // namespace ensemble::exchange
