#include "run/coordinator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::run {
namespace {

[[noreturn]] void refuse(int rank, const char* what) {
    core::fail(core::Failure::run, "rank {} sends {}; do all ranks run the same program?", rank, what);
}

/// Of a block of test rows: numbers of all members together at most, as long as these are some rows, since each block
/// opens a file for every member.
constexpr std::size_t most_numbers_in_block = std::size_t{1} << 20U;
constexpr std::size_t least_rows_in_block = 16;

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
        if (self.is_over() || self.analysis_ || !std::ranges::all_of(self.ranks_, &Rank::suspended)) return {};
        return self.conclude();
    }

    std::vector<Answer> operator()(const Remark&) const { return {}; }

    std::vector<Answer> operator()(const Analysed& letter) const { return self.analysed(rank, letter.first); }

    // What only a coordinator sends.
    std::vector<Answer> operator()(const Assign&) const { refuse(rank, "an assignment"); }
    std::vector<Answer> operator()(const Analyse&) const { refuse(rank, "an order to analyse"); }
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
    if (is_over() || analysis_ || !suspended_by_.empty()) return {};  // the analysis is soon over
    suspended_by_ = why;
    suspended_s_ = now_s;
    return to_all(Suspend{});
}

std::optional<int> Coordinator::overdue(double now_s) const noexcept {
    if (suspended_by_.empty() || analysis_ || is_over() || now_s < suspended_s_ + longest_suspension_s)
        return std::nullopt;
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (!ranks_[rank].suspended) return static_cast<int>(rank);
    }
    return std::nullopt;
}

std::vector<Coordinator::Answer> Coordinator::receive(int rank, const Letter& letter, double now_s) {
    core::require(rank >= 0 && static_cast<std::size_t>(rank) < ranks_.size(), "letters come from ranks of the run");
    if (failure_ || is_lost(rank)) return {};  // all have been told to leave, or this one was given up
    return with_threads(std::visit(Visitor{*this, rank, now_s}, letter));
}

void Coordinator::lend(std::vector<Seat> seats) {
    core::require(seats.size() == ranks_.size(), "every rank has a seat");
    seats_ = std::move(seats);
}

/// Tells ranks at work, behind `answers`, how many threads they may use where that changes.
std::vector<Coordinator::Answer> Coordinator::with_threads(std::vector<Answer> answers) {
    if (seats_.empty() || is_over() || analysis_ || !suspended_by_.empty()) return answers;
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
    // A worker asks for the next member when it has trained one, before that has predicted and is stored.
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
    if (analysis_) {
        if (rank.block) analysis_->queue.push_back(*std::exchange(rank.block, std::nullopt));
        rank.progress = {.lost = true};
        std::vector<Answer> answers;
        for (std::size_t other = 0; other < ranks_.size() && !analysis_->queue.empty(); ++other) {
            if (ranks_[other].lost || ranks_[other].block) continue;
            answers.push_back(*next_block(static_cast<int>(other)));
        }
        return answers;
    }
    std::vector<std::uint32_t> members;
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
    if (!suspended_by_.empty())
        return std::ranges::all_of(ranks_, &Rank::suspended) ? conclude() : std::vector<Answer>{};
    order_.insert(order_.end(), members.begin(), members.end());
    sort_queue();
    std::vector<Answer> answers;
    for (std::size_t other = 0; other < ranks_.size() && next_member_ < order_.size(); ++other) {
        if (!std::exchange(ranks_[other].waits, false)) continue;
        for (Answer& answer : assign(static_cast<int>(other), now_s)) answers.push_back(std::move(answer));
    }
    return answers;
}

std::vector<Coordinator::Answer> Coordinator::conclude() {
    const std::vector<analysis::MemberResult> done = results();
    if (const auto best = analysis::choose_best(*task_, done)) return begin_analysis(*best);
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
std::vector<Coordinator::Answer> Coordinator::begin_analysis(std::uint32_t best) {
    Analysis analysis;
    analysis.order.best = best;
    for (std::uint32_t member = 0; member < results_.size(); ++member) {
        const auto& result = results_[member];
        if (!result || !result->is_included()) analysis.order.left_out.push_back(member);
    }
    const std::size_t row = (results_.size() - analysis.order.left_out.size()) * test_width_;
    analysis.block_rows =
        std::clamp<std::size_t>(most_numbers_in_block / row, std::min(least_rows_in_block, test_rows_), test_rows_);
    analysis.blocks = (test_rows_ + analysis.block_rows - 1) / analysis.block_rows;
    for (std::size_t block = analysis.blocks; block > 0; --block) analysis.queue.push_back(block - 1);
    analysis_ = std::move(analysis);
    std::vector<Answer> answers;
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
        if (ranks_[rank].lost) continue;
        auto answer = next_block(static_cast<int>(rank));
        answers.push_back(answer ? std::move(*answer) : Answer{static_cast<int>(rank), analysis_->order});
    }
    return answers;
}

std::optional<Coordinator::Answer> Coordinator::next_block(int rank) {
    if (analysis_->queue.empty()) return std::nullopt;
    const std::size_t block = analysis_->queue.back();
    analysis_->queue.pop_back();
    ranks_[static_cast<std::size_t>(rank)].block = block;
    Analyse order = analysis_->order;
    order.first = block * analysis_->block_rows;
    order.rows = std::min(analysis_->block_rows, test_rows_ - order.first);
    return Answer{rank, std::move(order)};
}

std::vector<Coordinator::Answer> Coordinator::analysed(int rank, std::uint64_t first) {
    Rank& state = ranks_[static_cast<std::size_t>(rank)];
    if (!analysis_ || !state.block || first != *state.block * analysis_->block_rows)
        refuse(rank, "the analysis of rows that it was not given");
    state.block.reset();
    if (++analysis_->done == analysis_->blocks) concluded_ = true;
    if (auto next = next_block(rank)) return {std::move(*next)};
    return {};
}

void Coordinator::set_test_size(std::size_t rows, std::size_t width) {
    core::require(rows > 0 && width > 0, "there are test rows, and something is predicted of each");
    test_rows_ = rows;
    test_width_ = width;
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
    snapshot.score = &task_->metrics().front();
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
