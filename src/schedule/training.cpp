#include "schedule/training.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "comm/backoff.hpp"
#include "core/contract.hpp"
#include "core/stopwatch.hpp"
#include "core/text.hpp"
#include "schedule/worker.hpp"

namespace ensemble::schedule {
namespace {

constexpr int message_tag = 1;

/// Seconds between two looks for messages while there is work. Each look offers the core to other processes, which on a
/// busy machine take it for milliseconds: the root looks often enough that nobody waits long for a member, the others
/// only wait for bad news.
constexpr double root_look_interval_s = 5e-3;
constexpr double look_interval_s = 50e-3;

/// Longest sleep of a rank that has nothing to do; in the analysis, where most jobs take milliseconds, a small part of
/// one.
constexpr std::chrono::microseconds longest_sleep = std::chrono::milliseconds(5);
constexpr std::chrono::microseconds longest_sleep_in_analysis(500);

/// Seconds between a rank's reports of progress; of many ranks the root gets no more than so many a second.
constexpr double least_progress_interval_s = 0.2;
constexpr double most_reports_per_s = 1000;

/// A rank that was asked to stop leaves after so long even if the coordinator does not answer, which waits for no rank
/// as long.
constexpr double longest_stop_s = longest_suspension_s + 30;

/// Hands on, once, that somebody wants the run to stop, and waits for the coordinator's answer for no longer than it
/// takes.
class StopRequest {
public:
    /// Whose wish is to be told to the coordinator now; empty where there is none, or it has been told.
    [[nodiscard]] std::string news(TrainingHooks& hooks) {
        std::string who = is_told_ ? "" : hooks.stop_wanted();
        if (who.empty()) return who;
        is_told_ = true;
        since_told_.restart();
        hooks.note(fmt::format("asked to stop by {}", who));
        return who;
    }

    /// The coordinator is bringing the run to an end.
    void answer() noexcept { is_answered_ = true; }

    [[nodiscard]] bool is_overdue() const {
        return is_told_ && !is_answered_ && since_told_.seconds() > longest_stop_s;
    }

private:
    core::Stopwatch since_told_;
    bool is_told_ = false;
    bool is_answered_ = false;
};

/// Why it failed; where memory does not suffice, with what a member takes, if that is known.
std::string reason_of(const std::exception& error, std::size_t member_bytes) {
    if (dynamic_cast<const std::bad_alloc*>(&error) == nullptr || member_bytes == 0) return core::reason(error);
    return fmt::format("{}; training a member takes {}, beside the data and what kernels need", core::reason(error),
                       core::bytes(member_bytes));
}

std::string text_of(const Finished& finished) {
    const analysis::MemberResult& member = finished.result;
    const std::string outcome = member.excluded.empty() ? "" : fmt::format(", excluded: {}", member.excluded);
    return fmt::format("member {} done: {} epochs in {:.2f} s{}", member.index, member.epochs, finished.busy_s,
                       outcome);
}

/// One rank's part in the training, root or not.
class RankLoop {
public:
    RankLoop(const comm::Communicator& world, const config::Experiment& experiment, MemberStorage& storage,
             TrainingHooks& hooks, StartingPoint start, const MakeTraining& make_training)
        : world_(world), hooks_(hooks) {
        const Root::Send send_to = [this](int rank, const Message& message) { send(rank, message); };
        if (world_.is_root()) root_.emplace(experiment, world_.size(), std::move(start), storage, hooks, send_to);
        guarded([&] {
            member_bytes_ = experiment.footprint().total();
            worker_.emplace(
                experiment, [this](const Message& message) { tell(message); }, storage, make_training,
                std::max(least_progress_interval_s, world_.size() / most_reports_per_s));
        });
    }

    /// Works until the coordinator says that all is done or that the run has failed.
    void participate() {
        const double interval_s = root_ ? root_look_interval_s : look_interval_s;
        comm::Backoff calm(longest_sleep);
        comm::Backoff brisk(longest_sleep_in_analysis);
        core::Stopwatch since_look;
        while (!is_over()) {
            bool busy = false;
            if (!is_at_job()) hooks_.turn();  // a job that never ends is no sign of life
            attend_to_stops();
            if (root_) root_->attend(clock_.seconds());
            if (!failed_) guarded([&] { busy = worker_->work(); });
            if (busy && !std::exchange(ready_, true)) first_step_s_ = clock_.seconds();
            if (busy && since_look.seconds() < interval_s) continue;
            const core::Stopwatch talk;
            const double processor_s = root_ ? core::processor_seconds() : 0;
            const bool any = look();
            if (busy || any) talk_s_ += talk.seconds();
            if (root_ && !failed_) guarded([&] { root_->show(clock_.seconds()); });
            if (root_ && (busy || any)) coordination_s_ += core::processor_seconds() - processor_s;
            since_look.restart();  // only now: a look may have cost the core for longer than the interval
            if (busy || any) {
                calm.reset();
                brisk.reset();
            } else if (is_at_job()) {
                guarded([&] { worker_->await(longest_sleep_in_analysis); });
            } else {
                (analyses_ ? brisk : calm).pause();
            }
        }
        if (root_) root_->end(clock_.seconds());
    }

