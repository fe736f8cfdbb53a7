#pragma once

#include "config/experiment.hpp"
#include "schedule/training.hpp"
#include "store/run_directory.hpp"

namespace ensemble::run {

/// Writes model.json, with which the members that are included predict without the data. Root only, when their files
/// are there. Throws core::Error (run).
void write_model(const config::Experiment& experiment, const schedule::Trained& trained,
                 const store::RunDirectory& directory);

}  // namespace ensemble::run
