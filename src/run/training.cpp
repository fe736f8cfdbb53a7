#include "run/training.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "comm/backoff.hpp"
#include "core/contract.hpp"
#include "core/stopwatch.hpp"
#include "report/text.hpp"
#include "run/preflight.hpp"
#include "run/worker.hpp"

namespace ensemble::run {
namespace {

constexpr int letter_tag = 1;

/// Seconds between two looks for messages while there is work. Each look offers the core to other processes, which on a
/// busy machine take it for milliseconds: the root looks often enough that nobody waits long for a member, the others
/// only wait for bad news.
constexpr double root_look_interval_s = 5e-3;
constexpr double look_interval_s = 50e-3;

/// Longest sleep of a rank that has nothing to do; while test rows are analysed the root waits for others.
constexpr std::chrono::microseconds longest_sleep = std::chrono::milliseconds(5);
constexpr std::chrono::microseconds longest_sleep_in_analysis(200);

/// Seconds between a rank's reports of progress; of many ranks the root gets no more than so many a second.
constexpr double least_progress_interval_s = 0.2;
constexpr double most_reports_per_s = 1000;

/// A rank that was asked to stop leaves after so long even if the coordinator does not answer, which waits for no rank
/// as long.
constexpr double longest_stop_s = longest_suspension_s + 30;

/// One rank's part in the training, root or not.
class Participant {
public:
    Participant(const comm::Communicator& world, const Experiment& experiment, const Witness& witness,
                const Trainees& trainees)
        : world_(world), witness_(witness), experiment_(experiment) {
        const Options& options = experiment.options();
        if (world_.is_root()) {
            coordinator_.emplace(options.members, world_.size(), options.training.epochs, witness_.work,
                                 witness_.recovers);
            if (!witness_.seats.empty()) coordinator_->lend(witness_.seats);
            coordinator_->set_task(experiment.task());
            coordinator_->set_test_size(experiment.test_set().rows.size(), experiment.predicted_width());
        }
        guarded([&] {
            member_bytes_ = rank_bytes(experiment);
            worker_.emplace(
                experiment, [this](const Letter& letter) { tell(letter); }, witness_.storage, trainees,
                std::max(least_progress_interval_s, world_.size() / most_reports_per_s));
        });
    }

    /// Works until the coordinator says that all is done or that the run has failed.
    void participate() {
        const double interval_s = world_.is_root() ? root_look_interval_s : look_interval_s;
        comm::Backoff calm(longest_sleep);
        comm::Backoff brisk(longest_sleep_in_analysis);
        core::Stopwatch since_look;
        while (!is_over()) {
            bool busy = false;
            if (witness_.turn) witness_.turn();
            attend_to_stops();
            attend_to_losses();
            if (!failed_) guarded([&] { busy = worker_->work(); });
            if (busy && !std::exchange(ready_, true)) first_step_s_ = clock_.seconds();
            if (busy && since_look.seconds() < interval_s) continue;
            const core::Stopwatch talk;
            const double processor_s = coordinator_ ? core::processor_seconds() : 0;
            const bool any = look();
            if (busy || any) talk_s_ += talk.seconds();
            if (coordinator_ && !failed_) guarded([&] { show(); });
            if (coordinator_ && (busy || any)) coordination_s_ += core::processor_seconds() - processor_s;
            since_look.restart();  // only now: a look may have cost the core for longer than the interval
            if (busy || any) {
                calm.reset();
                brisk.reset();
            } else {
                (coordinator_ && coordinator_->is_analysing() ? brisk : calm).pause();
            }
        }
    }

