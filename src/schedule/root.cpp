#include "schedule/root.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace ensemble::schedule {

namespace {

/// Of one member.
std::size_t most_epochs(const config::Experiment& experiment, const std::vector<MemberWork>& work) {
    std::size_t most = 0;
    for (const MemberWork& member : work) most = std::max(most, member.epochs);
    return most > 0 ? most : experiment.options().training.epochs;
}

}  // namespace

std::vector<MemberWork> planned_work(const config::Experiment& experiment) {
    std::vector<MemberWork> work(experiment.options().members);
    double all = 0;
    for (std::uint32_t member = 0; member < work.size(); ++member) {
        const train::MemberSpec spec = experiment.member(member);
        work[member].whole = experiment.cost(spec);
        work[member].epochs = spec.training.epochs;
        all += work[member].whole;
    }
    const double mean = all / static_cast<double>(work.size());
    for (MemberWork& member : work) member.whole /= mean;
    return work;
}

Root::Root(const config::Experiment& experiment, int ranks, StartingPoint start, MemberStorage& storage,
           TrainingHooks& hooks, Send send)
    : experiment_(experiment),
      hooks_(hooks),
      send_(std::move(send)),
      analysis_(std::make_unique<MemberAnalysis>(experiment)),
      rule_(experiment.options().stop_when > 0 ? std::make_unique<GainRule>(experiment, storage) : nullptr),
      coordinator_(experiment.options().members, ranks, most_epochs(experiment, start.work), start.work,
                   experiment.options().recover,
                   units_of(experiment.options().members, experiment.options().snapshots)),
      timeline_(ranks) {
    if (!start.placements.empty()) coordinator_.share_cores(std::move(start.placements));
    coordinator_.set_task(experiment.task());
    coordinator_.set_analysis(*analysis_);
    if (rule_) coordinator_.set_rule(*rule_);
}

void Root::receive(int rank, const Message& message, double now_s) {
    if (coordinator_.is_lost(rank)) return;
    tell_hooks(rank, message);  // first: with the answer the run may be over
    timeline_.heard(rank, message, now_s);
    const bool was_enough = rule_ && rule_->result().stopped;
    send(coordinator_.receive(rank, message, now_s), now_s);
    if (rule_ && !was_enough && rule_->result().stopped) tell_stop();
    tell_activities();
}

void Root::tell_hooks(int rank, const Message& message) {
    if (const auto* epoch = std::get_if<EpochDone>(&message)) {
        hooks_.epoch_done(epoch->record, epoch->restored);
    } else if (const auto* finished = std::get_if<Finished>(&message)) {
        // A rank that takes over a unit finds members of it done; of others it did not yet hear that they are not
        // needed.
        if (!coordinator_.is_settled(finished->result.index)) hooks_.member_done(finished->result, rank);
    } else if (const auto* job = std::get_if<Analysed>(&message)) {
        analysis_->take(*job);
    } else if (const auto* notice = std::get_if<Notice>(&message)) {
        hooks_.notice(notice->text);
    }
}

void Root::send(const std::vector<Coordinator::Answer>& answers, double now_s) {
    for (const auto& [rank, message] : answers) {
        timeline_.told(rank, message, now_s);
        send_(rank, message);
    }
}

void Root::tell_activities() {
    for (const store::TimelineEntry& entry : timeline_.take()) hooks_.activity_done(entry);
}

void Root::tell_stop() {
    const std::string text = fmt::format("{}; no more are trained", analysis::text_of(rule_->result()));
    hooks_.note(text);
    hooks_.notice(text);
}

void Root::end(double now_s) {
    timeline_.end(now_s);
    tell_activities();
}

void Root::attend(double now_s) {
    for (const comm::RankFailure& failure : hooks_.failures()) {
        const std::string what = fmt::format("rank {} {}", failure.rank, failure.why);
        if (!experiment_.options().recover) core::fail(core::Failure::run, "{}; {}", what, hooks_.what_survives());
        hooks_.note(what);
        hooks_.notice(fmt::format("note: {}; the others go on with what it had", what));
        timeline_.lost(failure.rank, now_s);
        send(coordinator_.lose(failure.rank, failure.why, now_s), now_s);
    }
    if (const auto rank = coordinator_.overdue(now_s)) {
        core::fail(
            core::Failure::run,
            "rank {} does not answer the order to stop; what it was training is saved as of its last checkpoint, "
            "everything else as it is: go on with --resume",
            *rank);
    }
}

void Root::show(double now_s) {
    if (hooks_.wants_progress()) hooks_.show(coordinator_.progress(now_s));
}

std::optional<core::Error> Root::failure() const {
    if (!coordinator_.failure()) return std::nullopt;
    const core::Error& failure = *coordinator_.failure();
    return core::Error(failure.kind(), fmt::format("{}; {}", failure.what(), hooks_.what_survives()));
}

}  // namespace ensemble::schedule
