#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/rows.hpp"
#include "train/member_spec.hpp"

namespace ensemble::train {

/// The features, of so many, that a member does not see, in ascending order: those of columns that it has not drawn and
/// of encodings that are not its own.
[[nodiscard]] std::vector<std::uint32_t> hidden_features(const Problem& problem, std::size_t features,
                                                         std::uint32_t member);

/// Sets the hidden features of a batch to zero.
void hide(std::span<const std::uint32_t> hidden_features, const compute::Rows& batch);

/// Sets the weights of such features to zero in every dense layer that reads the input, also behind dropout. The other
/// weights into it grow as if there were no others.
void begin_at_zero(const model::Network& network, std::span<const data::FeatureRange> features,
                   std::span<float> parameters);

}  // namespace ensemble::train
