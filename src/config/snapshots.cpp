#include "config/snapshots.hpp"

#include "core/error.hpp"

namespace ensemble::config {

void require_whole_cycles(const Options& options) {
    const std::size_t epochs = options.training.epochs;
    const std::size_t cycles = options.snapshots;
    if (epochs % cycles == 0) return;
    core::fail(core::Failure::usage,
               "--snapshots {}: {} epochs are not {} cycles of equal length; --epochs {} would be, of {} each", cycles,
               epochs, cycles, (epochs / cycles + 1) * cycles, epochs / cycles + 1);
}

void require_whole_runs(const Options& options) {
    if (options.members % options.snapshots != 0) {
        core::fail(core::Failure::usage,
                   "--snapshots {}: {} members are not whole runs of {}; --members {} would be, of {} runs",
                   options.snapshots, options.members, options.snapshots,
                   (options.members / options.snapshots + 1) * options.snapshots,
                   options.members / options.snapshots + 1);
    }
    if (options.snapshots > 1 && options.folds > 0) {
        core::fail(
            core::Failure::usage,
            "--snapshots {}: its members know what those before them learnt, so that none could hold out rows of "
            "its own with --folds {}; leave one out",
            options.snapshots, options.folds);
    }
}

}  // namespace ensemble::config
