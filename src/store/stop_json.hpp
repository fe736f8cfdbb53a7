#pragma once

#include <nlohmann/json.hpp>

#include "analysis/marginal_gain.hpp"
#include "task/task.hpp"

namespace ensemble::store {

/// What summary.json says as `stop_when`.
[[nodiscard]] nlohmann::ordered_json to_json(const analysis::StopResult& stop);

/// The same read back. Throws nlohmann::json::exception where something is missing or of another kind.
[[nodiscard]] analysis::StopResult stop_from_json(const task::Task& task, const nlohmann::ordered_json& json);

}  // namespace ensemble::store
