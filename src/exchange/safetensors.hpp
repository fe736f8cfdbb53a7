#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "exchange/torch_layers.hpp"
#include "exchange/trained_model.hpp"

namespace ensemble::exchange {

/// The bytes of a safetensors file (https://huggingface.co/docs/safetensors), in the order in which they are given:
/// eight bytes with the length of the header, a header of JSON which says where each array lies, filled up with blanks
/// so that the numbers begin at a multiple of 8, then the numbers. `metadata` goes to "__metadata__".
/// REQUIRES: every name once.
[[nodiscard]] std::string to_safetensors(std::span<const NamedArray> arrays,
                                         std::span<const std::pair<std::string, std::string>> metadata);

/// The parameters of all members as PyTorch names and orders them, those of member 3 behind "members.3."; of a member
/// that is alone without.
[[nodiscard]] std::string to_safetensors(const TrainedModel& model);

}  // namespace ensemble::exchange
