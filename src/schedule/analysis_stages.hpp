#pragma once

#include <cstddef>
#include <vector>

#include "analysis/results.hpp"

namespace ensemble::schedule {

/// What is done when training is over, as the coordinator sees it: stages, one after the other, of jobs that any rank
/// can do. It hands these out; what they come to goes elsewhere.
class AnalysisStages {
public:
    AnalysisStages() = default;
    virtual ~AnalysisStages() = default;
    AnalysisStages(const AnalysisStages&) = delete;
    AnalysisStages& operator=(const AnalysisStages&) = delete;

    /// These members make up the ensemble.
    virtual void begin(analysis::Committee committee) = 0;

    /// Of the stage that is under way, each once, in the order in which they are best begun.
    [[nodiscard]] virtual std::vector<std::size_t> jobs() const = 0;

    /// What a rank has to know for the jobs of this stage.
    [[nodiscard]] virtual std::vector<std::byte> context() const = 0;

    /// All jobs of the stage are done: goes on to the next one; false if there is none.
    [[nodiscard]] virtual bool advance() = 0;
};

}  // namespace ensemble::schedule
