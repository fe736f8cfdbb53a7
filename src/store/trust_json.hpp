#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "analysis/trust.hpp"

// What summary.json says of whether a combination can be trusted, as far as it names no metrics.
namespace ensemble::store {

[[nodiscard]] nlohmann::ordered_json spread_json(const analysis::SpreadResult& spread);
[[nodiscard]] nlohmann::ordered_json conformal_json(const std::vector<analysis::ConformalResult>& conformal);

/// What a combination of classes has no use for is left out of that of numbers.
[[nodiscard]] nlohmann::ordered_json uncertainty_json(const analysis::TrustResult& trust);

}  // namespace ensemble::store
