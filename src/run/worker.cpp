#include "run/worker.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "analysis/scores.hpp"
#include "core/contract.hpp"
#include "train/predictor.hpp"

namespace ensemble::run {
namespace {

/// Test rows predicted in one piece of work where each is seen in so many views; a multiple of the predictor's batch,
/// as its bits demand.
std::size_t rows_per_piece(std::size_t views) {
    constexpr std::size_t batches = 4;
    return std::max<std::size_t>(batches / views, 1) * train::Predictor::batch;
}

}  // namespace

Worker::Worker(const Experiment& experiment, Send send, Storage storage, Trainees trainees, double progress_interval_s)
    : experiment_(experiment),
      send_(std::move(send)),
      storage_(std::move(storage)),
      trainees_(std::move(trainees)),
      progress_interval_s_(progress_interval_s),
      contribution_(experiment.test_labels().size(), experiment.network().outputs()) {
    send_(Request{});
}

void Worker::receive(const Letter& letter) {
    if (const auto* assign = std::get_if<Assign>(&letter)) {
        core::require(!next_, "a worker is given one member at a time");
        best_.reset();  // a rank was lost since the order to combine
        next_ = assign->member;
    } else if (const auto* combine = std::get_if<Combine>(&letter)) {
        core::require(!training_ && !testing_ && !next_, "members are combined when none is in training");
        best_ = combine->best;
    } else if (const auto* threads = std::get_if<Threads>(&letter)) {
        threads_ = static_cast<std::size_t>(threads->count);
        if (training_) training_->trainee->use_threads(*threads_);
    } else {
        core::require(std::holds_alternative<Suspend>(letter), "a coordinator assigns, combines or suspends");
        suspend();
    }
}

void Worker::suspend() {
    next_.reset();
    if ((training_ || testing_) && storage_.save) {
        // One that is being tested goes back to the end of its training.
        const bool is_kept = testing_ ? testing_->is_final : training_->is_final;
        if (!is_kept) storage_.save(testing_ ? testing_->trainee->state() : training_->trainee->state());
    }
    training_.reset();
    testing_.reset();
    send_(Suspended{});
}

bool Worker::work() {
    if (best_) return false;
    if (testing_) {
        test_rows();
    } else if (training_) {
        train_batch();
    } else if (next_) {
        begin(*std::exchange(next_, std::nullopt));
    } else {
        return false;
    }
    return true;
}

void Worker::begin(std::uint32_t member) {
    const core::Stopwatch since_start;
    since_progress_.restart();
    store::KeptMember kept = storage_.load ? storage_.load(member) : store::KeptMember{};
    for (const std::string& why : kept.refused) {
        send_(Remark{fmt::format("note: member {} goes on from {}: {}", member,
                                 kept.state ? fmt::format("an older state, {} epochs trained", kept.state->epoch)
                                            : std::string("its beginning"),
                                 why)});
    }
    std::uint64_t earlier = 0;
    if (kept.state) {
        for (const train::EpochRecord& record : kept.state->history) send_(EpochDone{record, true});
        earlier = samples(*kept.state);
    }
    training_.emplace(Training{trainees_(member, std::move(kept.state)), since_start, earlier, kept.is_final});
    training_->kept = training_->trainee->progress();
    if (threads_) training_->trainee->use_threads(*threads_);
    if (training_->trainee->is_trained()) end_training();
}

void Worker::train_batch() {
    Trainee& trainee = *training_->trainee;
    const auto record = trainee.train();
    if (record) send_(EpochDone{*record});
    if (trainee.is_trained()) return end_training();
    if (storage_.offer && storage_.offer(trainee.state())) training_->kept = trainee.progress();
    if (!record && since_progress_.seconds() < progress_interval_s_) return;
    since_progress_.restart();
    const train::MemberState& state = trainee.state();
    send_(Progress{.member = state.member,
                   .epoch = state.epoch + 1,
                   .fraction = trainee.progress(),
                   .loss = record ? record->train_loss : trainee.running_loss(),
                   .samples = samples(state) - training_->earlier_samples,
                   .kept = std::min(training_->kept, 1.0)});
}

void Worker::end_training() {
    // The next member is on its way here while this one is tested and stored.
    send_(Request{});
    const bool included = training_->trainee->state().excluded.empty();
    const std::size_t rows = included ? experiment_.test_labels().size() : 0;
    testing_.emplace(Testing{std::move(training_->trainee), training_->since_start, training_->earlier_samples,
                             training_->is_final, std::vector<float>(rows * experiment_.network().outputs()), 0});
    training_.reset();
}

void Worker::test_rows() {
    Testing& testing = *testing_;
    const std::size_t classes = experiment_.network().outputs();
    const std::size_t rows = testing.probabilities.size() / classes;
    if (testing.rows_done == rows) return finish();
    const std::size_t count = std::min(rows_per_piece(experiment_.options().test_views), rows - testing.rows_done);
    testing.trainee->predict(testing.rows_done,
                             std::span(testing.probabilities).subspan(testing.rows_done * classes, count * classes));
    testing.rows_done += count;
}

void Worker::finish() {
    // Parameters close to overflow can do on the validation rows and still fail on another.
    const auto is_finite = [](float probability) { return std::isfinite(probability); };
    if (!std::ranges::all_of(testing_->probabilities, is_finite)) {
        testing_->trainee->exclude("its predictions for the test data are not all finite numbers");
    }
    const analysis::MemberResult result = result_of(*testing_);
    if (!testing_->is_final) storage_.finish(testing_->trainee->state());
    if (result.excluded.empty()) join(result, std::move(testing_->probabilities));
    const Finished finished{.result = result,
                            .samples = samples(testing_->trainee->state()) - testing_->earlier_samples,
                            .busy_s = testing_->since_start.seconds()};
    testing_.reset();
    send_(finished);
}

void Worker::join(const analysis::MemberResult& result, std::vector<float> probabilities) {
    Best member{result, std::move(probabilities)};
    if (best_here_) {
        const std::array both{best_here_->result, member.result};
        if (analysis::choose_best(both) == result.index) std::swap(*best_here_, member);
        contribution_.add_member(member.probabilities, experiment_.test_labels(), false);
    } else {
        best_here_ = std::move(member);
    }
}

analysis::Contribution Worker::contribution() const {
    core::require(is_to_combine(), "members are combined when all are done");
    analysis::Contribution whole = contribution_;
    if (best_here_) {
        const bool is_best = best_here_->result.index == *best_;
        whole.add_member(best_here_->probabilities, experiment_.test_labels(), is_best);
    }
    return whole;
}

analysis::MemberResult Worker::result_of(const Testing& testing) const {
    const train::MemberState& state = testing.trainee->state();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    analysis::MemberResult result{.index = state.member,
                                  .parameters = experiment_.network().parameter_count(),
                                  .epochs = state.epoch,
                                  .train_s = state.train_seconds,
                                  .validation_loss = nan,
                                  .validation_score = nan,
                                  .test = {},
                                  .excluded = state.excluded};
    if (!state.excluded.empty()) return result;
    result.test = analysis::score(testing.probabilities, experiment_.test_labels(), experiment_.network().outputs());
    // With early stopping the parameters are those of the best epoch, else of the last.
    const bool early_stopping = experiment_.options().training.patience > 0;
    const std::size_t epoch = early_stopping ? state.best_epoch : state.epoch;
    const train::EpochRecord& record = state.history.at(epoch - 1);
    result.validation_loss = record.validation_loss;
    result.validation_score = record.validation_score;
    return result;
}

std::uint64_t Worker::samples(const train::MemberState& state) const {
    const std::size_t rows = experiment_.split().train.size();
    const std::uint64_t in_epoch = std::min<std::uint64_t>(rows, state.step * experiment_.options().training.batch);
    return std::uint64_t{state.epoch} * rows + in_epoch;
}

}  // namespace ensemble::run