    /// All ranks leave with the root's error if the run has failed.
    void agree() {
        std::optional<core::Error> error;
        if (coordinator_ && coordinator_->failure()) {
            const core::Error& failure = *coordinator_->failure();
            error.emplace(failure.kind(), fmt::format("{}; {}", failure.what(), witness_.what_survives()));
        }
        if (coordinator_ && coordinator_->ranks_lost() > 0) world_.abandon_collectives();
        if (!coordinator_ && stop_code_ != 0) error.emplace(static_cast<core::Failure>(stop_code_), "");
        if (!error) return;
        if (coordinator_) dismiss(world_, *coordinator_, error->exit_code());
        throw comm::SharedError(error->kind(), error->what());
    }

    [[nodiscard]] Trained result() {
        return {.rows = std::move(rows_),
                .coordinator = std::move(coordinator_),
                .first_step_s = first_step_s_,
                .coordination_s = coordination_s_};
    }

private:
    [[nodiscard]] bool is_over() const { return stopped_ || (coordinator_ && coordinator_->is_over()); }

    /// Root only: others take over what lost ranks had.
    void attend_to_losses() {
        if (!coordinator_ || !witness_.losses) return;
        for (const comm::RankFailure& loss : witness_.losses()) {
            const std::string what = fmt::format("rank {} {}", loss.rank, loss.why);
            if (!witness_.recovers) {
                core::fail(core::Failure::run, "{}; {}", what, witness_.what_survives());
            }
            witness_.note(what);
            if (witness_.remark) witness_.remark(fmt::format("note: {}; the others go on with what it had", what));
            for (const auto& [rank, answer] : coordinator_->lose(loss.rank, loss.why, clock_.seconds())) {
                send(rank, answer);
            }
        }
    }

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
            const std::string what = reason_of(error);
            witness_.note(fmt::format("failed: {}", what));
            send(0, Failed{.kind = known != nullptr ? known->kind() : core::Failure::run, .message = where + what});
        }
    }

    [[nodiscard]] std::string reason_of(const std::exception& error) const {
        if (dynamic_cast<const std::bad_alloc*>(&error) == nullptr || member_bytes_ == 0) return core::reason(error);
        return fmt::format("{}; training a member takes {}, beside the data and what kernels need", core::reason(error),
                           report::bytes(member_bytes_));
    }

    /// Hands on that somebody wants this run to stop, once; on the root, waits for nobody for ever.
    void attend_to_stops() {
        if (!told_ && witness_.stop_wanted) {
            const std::string who = witness_.stop_wanted();
            if (!who.empty()) {
                told_ = true;
                since_told_.restart();
                witness_.note(fmt::format("asked to stop by {}", who));
                send(0, Interrupted{who});
            }
        }
        if (told_ && !is_answered_ && since_told_.seconds() > longest_stop_s) {
            core::fail(core::Failure::run,
                       "rank {} on {} was asked to stop, but the coordinator does not answer; what is kept is kept: go "
                       "on with --resume",
                       world_.rank(), world_.host());
        }
        if (!coordinator_) return;
        if (const auto rank = coordinator_->overdue(clock_.seconds())) {
            core::fail(core::Failure::run,
                       "rank {} does not answer the order to stop; what it was training is kept as of its last "
                       "checkpoint, everything else as it is: go on with --resume",
                       *rank);
        }
    }

    /// What the worker has to say to the coordinator.
    void tell(Letter letter) {
        if (auto* finished = std::get_if<Finished>(&letter)) {
            finished->talk_s = std::exchange(talk_s_, 0);
            const analysis::MemberResult& member = finished->result;
            const std::string outcome = member.excluded.empty() ? "" : fmt::format(", excluded: {}", member.excluded);
            witness_.note(fmt::format("member {} done: {} epochs in {:.2f} s{}", member.index, member.epochs,
                                      finished->busy_s, outcome));
        }
        send(0, letter);
    }

    void show() {
        if (witness_.wants_snapshot()) witness_.snapshot(coordinator_->snapshot(clock_.seconds()));
    }

    void send(int rank, const Letter& letter) { world_.send(rank, letter_tag, encode(letter)); }

