#include "schedule/coordinator.hpp"

#include <algorithm>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::schedule {
namespace {

[[noreturn]] void refuse(int rank, const char* what) {
    core::fail(core::Failure::run, "rank {} sends {}; do all ranks run the same program?", rank, what);
}

/// A member's training may end early, but is never done before its worker says so.
constexpr double almost_done = 0.999;

}  // namespace

struct Coordinator::Visitor {
    Coordinator& self;
    int rank;
    double now_s;

    std::vector<Answer> operator()(const Request&) const { return self.assign(rank, now_s); }

    std::vector<Answer> operator()(const Progress& message) const {
        Rank& state = self.training(rank, message.member);
        state.progress.epoch = message.epoch;
        state.progress.fraction = std::min(message.fraction, almost_done);
        state.progress.loss = message.loss;
        state.samples = message.samples;
        state.saved = message.saved;
        return {};
    }

    std::vector<Answer> operator()(const EpochDone& message) const {
        Rank& state = self.training(rank, message.record.member);
        state.progress.validation_score = message.record.validation_score;
        if (!message.restored) state.spent_s += message.record.seconds;
        return {};
    }

    std::vector<Answer> operator()(const Finished& message) const { return self.finish(rank, message, now_s); }

    std::vector<Answer> operator()(const Failed& message) const {
        return self.fail(core::Error(message.kind, message.message));
    }

    std::vector<Answer> operator()(const Interrupted& message) const { return self.suspend(message.why, now_s); }

    std::vector<Answer> operator()(const Suspended&) const {
        Rank& state = self.ranks_[static_cast<std::size_t>(rank)];
        if (!self.ending_ || state.suspended) refuse(rank, "that it has stopped, though nobody asked");
        state.suspended = true;
        if (state.unit) {
            self.times_.add_stretch(now_s - state.start_s);
            self.times_.end(now_s);
        }
        if (self.done_ == self.results_.size()) {  // it was at members that are not needed
            state.unit.reset();
            state.progress = {};
        }
        if (self.is_over() || self.jobs_ || !std::ranges::all_of(self.ranks_, &Rank::suspended)) return {};
        return self.conclude();
    }

    std::vector<Answer> operator()(const Notice&) const { return {}; }

    std::vector<Answer> operator()(const Analysed& message) const { return self.analysed(rank, message.job); }

    // What only a coordinator sends.
    std::vector<Answer> operator()(const Assign&) const { refuse(rank, "an assignment"); }
    std::vector<Answer> operator()(const Analyse&) const { refuse(rank, "an order to analyse"); }
    std::vector<Answer> operator()(const Stop&) const { refuse(rank, "an order to stop"); }
    std::vector<Answer> operator()(const Threads&) const { refuse(rank, "an order about threads"); }
    std::vector<Answer> operator()(const Suspend&) const { refuse(rank, "an order to suspend"); }
};

Coordinator::Coordinator(std::size_t members, int ranks, std::size_t epochs, std::vector<MemberWork> work,
                         bool recovers, std::vector<WorkUnit> units)
    : epochs_(epochs),
      queue_(work.empty() ? std::vector<MemberWork>(members) : std::move(work),
             units.empty() ? single_members(members) : std::move(units)),
      recovers_(recovers),
      ranks_(static_cast<std::size_t>(std::max(ranks, 0))),
      results_(members),
      times_(ranks_.size()) {
    core::require(members > 0 && ranks > 0 && epochs > 0, "there are members, ranks and epochs");
    core::require(queue_.members() == members, "every member has its work");
    for (std::uint32_t member = 0; member < members; ++member) all_work_ += queue_.of(member).whole;
}

std::vector<analysis::MemberResult> Coordinator::results() const {
    std::vector<analysis::MemberResult> done;
    for (const auto& result : results_) {
        if (result) done.push_back(*result);
    }
    return done;
}

std::vector<std::uint32_t> Coordinator::missing() const {
    std::vector<std::uint32_t> members;
    for (std::size_t i = 0; i < results_.size(); ++i) {
        if (!results_[i]) members.push_back(static_cast<std::uint32_t>(i));
    }
    return members;
}

std::vector<Coordinator::Answer> Coordinator::suspend(const std::string& why, double now_s) {
    if (is_over() || jobs_ || ending_) return {};  // the analysis is soon over
    suspended_by_ = why;
    return end_training({.saves = true}, now_s);
}

std::vector<Coordinator::Answer> Coordinator::end_training(const Suspend& order, double now_s) {
    ending_ = true;
    ending_s_ = now_s;
    return to_all(order);
}

std::optional<int> Coordinator::overdue(double now_s) const noexcept {
    if (!ending_ || jobs_ || is_over() || now_s < ending_s_ + longest_suspension_s) return std::nullopt;
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!ranks_[rank].suspended) return static_cast<int>(rank);
    }
    return std::nullopt;
}

