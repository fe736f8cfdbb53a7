#pragma once

#include <string>
#include <vector>

#include "config/experiment.hpp"

namespace ensemble::run {

/// What keeps members from learning, or results from saying anything about new rows, though it is no error: too few
/// steps, classes without training rows, features that are all the same, test rows that are training rows. For the
/// screen, before anything is trained. Local.
[[nodiscard]] std::vector<std::string> training_notes(const config::Experiment& experiment);

}  // namespace ensemble::run
