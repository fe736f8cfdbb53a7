#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "analysis/results.hpp"
#include "core/error.hpp"
#include "schedule/analysis_stages.hpp"
#include "schedule/job_queue.hpp"
#include "schedule/message.hpp"
#include "schedule/plan.hpp"
#include "schedule/rank_times.hpp"
#include "schedule/run_progress.hpp"
#include "schedule/stopping_rule.hpp"
#include "schedule/work_queue.hpp"
#include "store/checkpoint_writer.hpp"

namespace ensemble::schedule {

/// Seconds that ranks have to save what they are training: the end of one checkpoint and another.
inline constexpr double longest_suspension_s = 2 * store::longest_write_s + 30;

/// Hands out members, collects what becomes of them, and knows how far everybody is.
/// It neither sends nor waits: it is given messages with the time of their arrival and says what to answer.
class Coordinator {
public:
    struct Answer {
        int rank = 0;
        Message message;
    };

    /// Hands out `units`, in which every member is once, in the order of WorkQueue; without any, each member by itself.
    /// Without `work` all members are alike and have so many epochs. REQUIRES: members, ranks and epochs > 0; work for
    /// each member or for none.
    /// If the run `recovers`, it goes on when ranks are lost: what they had is handed out again.
    /// When all members are done, the jobs of their analysis are handed out, stage by stage; the run is over when all
    /// are done. As long as more jobs wait than there are ranks, each rank has one more than it does, so that
    /// none waits for an answer; the last ones go to whoever is free.
    Coordinator(std::size_t members, int ranks, std::size_t epochs, std::vector<MemberWork> work = {},
                bool recovers = false, std::vector<WorkUnit> units = {});

    /// From now on ranks that have nothing to do leave their cores to those of their host that have: see threads_of().
    /// REQUIRES: a placement for each rank; nothing was received yet.
    void share_cores(std::vector<RankPlacement> placements);

    /// What is to be done when training is over, in place of nothing. It must outlive this object and its copies.
    void set_analysis(AnalysisStages& stages) { stages_ = &stages; }

    /// What says when members are enough, in place of nothing: then those behind the last that is needed are left out,
    /// whatever has become of them, and ranks give up what they train. It must outlive this object and its copies.
    /// REQUIRES: no unit holds members that are needed and others that are not.
    void set_rule(StoppingRule& rule) { rule_ = &rule; }

    /// What decides which member is the best. Of classes unless said.
    void set_task(const task::Task& task) { task_ = &task; }

    /// Takes a worker's message; `now_s` never goes back. Throws core::Error (run) for a message that cannot be.
    [[nodiscard]] std::vector<Answer> receive(int rank, const Message& message, double now_s);

    /// Ends the run because of `error` on this side.
    [[nodiscard]] std::vector<Answer> fail(const core::Error& error);

    /// This rank is not there any more; no message of it counts from now on. What it was at goes to others; or the run
    /// fails if it does not recover. `why` is for the user: "was killed".
    [[nodiscard]] std::vector<Answer> lose(int rank, const std::string& why, double now_s);

    [[nodiscard]] bool is_lost(int rank) const { return ranks_.at(static_cast<std::size_t>(rank)).lost; }
    [[nodiscard]] std::size_t ranks_lost() const noexcept { return lost_; }

    /// Ends the run early because of `why`: ranks save what they have, and what is finished is combined. Does nothing
    /// if all members are done or the run is on its way out already.
    [[nodiscard]] std::vector<Answer> suspend(const std::string& why, double now_s);

    /// Why the run was suspended; empty if it was not.
    [[nodiscard]] const std::string& suspended_by() const noexcept { return suspended_by_; }

    /// The first rank that has not answered an order to suspend for too long; the run must not wait for it any more.
    [[nodiscard]] std::optional<int> overdue(double now_s) const noexcept;

    /// All that will come of the members is among the results, or the run has failed.
    [[nodiscard]] bool is_over() const noexcept { return failure_ || concluded_; }

    /// All members are done that will be, and they are being analysed.
    [[nodiscard]] bool is_analysing() const noexcept { return jobs_.has_value(); }

    /// Why the run failed, in words for the user.
    [[nodiscard]] const std::optional<core::Error>& failure() const noexcept { return failure_; }

    /// What became of the members that are done, in the order of their index.
    [[nodiscard]] std::vector<analysis::MemberResult> results() const;

    /// The members that are needed and not done.
    [[nodiscard]] std::vector<std::uint32_t> missing() const;

    /// How many there are to be, excluded ones too: all, or as many as were enough.
    [[nodiscard]] std::size_t members() const noexcept { return results_.size(); }

