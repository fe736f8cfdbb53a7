#include "run/coordinator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/contract.hpp"
#include "run/summation.hpp"

namespace ensemble::run {
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

    std::vector<Answer> operator()(const Progress& letter) const {
        Rank& state = self.training(rank, letter.member);
        state.progress.epoch = letter.epoch;
        state.progress.fraction = std::min(letter.fraction, almost_done);
        state.progress.loss = letter.loss;
        state.samples = letter.samples;
        state.kept = letter.kept;
        return {};
    }

    std::vector<Answer> operator()(const EpochDone& letter) const {
        Rank& state = self.training(rank, letter.record.member);
        state.progress.validation_score = letter.record.validation_score;
        if (!letter.restored) state.spent_s += letter.record.seconds;
        return {};
    }

    std::vector<Answer> operator()(const Finished& letter) const { return self.finish(rank, letter, now_s); }

    std::vector<Answer> operator()(const Failed& letter) const {
        return self.fail(core::Error(letter.kind, letter.message));
    }

    std::vector<Answer> operator()(const Interrupted& letter) const { return self.suspend(letter.why, now_s); }

    std::vector<Answer> operator()(const Suspended&) const {
        Rank& state = self.ranks_[static_cast<std::size_t>(rank)];
        if (self.suspended_by_.empty() || state.suspended) refuse(rank, "that it has stopped, though nobody asked");
        state.suspended = true;
        if (state.member) {
            self.stretches_s_.push_back(now_s - state.start_s);
            self.last_end_s_ = now_s;
        }
        if (self.is_over() || !std::ranges::all_of(self.ranks_, &Rank::suspended)) return {};
        return self.conclude();
    }

    std::vector<Answer> operator()(const Remark&) const { return {}; }

    std::vector<Answer> operator()(const Combined& letter) const {
        if (rank != 0 || letter.round > self.round_) refuse(rank, "a sum that nobody asked for");
        self.concluded_ = self.combining_ && letter.round == self.round_;
        return {};
    }

    // What workers send one another, and what only a coordinator sends.
    std::vector<Answer> operator()(const Share&) const { refuse(rank, "a share"); }
    std::vector<Answer> operator()(const Assign&) const { refuse(rank, "an assignment"); }
    std::vector<Answer> operator()(const Combine&) const { refuse(rank, "the end of training"); }
    std::vector<Answer> operator()(const Stop&) const { refuse(rank, "an order to stop"); }
    std::vector<Answer> operator()(const Threads&) const { refuse(rank, "an order about threads"); }
    std::vector<Answer> operator()(const Suspend&) const { refuse(rank, "an order to suspend"); }
};

Coordinator::Coordinator(std::size_t members, int ranks, std::size_t epochs, std::vector<Work> work, bool recovers)
    : epochs_(epochs),
      work_(std::move(work)),
      recovers_(recovers),
      ranks_(static_cast<std::size_t>(std::max(ranks, 0))),
      results_(members) {
    core::require(members > 0 && ranks > 0 && epochs > 0, "there are members, ranks and epochs");
    core::require(work_.empty() || work_.size() == members, "every member has its work");
    work_.resize(members);
    order_.resize(members);
    std::iota(order_.begin(), order_.end(), 0U);
    sort_queue();
}

void Coordinator::sort_queue() {
    const auto place = [&](std::uint32_t member) {
        const Work& work = work_[member];
        return std::tuple(!work.is_trained(), -work.left(), member);
    };
    std::ranges::sort(order_.begin() + static_cast<std::ptrdiff_t>(next_member_), order_.end(), {}, place);
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
    if (is_over() || !suspended_by_.empty()) return {};
    if (combining_) {  // soon over, unless a rank is lost
        stop_wanted_by_ = why;
        return {};
    }
    suspended_by_ = why;
    suspended_s_ = now_s;
    return to_all(Suspend{});
}

std::optional<int> Coordinator::overdue(double now_s) const noexcept {
    if (suspended_by_.empty() || is_over() || now_s < suspended_s_ + longest_suspension_s) return std::nullopt;
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!ranks_[rank].suspended) return static_cast<int>(rank);
    }
    return std::nullopt;
}

std::vector<Coordinator::Answer> Coordinator::receive(int rank, const Letter& letter, double now_s) {
    core::require(rank >= 0 && static_cast<std::size_t>(rank) < ranks_.size(), "letters come from ranks of the run");
    if (failure_ || is_lost(rank)) return {};  // all have been told to leave, or this one speaks from the grave
    return with_threads(std::visit(Visitor{*this, rank, now_s}, letter));
}

