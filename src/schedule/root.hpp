#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "analysis/analysis.hpp"
#include "config/experiment.hpp"
#include "core/stopwatch.hpp"
#include "schedule/coordinator.hpp"
#include "schedule/stopping_rule.hpp"
#include "schedule/timeline.hpp"
#include "schedule/training_hooks.hpp"

namespace ensemble::schedule {

/// What is known before training of members and ranks. On the root only.
struct StartingPoint {
    std::vector<MemberWork> work = {};           ///< of each member; empty: all alike
    std::vector<RankPlacement> placements = {};  ///< of each rank, where idle ones share their cores; else empty
};

/// What each member takes, in units of the mean of all. Local.
[[nodiscard]] std::vector<MemberWork> planned_work(const config::Experiment& experiment);

/// The analysis of what the members predict, once it is known who they are.
class MemberAnalysis final : public AnalysisStages {
public:
    explicit MemberAnalysis(const config::Experiment& experiment) : study_(experiment.study()) {}

    void begin(analysis::Committee committee) override { analysis_.emplace(study_, std::move(committee)); }
    [[nodiscard]] std::vector<std::size_t> jobs() const override { return analysis_->jobs(); }
    [[nodiscard]] std::vector<std::byte> context() const override { return analysis_->context(); }
    [[nodiscard]] bool finish(std::size_t /*job*/) override { return analysis_->advance(); }

    void take(const Analysed& job) {
        if (analysis_) analysis_->take(job.job, job.result);
    }
    [[nodiscard]] const std::optional<analysis::Analysis>& analysis() const noexcept { return analysis_; }

private:
    analysis::Study study_;
    std::optional<analysis::Analysis> analysis_;
};

/// What rank 0 does beside its own training: it hears what workers say, has the coordinator decide, sends its answers,
/// and tells the hooks.
class Root {
public:
    using Send = std::function<void(int rank, const Message&)>;

    /// `experiment`, `storage` and `hooks` must outlive it.
    Root(const config::Experiment& experiment, int ranks, StartingPoint start, MemberStorage& storage,
         TrainingHooks& hooks, Send send);

    /// Takes what a worker says.
    void receive(int rank, const Message& message, double now_s);

    /// Has others take over what lost ranks had. Throws core::Error (run) where the run does not recover, or where a
    /// rank does not answer the order to stop.
    void attend(double now_s);

    /// Shows how far the run is, if somebody wants to see it.
    void show(double now_s);

    /// All is over: what ranks were at has ended, too.
    void end(double now_s);

    /// Why the run failed, for the user; nothing if it did not.
    [[nodiscard]] std::optional<core::Error> failure() const;

    [[nodiscard]] const Coordinator& coordinator() const noexcept { return coordinator_; }

    /// Gives away what has come of the analysis.
    [[nodiscard]] std::unique_ptr<MemberAnalysis> take_analysis() { return std::move(analysis_); }

    /// Gives away what said when members are enough; nothing where all are to be trained.
    [[nodiscard]] std::unique_ptr<GainRule> take_rule() { return std::move(rule_); }

private:
    void tell_hooks(int rank, const Message& message);
    void send(const std::vector<Coordinator::Answer>& answers, double now_s);
    void tell_activities();
    void tell_stop();

    const config::Experiment& experiment_;
    TrainingHooks& hooks_;
    Send send_;
    std::unique_ptr<MemberAnalysis> analysis_;
    std::unique_ptr<GainRule> rule_;
    Coordinator coordinator_;
    Timeline timeline_;
};

}  // namespace ensemble::schedule