    [[nodiscard]] std::size_t members_done() const noexcept { return done_; }
    /// Nothing is to be heard of this member any more: it is done, or not needed.
    [[nodiscard]] bool is_settled(std::uint32_t member) const {
        return member >= results_.size() || results_[member].has_value();
    }

    [[nodiscard]] RunProgress progress(double now_s) const;

    /// Samples trained on so far, all ranks together.
    [[nodiscard]] std::uint64_t samples() const noexcept;

    /// What became of the ranks' time.
    [[nodiscard]] const RankTimes& times() const noexcept { return times_; }

private:
    struct Rank {
        std::optional<WorkUnit> unit;  ///< in training
        std::uint32_t member = 0;      ///< of that unit, the one in training
        std::optional<WorkUnit> next;  ///< assigned, to begin when that one is done
        double start_s = 0;            ///< when the current member began
        double spent_s = 0;            ///< in its epochs that are done
        RankProgress progress;
        std::uint64_t samples = 0;  ///< of the current member
        double saved = 0;           ///< fraction of it that would not be lost with the rank
        bool waits = false;         ///< has asked in vain
        std::size_t threads = 1;    ///< it was told to use
        bool suspended = false;     ///< has saved what it had
        bool lost = false;
        std::deque<std::size_t> jobs;  ///< of the analysis: the one that it does, and what it does next
        std::size_t stage = 0;         ///< of the analysis that it knows of, counted from 1

        [[nodiscard]] bool is_idle() const noexcept { return lost || (waits && !unit && !next); }
        [[nodiscard]] bool trains(std::uint32_t other) const noexcept { return unit && member == other; }
    };

    struct Visitor;

    [[nodiscard]] std::vector<Answer> assign(int rank, double now_s);
    void begin(Rank& rank, std::uint32_t member, double now_s) const;
    void begin(Rank& rank, const WorkUnit& unit, double now_s) const;
    [[nodiscard]] std::vector<Answer> finish(int rank, const Finished& finished, double now_s);
    void keep(const Finished& finished);
    [[nodiscard]] bool are_enough();
    [[nodiscard]] std::vector<Answer> leave_others_out(double now_s);
    [[nodiscard]] std::vector<Answer> end_training(const Suspend& order, double now_s);
    [[nodiscard]] std::vector<Answer> take_back(Rank& rank, double now_s);
    [[nodiscard]] std::vector<Answer> take_back_jobs(Rank& rank);
    [[nodiscard]] std::vector<Answer> conclude();
    [[nodiscard]] std::vector<Answer> begin_analysis(analysis::Committee committee);
    void begin_stage();
    [[nodiscard]] std::vector<Answer> hand_out_jobs();
    [[nodiscard]] Answer next_job(std::size_t rank);
    [[nodiscard]] std::vector<Answer> analysed(int rank, std::uint64_t job);
    [[nodiscard]] std::vector<Answer> to_all(const Message& message) const;
    [[nodiscard]] std::vector<Answer> with_threads(std::vector<Answer> answers);
    [[nodiscard]] Rank& training(int rank, std::uint32_t member);
    [[nodiscard]] double seconds_left(double now_s) const;

    std::size_t epochs_;
    std::vector<RankPlacement> placements_;  ///< of each rank; empty where nobody shares cores
    std::vector<bool> at_work_;              ///< when threads were last shared out
    WorkQueue queue_;
    std::size_t done_ = 0;
    bool concluded_ = false;
    bool recovers_ = false;
    const task::Task* task_ = &task::standard_task(task::Kind::classification);
    AnalysisStages* stages_ = nullptr;
    std::optional<JobQueue> jobs_;  ///< of the analysis
    std::size_t stage_ = 0;         ///< of it, counted from 1
    std::size_t lost_ = 0;
    std::vector<Rank> ranks_;
    std::vector<std::optional<analysis::MemberResult>> results_;  ///< by index, of the members that are needed
    StoppingRule* rule_ = nullptr;
    std::uint32_t shown_ = 0;  ///< members that the rule has seen
    bool ending_ = false;      ///< ranks were told to train no more
    double ending_s_ = 0;      ///< since then
    std::string suspended_by_;
    std::optional<core::Error> failure_;
    std::uint64_t samples_done_ = 0;
    RankTimes times_;
    double all_work_ = 0;   ///< of all members, whole
    double done_work_ = 0;  ///< of those that are done, whole
    double trained_ = 0;    ///< what was left of the members that are done
};

}  // namespace ensemble::schedule
