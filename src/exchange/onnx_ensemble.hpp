#pragma once

#include <string>

#include "exchange/trained_model.hpp"

namespace ensemble::exchange {

/// The whole ensemble as an ONNX file with one graph, from rows as they are read to what the ensemble predicts.
/// Inputs: those of add_pipeline(), or without a pipeline "features" [rows, input …] as networks see them; of sequences
/// of different lengths beside it "lengths", int64 [rows], how many steps of each count. Outputs of classification:
/// "probabilities" [rows, classes] as predictions.npy has them, "entropy" and "mutual_information" [rows]; of
/// regression: "mean" and "variance" [rows, targets] as predictions.npy has them, "aleatoric_variance" and
/// "epistemic_variance". Uncertainties are those of analysis::uncertainties(), of members that count the same. Throws
/// core::Error (usage) where it is larger than the format allows. REQUIRES: at least one member.
[[nodiscard]] std::string to_onnx(const TrainedModel& model);

}  // namespace ensemble::exchange
