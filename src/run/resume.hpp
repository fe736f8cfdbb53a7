#pragma once

#include <filesystem>
#include <string>

#include "config/experiment.hpp"

namespace ensemble::run {

/// What origin.json holds: the data a run is trained on and the program that trains it, as they were when it began.
[[nodiscard]] std::string origin_text(const config::Experiment& experiment);

/// Throws core::Error if the run in the experiment's directory is another than this one: usage for the first setting
/// that differs, with both values, or if config.toml was edited since the run began; data where the data are no longer
/// what they were. The data's path may change if their content has not. Returns a warning where another build of the
/// program had begun it; empty without one. `option` is what asks for that run: "--resume".
std::string refuse_other_run(const config::Experiment& experiment, const char* option);

}  // namespace ensemble::run