void Coordinator::lend(std::vector<Seat> seats) {
    core::require(seats.size() == ranks_.size(), "every rank has a seat");
    seats_ = std::move(seats);
}

/// Tells ranks at work, behind `answers`, how many threads they may use where that changes.
std::vector<Coordinator::Answer> Coordinator::with_threads(std::vector<Answer> answers) {
    if (seats_.empty() || is_over() || combining_ || !suspended_by_.empty()) return answers;
    std::vector<bool> works;
    for (const Rank& rank : ranks_) works.push_back(!rank.is_idle());
    if (works == at_work_) return answers;
    at_work_ = works;
    const std::vector<std::size_t> threads = threads_of(seats_, works);
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!works[rank] || std::exchange(ranks_[rank].threads, threads[rank]) == threads[rank]) continue;
        answers.push_back({static_cast<int>(rank), Threads{static_cast<std::int32_t>(threads[rank])}});
    }
    return answers;
}

std::vector<Coordinator::Answer> Coordinator::assign(int rank, double now_s) {
    Rank& state = ranks_[static_cast<std::size_t>(rank)];
    if (state.next || state.waits) refuse(rank, "a second request before the answer to the first");
    if (next_member_ == order_.size() || !suspended_by_.empty()) {
        state.waits = true;
        return {};
    }
    const std::uint32_t member = order_[next_member_++];
    if (!std::exchange(started_, true)) first_start_s_ = now_s;
    // A worker asks for the next member when it has trained one, before it has tested and stored it.
    if (state.member) {
        state.next = member;
    } else {
        begin(state, member, now_s);
    }
    return {{rank, Assign{member}}};
}

void Coordinator::begin(Rank& rank, std::uint32_t member, double now_s) {
    rank.member = member;
    rank.start_s = now_s;
    rank.spent_s = 0;
    rank.samples = 0;
    rank.kept = 0;
    rank.progress = {.training = true, .member = member, .epoch = 1};
}

Coordinator::Rank& Coordinator::training(int rank, std::uint32_t member) {
    Rank& state = ranks_[static_cast<std::size_t>(rank)];
    if (state.member != member) refuse(rank, "news of a member that it does not have");
    return state;
}

std::vector<Coordinator::Answer> Coordinator::finish(int rank, const Finished& finished, double now_s) {
    Rank& state = training(rank, finished.result.index);
    auto& result = results_[finished.result.index];
    if (!std::exchange(result, finished.result)) ++done_;
    result->train_s += work_[finished.result.index].spent_s;
    samples_done_ += finished.samples;
    stretches_s_.push_back(finished.busy_s);
    trained_ += work_[finished.result.index].left();
    talk_s_ += finished.talk_s;
    last_end_s_ = now_s;
    if (recovers_) state.held.push_back(finished.result.index);
    state.member.reset();
    state.samples = 0;
    state.progress = {};
    if (const auto next = std::exchange(state.next, std::nullopt)) begin(state, *next, now_s);
    return done_ == results_.size() ? conclude() : std::vector<Answer>{};
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

std::vector<Coordinator::Answer> Coordinator::take_back(Rank& rank, double now_s) {
    std::vector<std::uint32_t> members = std::exchange(rank.held, {});
    for (const std::uint32_t member : members) {
        work_[member].spent_s = results_[member]->train_s;  // files have no times
        results_[member].reset();
        --done_;
        work_[member].done = 1;
    }
    if (rank.member) {
        work_[*rank.member].done = std::max(work_[*rank.member].done, std::min(rank.kept, almost_done));
        work_[*rank.member].spent_s += rank.spent_s;
        stretches_s_.push_back(now_s - rank.start_s);
        members.push_back(*std::exchange(rank.member, std::nullopt));
    }
    if (rank.next) members.push_back(*std::exchange(rank.next, std::nullopt));
    rank.waits = false;
    rank.samples = 0;
    rank.kept = 0;
    rank.progress = {.lost = true};
    if (!suspended_by_.empty()) {
        const bool nobody_to_wait_for = combining_ || std::ranges::all_of(ranks_, &Rank::suspended);
        return nobody_to_wait_for ? conclude() : std::vector<Answer>{};
    }
    order_.insert(order_.end(), members.begin(), members.end());
    sort_queue();
    // What was on its way through this rank is lost with it: the others send it again.
    if (members.empty()) return combining_ ? conclude() : std::vector<Answer>{};
    combining_ = false;
    if (!stop_wanted_by_.empty()) return suspend(std::exchange(stop_wanted_by_, {}), now_s);
    std::vector<Answer> answers;
    for (std::size_t other = 0; other < ranks_.size() && next_member_ < order_.size(); ++other) {
        if (!std::exchange(ranks_[other].waits, false)) continue;
        for (Answer& answer : assign(static_cast<int>(other), now_s)) answers.push_back(std::move(answer));
    }
    return answers;
}

std::vector<Coordinator::Answer> Coordinator::conclude() {
    const std::vector<analysis::MemberResult> done = results();
    if (const auto best = analysis::choose_best(done)) {
        combining_ = recovers_;
        concluded_ = !recovers_;
        return recovers_ ? combine(*best) : to_all(Combine{.best = *best});
    }
    concluded_ = true;
    if (done.size() < results_.size()) {
        return fail(core::Error(core::Failure::stopped, fmt::format("stopped by {}", suspended_by_)));
    }
    return fail(core::Error(core::Failure::run,
                            fmt::format("training diverged: every member had to be excluded (member 0: {}); a smaller "
                                        "--lr often helps",
                                        done.front().excluded)));
}

/// Another round of summing, along a tree of the ranks that are left.
std::vector<Coordinator::Answer> Coordinator::combine(std::uint32_t best) {
    ++round_;
    std::vector<Answer> answers = to_all(Combine{.best = best, .round = round_});
    for (std::size_t place = 0; place < answers.size(); ++place) {
        const Branch branch = branch_of(place, answers.size());
        auto& order = std::get<Combine>(answers[place].letter);
        if (place > 0) order.parent = answers[branch.parent].rank;
        order.children = static_cast<std::int32_t>(branch.children);
    }
    return answers;
}

std::vector<Coordinator::Answer> Coordinator::fail(const core::Error& error) {
    if (failure_) return {};
    failure_ = error;
    return to_all(Stop{error.exit_code(), lost_ > 0});
}

std::vector<Coordinator::Answer> Coordinator::to_all(const Letter& letter) const {
    std::vector<Answer> answers;
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!ranks_[rank].lost) answers.push_back({static_cast<int>(rank), letter});
    }
    return answers;
}