std::vector<Coordinator::Answer> Coordinator::receive(int rank, const Message& message, double now_s) {
    core::require(rank >= 0 && static_cast<std::size_t>(rank) < ranks_.size(), "messages come from ranks of the run");
    if (failure_ || is_lost(rank)) return {};  // all have been told to leave, or this one was given up
    return with_threads(std::visit(Visitor{*this, rank, now_s}, message));
}

void Coordinator::share_cores(std::vector<RankPlacement> placements) {
    core::require(placements.size() == ranks_.size(), "every rank has a placement");
    placements_ = std::move(placements);
}

/// Tells ranks at work, behind `answers`, how many threads they may use where that changes.
std::vector<Coordinator::Answer> Coordinator::with_threads(std::vector<Answer> answers) {
    if (placements_.empty() || is_over() || jobs_ || ending_) return answers;
    std::vector<bool> works;
    for (const Rank& rank : ranks_) works.push_back(!rank.is_idle());
    if (works == at_work_) return answers;
    at_work_ = works;
    const std::vector<std::size_t> threads = threads_of(placements_, works);
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!works[rank] || std::exchange(ranks_[rank].threads, threads[rank]) == threads[rank]) continue;
        answers.push_back({static_cast<int>(rank), Threads{static_cast<std::int32_t>(threads[rank])}});
    }
    return answers;
}

std::vector<Coordinator::Answer> Coordinator::assign(int rank, double now_s) {
    Rank& state = ranks_[static_cast<std::size_t>(rank)];
    if (state.next || state.waits) refuse(rank, "a second request before the answer to the first");
    if (queue_.empty() || ending_) {
        state.waits = true;
        return {};
    }
    const WorkUnit unit = queue_.take();
    times_.start(now_s);
    // A worker asks for the next unit when it has trained one, before that has predicted and is stored.
    if (state.unit) {
        state.next = unit;
    } else {
        begin(state, unit, now_s);
    }
    return {{rank, Assign{unit}}};
}

void Coordinator::begin(Rank& rank, const WorkUnit& unit, double now_s) const {
    rank.unit = unit;
    begin(rank, unit.first, now_s);
}

void Coordinator::begin(Rank& rank, std::uint32_t member, double now_s) const {
    rank.member = member;
    rank.start_s = now_s;
    rank.spent_s = 0;
    rank.samples = 0;
    rank.saved = 0;
    rank.progress = {.training = true, .member = member, .epoch = 1, .epochs = queue_.of(member).epochs};
}

Coordinator::Rank& Coordinator::training(int rank, std::uint32_t member) {
    Rank& state = ranks_[static_cast<std::size_t>(rank)];
    if (!state.trains(member)) refuse(rank, "news of a member that it does not have");
    return state;
}

std::vector<Coordinator::Answer> Coordinator::finish(int rank, const Finished& finished, double now_s) {
    const std::uint32_t member = finished.result.index;
    Rank& state = training(rank, member);
    const bool is_needed = member < results_.size();
    if (is_needed) keep(finished);
    samples_done_ += finished.samples;
    times_.add_stretch(finished.busy_s);
    times_.add_talk(finished.talk_s);
    times_.end(now_s);
    trained_ += queue_.of(member).left();
    queue_.of(member).done = 1;
    if (member + 1 < state.unit->end()) {
        begin(state, member + 1, now_s);
    } else {
        state.unit.reset();
        state.samples = 0;
        state.progress = {};
        if (const auto next = std::exchange(state.next, std::nullopt)) begin(state, *next, now_s);
    }
    if (!is_needed) return {};
    if (are_enough()) return leave_others_out(now_s);
    return done_ == results_.size() ? conclude() : std::vector<Answer>{};
}

void Coordinator::keep(const Finished& finished) {
    const MemberWork& work = queue_.of(finished.result.index);
    auto& result = results_[finished.result.index];
    if (!std::exchange(result, finished.result)) {
        ++done_;
        done_work_ += work.whole;
    }
    result->train_s += work.spent_s;
}

/// Shows the rule the members that are done, as far as they are without a gap.
bool Coordinator::are_enough() {
    while (rule_ != nullptr && shown_ < results_.size() && results_[shown_]) {
        if (rule_->is_enough_with(*results_[shown_++])) return true;
    }
    return false;
}

/// The members that the rule has seen are all. What ranks train they do not keep, and the analysis begins when none of
/// them could write any more of it.
std::vector<Coordinator::Answer> Coordinator::leave_others_out(double now_s) {
    results_.resize(shown_);
    done_ = shown_;
    queue_.clear();
    all_work_ = 0;
    for (std::uint32_t member = 0; member < shown_; ++member) all_work_ += queue_.of(member).whole;
    done_work_ = all_work_;
    if (ending_) return {};  // with the answers that are on their way
    if (std::ranges::none_of(ranks_, [](const Rank& rank) { return !rank.lost && rank.unit; })) return conclude();
    return end_training({.saves = false}, now_s);
}

std::vector<Coordinator::Answer> Coordinator::lose(int rank, const std::string& why, double now_s) {
    Rank& state = ranks_.at(static_cast<std::size_t>(rank));
    if (is_over() || state.lost) return {};
    if (!recovers_) {
        return fail(core::Error(core::Failure::run, fmt::format("rank {} {}", rank, why)));
    }
    state.lost = state.suspended = true;
    ++lost_;
    return with_threads(take_back(state, now_s));
}

