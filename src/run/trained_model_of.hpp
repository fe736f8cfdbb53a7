#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exchange/trained_model.hpp"
#include "store/run_directory.hpp"

namespace ensemble::run {

/// A run's ensemble, to be handed on.
struct HandedOn {
    exchange::TrainedModel model;
    std::vector<std::string> notes = {};  ///< in what the run's own predictions differ; whole sentences
};

/// The members of a finished run with their parameters, or one `member` alone as it predicts by itself. Local. Throws
/// core::Error: usage where the directory holds no finished run, and for a member that is no part of the ensemble; data
/// for files that are missing, damaged or do not belong together.
[[nodiscard]] HandedOn trained_model_of(const store::RunDirectory& run, std::optional<std::uint32_t> member);

}  // namespace ensemble::run
