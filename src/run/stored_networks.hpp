#pragma once

#include <filesystem>
#include <vector>

#include "model/network.hpp"
#include "store/model_file.hpp"

namespace ensemble::run {

/// The networks that `model`, which was read from `file`, describes. Throws core::Error (data) that names the file
/// where it describes none.
[[nodiscard]] std::vector<model::Network> stored_networks(const store::Model& model, const std::filesystem::path& file);

}  // namespace ensemble::run