std::uint64_t Coordinator::samples() const noexcept {
    std::uint64_t sum = samples_done_;
    for (const Rank& rank : ranks_) sum += rank.samples;
    return sum;
}

double Coordinator::idle_fraction() const noexcept {
    const double offered = offered_s();
    return offered > 0 ? std::clamp(1.0 - busy_s() / offered, 0.0, 1.0) : 0.0;
}

double Coordinator::busy_s() const noexcept {
    return std::accumulate(stretches_s_.begin(), stretches_s_.end(), 0.0);
}

double Coordinator::efficiency_bound() const {
    return run::efficiency_bound(stretches_s_, ranks_.size());
}

double Coordinator::communication_fraction() const noexcept {
    const double offered = offered_s();
    return offered > 0 ? talk_s_ / offered : 0.0;
}

double Coordinator::seconds_left(double now_s) const {
    // What work has cost so far, of finished members and of those in training alike.
    double trained = trained_;
    double spent_s = busy_s();
    std::vector<double> remaining;
    double queued = 0;
    for (std::size_t place = next_member_; place < order_.size(); ++place) queued += work_[order_[place]].left();
    for (const Rank& rank : ranks_) {
        if (rank.lost) continue;
        if (rank.next) queued += work_[*rank.next].left();
        remaining.push_back(rank.member ? 1.0 - rank.progress.fraction : 0.0);
        if (!rank.member) continue;
        trained += std::max(0.0, rank.progress.fraction - work_[*rank.member].done);
        spent_s += now_s - rank.start_s;
    }
    constexpr double enough_to_tell = 0.01;
    if (trained < enough_to_tell) return std::numeric_limits<double>::quiet_NaN();
    return makespan(remaining, static_cast<std::size_t>(std::ceil(queued))) * spent_s / trained;
}

report::Snapshot Coordinator::snapshot(double now_s) const {
    report::Snapshot snapshot{.members = results_.size(), .members_done = done_, .epochs = epochs_};
    auto trained = static_cast<double>(done_);
    for (const Rank& rank : ranks_) {
        snapshot.ranks.push_back(rank.progress);
        if (rank.member) trained += rank.progress.fraction;
    }
    snapshot.fraction = trained / static_cast<double>(results_.size());
    snapshot.elapsed_s = started_ ? now_s - first_start_s_ : 0.0;
    snapshot.left_s = seconds_left(now_s);
    if (snapshot.elapsed_s > 0) snapshot.samples_per_s = static_cast<double>(samples()) / snapshot.elapsed_s;
    return snapshot;
}

}  // namespace ensemble::run
