#pragma once

#include <cstddef>
#include <vector>

#include "analysis/results.hpp"

namespace ensemble::schedule {

/// What is done when training is over, as the coordinator sees it: jobs that any rank can do, of which more can be done
/// with every stage. It hands these out; what they come to goes elsewhere.
class AnalysisStages {
public:
    AnalysisStages() = default;
    virtual ~AnalysisStages() = default;
    AnalysisStages(const AnalysisStages&) = delete;
    AnalysisStages& operator=(const AnalysisStages&) = delete;

    /// These members make up the ensemble.
    virtual void begin(analysis::Committee committee) = 0;

    /// Those that can be done since the stage that is under way has begun, in the order in which they are best begun.
    /// A number means one job, whatever the stage.
    [[nodiscard]] virtual std::vector<std::size_t> jobs() const = 0;

    /// What a rank has to know for the jobs of this stage and of all before it.
    [[nodiscard]] virtual std::vector<std::byte> context() const = 0;

    /// A job is done: true if a stage begins with that, though jobs of those before it may be left.
    [[nodiscard]] virtual bool finish(std::size_t job) = 0;
};

}  // namespace ensemble::schedule