/// Others get what a lost rank had.
std::vector<Coordinator::Answer> Coordinator::take_back(Rank& rank, double now_s) {
    if (jobs_) return take_back_jobs(rank);
    std::vector<WorkUnit> units;
    if (rank.unit) {
        MemberWork& work = queue_.of(rank.member);
        work.done = std::max(work.done, std::min(rank.saved, almost_done));
        work.spent_s += rank.spent_s;
        times_.add_stretch(now_s - rank.start_s);
        units.push_back(*std::exchange(rank.unit, std::nullopt));
    }
    if (rank.next) units.push_back(*std::exchange(rank.next, std::nullopt));
    rank.waits = false;
    rank.samples = 0;
    rank.saved = 0;
    rank.progress = {.lost = true};
    if (ending_) return std::ranges::all_of(ranks_, &Rank::suspended) ? conclude() : std::vector<Answer>{};
    for (const WorkUnit& unit : units) queue_.put_back(unit);
    std::vector<Answer> answers;
    for (std::size_t other = 0; other < ranks_.size() && !queue_.empty(); ++other) {
        if (!std::exchange(ranks_[other].waits, false)) continue;
        for (Answer& answer : assign(static_cast<int>(other), now_s)) answers.push_back(std::move(answer));
    }
    return answers;
}

std::vector<Coordinator::Answer> Coordinator::take_back_jobs(Rank& rank) {
    for (; !rank.jobs.empty(); rank.jobs.pop_back()) jobs_->put_back(rank.jobs.back());
    rank.progress = {.lost = true};
    return hand_out_jobs();
}

std::vector<Coordinator::Answer> Coordinator::conclude() {
    const std::vector<analysis::MemberResult> done = results();
    if (auto committee = analysis::committee_of(*task_, done)) return begin_analysis(std::move(*committee));
    concluded_ = true;
    if (done.size() < results_.size()) {
        return fail(core::Error(core::Failure::stopped, fmt::format("stopped by {}", suspended_by_)));
    }
    return fail(core::Error(core::Failure::run,
                            fmt::format("training diverged: every member had to be excluded (member 0: {}); a smaller "
                                        "--lr often helps",
                                        done.front().excluded)));
}

/// Every rank hears of it, so that all know that no more is trained.
std::vector<Coordinator::Answer> Coordinator::begin_analysis(analysis::Committee committee) {
    jobs_.emplace();
    if (stages_ != nullptr) {
        stages_->begin(std::move(committee));
        begin_stage();
    }
    concluded_ = jobs_->are_done();
    std::vector<Answer> answers = hand_out_jobs();
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!ranks_[rank].lost && ranks_[rank].jobs.empty()) answers.push_back({static_cast<int>(rank), Analyse{}});
    }
    return answers;
}

/// What is left of the stages before waits behind its jobs.
void Coordinator::begin_stage() {
    jobs_->add(stages_->jobs());
    ++stage_;
}

/// To ranks that have none, then to those that have but the one that they do.
std::vector<Coordinator::Answer> Coordinator::hand_out_jobs() {
    std::vector<Answer> answers;
    const auto give = [&](std::size_t had, std::size_t kept_back) {
        for (std::size_t rank = 0; rank < ranks_.size() && jobs_->waiting() > kept_back; ++rank) {
            if (!ranks_[rank].lost && ranks_[rank].jobs.size() == had) answers.push_back(next_job(rank));
        }
    };
    give(0, 0);
    give(1, ranks_.size() - lost_);
    return answers;
}

/// REQUIRES: a job waits.
Coordinator::Answer Coordinator::next_job(std::size_t rank) {
    Rank& state = ranks_[rank];
    Analyse order{.job = jobs_->take().value(), .context = {}};
    state.jobs.push_back(order.job);
    if (std::exchange(state.stage, stage_) != stage_) order.context = stages_->context();
    return {static_cast<int>(rank), std::move(order)};
}

std::vector<Coordinator::Answer> Coordinator::analysed(int rank, std::uint64_t job) {
    Rank& state = ranks_[static_cast<std::size_t>(rank)];
    if (!jobs_ || state.jobs.empty() || state.jobs.front() != job)
        refuse(rank, "the result of a job that it was not given");
    state.jobs.pop_front();
    jobs_->finish();
    if (stages_->finish(job)) begin_stage();
    concluded_ = jobs_->are_done();
    return hand_out_jobs();
}

std::vector<Coordinator::Answer> Coordinator::fail(const core::Error& error) {
    if (failure_) return {};
    failure_ = error;
    return to_all(Stop{error.exit_code(), lost_ > 0});
}

std::vector<Coordinator::Answer> Coordinator::to_all(const Message& message) const {
    std::vector<Answer> answers;
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!ranks_[rank].lost) answers.push_back({static_cast<int>(rank), message});
    }
    return answers;
}

}  // namespace ensemble::schedule
