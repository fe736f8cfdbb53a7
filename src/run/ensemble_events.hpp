#pragma once

#include "config/experiment.hpp"
#include "store/event_writer.hpp"
#include "store/file.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// What TensorBoard shows of the ensemble and of the data, in tensorboard/ensemble. Root only. Throws core::Error (run)
/// where something cannot be written.
class EnsembleEvents {
public:
    /// `experiment` must outlive this.
    EnsembleEvents(const config::Experiment& experiment, const store::RunDirectory& directory);

    /// The first training rows, where they are images: grey or of three colours.
    void write_samples();

    /// Test scores of the chosen combination, under the names that members have theirs, and of all combinations; as
    /// values of the last epoch that any member has, so that they stand beside those of the members.
    void write_scores(const store::Summary& summary);

private:
    const config::Experiment& experiment_;
    store::FileSystem system_;
    store::EventWriter writer_;
};

}  // namespace ensemble::run