    /// All ranks leave with the root's error if the run has failed.
    void throw_if_failed() {
        if (!root_) {
            if (stop_code_ != 0) throw comm::SharedError(static_cast<core::Failure>(stop_code_), "");
            return;
        }
        if (root_->coordinator().ranks_lost() > 0) world_.abandon_collectives();
        const auto error = root_->failure();
        if (!error) return;
        dismiss(world_, root_->coordinator(), error->exit_code());
        throw comm::SharedError(error->kind(), error->what());
    }

    [[nodiscard]] Trained result() {
        Trained trained{.analysis = {},
                        .rule = {},
                        .coordinator = {},
                        .first_step_s = first_step_s_,
                        .coordination_s = coordination_s_};
        if (!root_) return trained;
        trained.analysis = root_->take_analysis();
        trained.rule = root_->take_rule();
        trained.coordinator = root_->coordinator();
        return trained;
    }

private:
    [[nodiscard]] bool is_at_job() const { return !failed_ && worker_->is_analysing(); }
    [[nodiscard]] bool is_over() const { return stopped_ || (root_ && root_->coordinator().is_over()); }

    /// Does something of this rank's own; if it throws, the coordinator hears of it and this rank waits to be stopped.
    template <class Action>
    void guarded(Action action) {
        try {
            action();
        } catch (const std::exception& error) {
            failed_ = true;
            const auto* known = dynamic_cast<const core::Error*>(&error);
            const std::string where =
                world_.size() > 1 ? fmt::format("rank {} on {}: ", world_.rank(), world_.host()) : std::string();
            const std::string what = reason_of(error, member_bytes_);
            hooks_.note(fmt::format("failed: {}", what));
            send(0, Failed{.kind = known != nullptr ? known->kind() : core::Failure::run, .message = where + what});
        }
    }

    void attend_to_stops() {
        if (const std::string who = stop_.news(hooks_); !who.empty()) send(0, Interrupted{who});
        if (!stop_.is_overdue()) return;
        core::fail(
            core::Failure::run,
            "rank {} on {} was asked to stop, but the coordinator does not answer; what is saved is saved: go on "
            "with --resume",
            world_.rank(), world_.host());
    }

    /// What the worker has to say to the coordinator.
    void tell(Message message) {
        if (auto* finished = std::get_if<Finished>(&message)) {
            finished->talk_s = std::exchange(talk_s_, 0);
            hooks_.note(text_of(*finished));
        }
        send(0, message);
    }

    void send(int rank, const Message& message) { world_.send(rank, message_tag, encode(message)); }

    /// Takes all messages that have come; true if there was any.
    bool look() {
        bool any = false;
        while (const auto message = world_.poll()) {
            any = true;
            guarded([&] { take(message->source, decode(message->bytes)); });
        }
        return any;
    }

    void take(int source, const Message& message) {
        if (const auto* stop = std::get_if<Stop>(&message)) {
            stopped_ = true;
            stop_code_ = stop->exit_code;
            if (stop->ranks_lost) world_.abandon_collectives();
        } else if (is_for_worker(message)) {
            if (const auto* threads = std::get_if<Threads>(&message))
                hooks_.note(fmt::format("goes on with {} threads", threads->count));
            if (std::holds_alternative<Analyse>(message)) analyses_ = true;
            if (analyses_ || std::holds_alternative<Suspend>(message)) stop_.answer();
            if (worker_) worker_->receive(message);
        } else {
            core::require(root_.has_value(), "only the root coordinates");
            root_->receive(source, message, clock_.seconds());
        }
    }

    comm::Communicator world_;
    TrainingHooks& hooks_;
    core::Stopwatch clock_;
    std::optional<Root> root_;
    std::optional<Worker> worker_;
    std::size_t member_bytes_ = 0;  ///< that training a member takes; 0 if not known
    bool ready_ = false;            ///< has compiled its first member
    double first_step_s_ = 0;
    bool analyses_ = false;  ///< has heard that training is over
    bool failed_ = false;
    bool stopped_ = false;
    int stop_code_ = 0;
    double talk_s_ = 0;          ///< time with messages since the last member was done
    double coordination_s_ = 0;  ///< on the root: processor time for messages and what is shown
    StopRequest stop_;
};

}  // namespace

Trained train_members(const comm::Communicator& world, const config::Experiment& experiment, MemberStorage& storage,
                      TrainingHooks& hooks, StartingPoint start) {
    return train_members(world, experiment, storage, hooks, std::move(start), training_of_networks(experiment));
}

Trained train_members(const comm::Communicator& world, const config::Experiment& experiment, MemberStorage& storage,
                      TrainingHooks& hooks, StartingPoint start, const MakeTraining& make_training) {
    RankLoop loop(world, experiment, storage, hooks, std::move(start), make_training);
    loop.participate();
    loop.throw_if_failed();
    return loop.result();
}

void dismiss(const comm::Communicator& world, const Coordinator& coordinator, int exit_code) {
    comm::Communicator ranks = world;
    for (int rank = 1; rank < ranks.size(); ++rank) {
        if (!coordinator.is_lost(rank))
            ranks.send(rank, message_tag, encode(Stop{exit_code, coordinator.ranks_lost() > 0}));
    }
}

}  // namespace ensemble::schedule