    /// Takes all messages that have come; true if there was any.
    bool look() {
        bool any = false;
        while (const auto message = world_.poll()) {
            any = true;
            guarded([&] { take(message->source, decode(message->bytes)); });
        }
        return any;
    }

    void take(int source, const Letter& letter) {
        if (const auto* stop = std::get_if<Stop>(&letter)) {
            stopped_ = true;
            stop_code_ = stop->exit_code;
            if (stop->losses) world_.abandon_collectives();
        } else if (const auto* threads = std::get_if<Threads>(&letter)) {
            if (!worker_) return;
            witness_.note(fmt::format("goes on with {} threads", threads->count));
            worker_->receive(letter);
        } else if (std::holds_alternative<Assign>(letter) || std::holds_alternative<Analyse>(letter) ||
                   std::holds_alternative<Suspend>(letter)) {
            if (!std::holds_alternative<Assign>(letter)) is_answered_ = true;
            if (worker_) worker_->receive(letter);
        } else {
            coordinate(source, letter);
        }
    }

    void coordinate(int source, const Letter& letter) {
        core::require(coordinator_.has_value(), "only the root coordinates");
        if (coordinator_->is_lost(source)) return;
        // Witnesses first: with the answer the run may be over.
        if (const auto* epoch = std::get_if<EpochDone>(&letter)) {
            if (!epoch->restored) {
                witness_.epoch_done(epoch->record);
            } else if (witness_.epoch_restored) {
                witness_.epoch_restored(epoch->record);
            }
        }
        if (const auto* finished = std::get_if<Finished>(&letter)) witness_.member_done(finished->result, source);
        if (const auto* block = std::get_if<Analysed>(&letter)) place(*block);
        const auto* remark = std::get_if<Remark>(&letter);
        if (remark != nullptr && witness_.remark) witness_.remark(remark->text);
        for (const auto& [rank, answer] : coordinator_->receive(source, letter, clock_.seconds())) send(rank, answer);
    }

    /// Root only: a block of test rows is analysed.
    void place(const Analysed& block) {
        const EvaluationSet& test = experiment_.test_set();
        if (!rows_) rows_ = analysis::room_for(experiment_.task(), experiment_.targets(), test.rows.size());
        rows_->place(block.first, block.results);
    }

    comm::Communicator world_;
    const Witness& witness_;
    const Experiment& experiment_;
    core::Stopwatch clock_;
    std::optional<Coordinator> coordinator_;
    std::optional<Worker> worker_;
    std::size_t member_bytes_ = 0;  ///< that training a member takes; 0 if not known
    bool ready_ = false;            ///< has compiled its first member
    double first_step_s_ = 0;
    bool failed_ = false;
    bool stopped_ = false;
    int stop_code_ = 0;
    double talk_s_ = 0;                         ///< time with messages since the last member was done
    double coordination_s_ = 0;                 ///< on the root: processor time for messages and what is shown
    std::optional<analysis::RowResults> rows_;  ///< on the root: of the blocks of test rows that have come
    core::Stopwatch since_told_;
    bool told_ = false;         ///< the coordinator that somebody wants a stop
    bool is_answered_ = false;  ///< the coordinator is bringing the run to an end
};

}  // namespace

Trained train_members(const comm::Communicator& world, const Experiment& experiment, const Witness& witness) {
    return train_members(world, experiment, witness, trainees_of(experiment));
}

Trained train_members(const comm::Communicator& world, const Experiment& experiment, const Witness& witness,
                      const Trainees& trainees) {
    Participant participant(world, experiment, witness, trainees);
    participant.participate();
    participant.agree();
    return participant.result();
}

void dismiss(const comm::Communicator& world, const Coordinator& coordinator, int exit_code) {
    comm::Communicator ranks = world;
    for (int rank = 1; rank < ranks.size(); ++rank) {
        if (!coordinator.is_lost(rank))
            ranks.send(rank, letter_tag, encode(Stop{exit_code, coordinator.ranks_lost() > 0}));
    }
}

}  // namespace ensemble::run
