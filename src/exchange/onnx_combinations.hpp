#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "exchange/onnx_builder.hpp"
#include "task/kind.hpp"

namespace ensemble::exchange {

/// What all members say, as values of a graph: probabilities [members, rows, classes]; or means and variances
/// [members, rows, targets] of standardised numbers.
struct OnnxOpinions {
    std::size_t members = 0;
    std::size_t targets = 0;  ///< classes, or numbers
    std::string first;        ///< probabilities or means
    std::string second;       ///< variances
};

/// The ensemble's answer: probabilities [rows, classes]; or mean and variance [rows, targets].
struct OnnxAnswer {
    std::string first;
    std::string second;
};

/// How a combination is written into a graph, as analysis::combinations() has it. `weights` are its own, empty where
/// all members count the same.
struct CombinationFormat {
    std::string_view name;
    task::Kind kind;
    OnnxAnswer (*onnx)(OnnxBuilder& builder, const OnnxOpinions& opinions, std::span<const double> weights);
};

/// REQUIRES: there is one of that name for that kind. A new combination is an entry of the table there.
[[nodiscard]] const CombinationFormat& combination_format(task::Kind kind, std::string_view name);

}  // namespace ensemble::exchange
