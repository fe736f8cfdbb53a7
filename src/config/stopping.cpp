#include "config/stopping.hpp"

#include <string>

#include "analysis/marginal_gain.hpp"
#include "core/error.hpp"

namespace ensemble::config {

std::size_t members_of_round(const Options& options) {
    std::size_t combinations = options.nets.size();
    for (const Variation& variation : options.variations) {
        if (combinations >= options.members) break;  // a product of many could overflow
        if (!variation.values.empty()) combinations *= variation.values.size();
    }
    return combinations * options.snapshots;
}

void require_gains_to_be_seen(const Options& options, std::size_t validation_rows) {
    if (options.stop_when == 0) return;
    if (options.folds > 0) {
        core::fail(core::Failure::usage,
                   "--stop-when {}: with --folds {} one member in {} alone predicts a validation row, so that nobody "
                   "sees what one more adds to all; leave one out",
                   options.stop_when, options.folds, options.folds);
    }
    if (validation_rows < 2) {
        core::fail(core::Failure::usage,
                   "--stop-when {}: {} validation rows do not tell what one more member adds; raise "
                   "--validation-fraction",
                   options.stop_when, validation_rows);
    }
    const std::size_t round = members_of_round(options);
    const std::size_t least = analysis::MarginalGains::least_rounds * round;
    if (options.members > least) return;
    const std::string rounds =
        round == 1 ? ""
                   : fmt::format(" ({} rounds of {}, which differ or go on from one another)", least / round, round);
    core::fail(
        core::Failure::usage,
        "--stop-when {}: what one more member adds is known from {} on{}, and there are {}; --members {} or more",
        options.stop_when, least, rounds, options.members, least + 1);
}

}  // namespace ensemble::config
