#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "analysis/analysis.hpp"
#include "config/experiment.hpp"
#include "core/stopwatch.hpp"
#include "schedule/job_thread.hpp"
#include "schedule/member_storage.hpp"
#include "schedule/member_training.hpp"
#include "schedule/message.hpp"
#include "store/checkpoints.hpp"

namespace ensemble::schedule {

/// Trains the members it is given, one after the other, in pieces short enough that its owner can answer messages in
/// between; has each predict the evaluation sets, and stores it with its predictions. When all are done, does the jobs
/// of their analysis that it is given: these beside its owner, who has messages to answer however long one takes.
class Worker {
public:
    using Send = std::function<void(const Message&)>;  ///< to the coordinator

    /// Asks for its first member. `experiment` and `storage` must outlive it. Within an epoch it reports every
    /// `progress_interval_s`.
    Worker(const config::Experiment& experiment, Send send, MemberStorage& storage, MakeTraining make_training,
           double progress_interval_s);

    /// Takes what the coordinator says.
    void receive(const Message& message);

    /// Does a piece of work, or begins a job; false if there is nothing to do.
    bool work();

    /// A job is under way.
    [[nodiscard]] bool is_analysing() const noexcept { return thread_.is_busy(); }

    /// Sends what the job has come to, if it is done within so long. REQUIRES: is_analysing().
    void await(std::chrono::microseconds longest);

private:
    /// The member being trained.
    struct Training {
        std::unique_ptr<MemberTraining> member;
        core::Stopwatch since_start;
        std::uint64_t earlier_samples = 0;  ///< it was trained on in an earlier run
        bool is_final = false;              ///< it is saved for good already
        double saved = 0;                   ///< fraction done when it was last saved
    };

    /// The member that is trained and on its way into the ensemble.
    struct Predicting {
        std::unique_ptr<MemberTraining> member;
        core::Stopwatch since_start;
        std::uint64_t earlier_samples;
        bool is_final;
        bool is_stored;                 ///< the predictions are those of an earlier run
        MemberPredictions predictions;  ///< of the sets that are done, and of the one under way
        std::size_t rows_done = 0;      ///< of that one
        core::Stopwatch since_trained = {};
    };

    void begin(std::uint32_t member);
    void suspend(bool saves);
    void train_batch();
    void end_training();
    void predict_rows();
    void finish();
    void prepare_next();
    void complete_predictions();
    void leave_out_trained_rows();
    void begin_job();
    [[nodiscard]] data::RowRange rows_of(std::size_t set) const;
    [[nodiscard]] std::span<float> predicted(std::size_t set);
    [[nodiscard]] task::Truth truth_of(std::size_t set) const;
    [[nodiscard]] analysis::MemberResult result();
    [[nodiscard]] static std::uint64_t samples(const train::MemberSpec& spec, const train::MemberState& state);

    const config::Experiment& experiment_;
    Send send_;
    MemberStorage& storage_;
    MakeTraining make_training_;
    double progress_interval_s_;
    std::optional<Training> training_;
    std::optional<Predicting> predicting_;
    std::optional<WorkUnit> unit_;  ///< members that are still to begin
    /// Where the first of these begins, if that is with what the one before it has learnt. All members of a unit pass
    /// through the rank that has it, those too that were finished elsewhere, so that it need not ask for this.
    std::optional<train::MemberState> start_;

    analysis::Study study_;
    analysis::Analyst analyst_;
    std::deque<Analyse> jobs_;            ///< the one under way, and behind it those that are next
    std::optional<std::size_t> threads_;  ///< as the coordinator last said
    core::Stopwatch since_progress_;
    JobThread thread_;  ///< for jobs; ends before what these need
};

}  // namespace ensemble::schedule
