#pragma once

#include <string>
#include <string_view>

#include "store/summary.hpp"

namespace ensemble::store {

/// What the text of a summary.json says about the run, its data and its members; what its analysis said of the ensemble
/// is left out. to_json() of it gives the same text again, once there is an analysis. `file` is how messages call it.
/// Throws core::Error (data) where something is missing or of another kind.
[[nodiscard]] Summary summary_from_json(std::string_view text, const std::string& file);

}  // namespace ensemble::store
