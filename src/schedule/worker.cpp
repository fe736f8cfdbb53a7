#include "schedule/worker.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "core/contract.hpp"
#include "task/score.hpp"
#include "train/beginning.hpp"
#include "train/predictor.hpp"

namespace ensemble::schedule {
namespace {

/// Rows predicted in one piece of work where each is seen in so many views: whole batches, since one that is short
/// costs as much.
std::size_t rows_per_piece(std::size_t views) {
    constexpr std::size_t batches = 16;
    return std::max<std::size_t>(batches / views, 1) * train::Predictor::batch;
}

}  // namespace

Worker::Worker(const config::Experiment& experiment, Send send, MemberStorage& storage, MakeTraining make_training,
               double progress_interval_s)
    : experiment_(experiment),
      send_(std::move(send)),
      storage_(storage),
      make_training_(std::move(make_training)),
      progress_interval_s_(progress_interval_s),
      study_(experiment.study()),
      analyst_(study_, [this](std::size_t set, std::span<const std::uint32_t> members, std::size_t first,
                              std::size_t count) { return storage_.rows(set, members, first, count); }) {
    send_(Request{});
}

void Worker::receive(const Message& message) {
    if (const auto* assign = std::get_if<Assign>(&message)) {
        core::require(!unit_, "a worker is given one unit at a time");
        unit_ = assign->unit;
    } else if (const auto* job = std::get_if<Analyse>(&message)) {
        core::require(!training_ && !predicting_ && !unit_, "members are combined when none is in training");
        if (job->job != no_job) jobs_.push_back(*job);
    } else if (const auto* threads = std::get_if<Threads>(&message)) {
        threads_ = static_cast<std::size_t>(threads->count);
        if (training_) training_->member->use_threads(*threads_);
    } else {
        core::require(std::holds_alternative<Suspend>(message),
                      "a coordinator assigns, has blocks analysed or suspends");
        suspend(std::get<Suspend>(message).saves);
    }
}

void Worker::suspend(bool saves) {
    unit_.reset();
    start_.reset();
    if (!saves) {
        storage_.settle();
    } else if (training_ || predicting_) {
        // One that is predicting goes back to the end of its training.
        const bool is_saved = predicting_ ? predicting_->is_final : training_->is_final;
        if (!is_saved) storage_.save(predicting_ ? predicting_->member->state() : training_->member->state());
    }
    training_.reset();
    predicting_.reset();
    send_(Suspended{});
}

bool Worker::work() {
    if (predicting_) {
        predict_rows();
    } else if (training_) {
        train_batch();
    } else if (unit_) {
        const std::uint32_t member = unit_->first++;
        if (--unit_->count == 0) unit_.reset();
        begin(member);
    } else if (!jobs_.empty() && !is_analysing()) {
        begin_job();
    } else {
        return false;
    }
    return true;
}

void Worker::begin(std::uint32_t member) {
    const core::Stopwatch since_start;
    since_progress_.restart();
    store::SavedMember saved = storage_.load(member);
    for (const std::string& why : saved.refused) {
        send_(Notice{fmt::format("note: member {} goes on from {}: {}", member,
                                 saved.state ? fmt::format("an older state, {} epochs trained", saved.state->epoch)
                                             : std::string("its beginning"),
                                 why)});
    }
    const bool goes_on = saved.state.has_value();
    std::optional<train::MemberState> start = std::exchange(start_, std::nullopt);
    if (!goes_on) saved.state = std::move(start);
    if (goes_on) {
        for (const train::EpochRecord& record : saved.state->history) send_(EpochDone{record, true});
    }
    training_.emplace(Training{make_training_(member, std::move(saved.state)), since_start, 0, saved.is_final});
    if (goes_on) training_->earlier_samples = samples(training_->member->spec(), training_->member->state());
    training_->saved = training_->member->progress();
    if (threads_) training_->member->use_threads(*threads_);
    if (training_->member->is_trained()) end_training();
}

void Worker::train_batch() {
    MemberTraining& member = *training_->member;
    const auto record = member.train();
    if (record) send_(EpochDone{*record});
    if (member.is_trained()) return end_training();
    if (storage_.offer(member.state())) training_->saved = member.progress();
    if (!record && since_progress_.seconds() < progress_interval_s_) return;
    since_progress_.restart();
    const train::MemberState& state = member.state();
    send_(Progress{.member = state.member,
                   .epoch = state.epoch + 1,
                   .fraction = member.progress(),
                   .loss = record ? record->train_loss : member.running_loss(),
                   .samples = samples(training_->member->spec(), state) - training_->earlier_samples,
                   .saved = std::min(training_->saved, 1.0)});
}

void Worker::end_training() {
    // The next unit is on its way here while this one's last member predicts and is stored.
    if (!unit_) send_(Request{});
    predicting_.emplace(Predicting{std::move(training_->member),
                                   training_->since_start,
                                   training_->earlier_samples,
                                   training_->is_final,
                                   false,
                                   {},
                                   0,
                                   {}});
    training_.reset();
    const train::MemberState& state = predicting_->member->state();
    if (!predicting_->is_final || !state.excluded.empty()) return;
    if (auto stored = storage_.predictions(state.member)) {
        predicting_->predictions = std::move(*stored);
        predicting_->is_stored = true;
    }
}

void Worker::predict_rows() {
    Predicting& member = *predicting_;
    const auto& sets = experiment_.evaluation_sets();
    const std::size_t width = experiment_.predicted_width();
    const train::MemberState& state = member.member->state();
    if (member.is_stored || !state.excluded.empty()) return finish();
    if (member.predictions.empty() || member.rows_done == rows_of(member.predictions.size() - 1).end()) {
        if (member.predictions.size() == sets.size()) return finish();
        // What it was trained on it does not predict.
        constexpr float nan = std::numeric_limits<float>::quiet_NaN();
        member.predictions.emplace_back(sets[member.predictions.size()].rows.size() * width, nan);
        member.rows_done = rows_of(member.predictions.size() - 1).first;
    }
    const std::size_t set = member.predictions.size() - 1;
    data::View rows = sets[set].rows;
    const std::size_t count =
        std::min(rows_per_piece(member.member->spec().problem.test_views), rows_of(set).end() - member.rows_done);
    rows.rows = rows.rows.subspan(member.rows_done, count);
    member.member->predict(rows, std::span(member.predictions.back()).subspan(member.rows_done * width, count * width));
    member.rows_done += count;
}

/// The rows of a set that the member that predicts is not trained on.
data::RowRange Worker::rows_of(std::size_t set) const {
    return experiment_.predicted_rows(experiment_.evaluation_sets()[set], predicting_->member->state().member);
}

/// What the member predicts of these rows.
std::span<float> Worker::predicted(std::size_t set) {
    const std::size_t width = experiment_.predicted_width();
    const data::RowRange rows = rows_of(set);
    return std::span(predicting_->predictions[set]).subspan(rows.first * width, rows.count * width);
}

task::Truth Worker::truth_of(std::size_t set) const {
    const data::RowRange rows = rows_of(set);
    return experiment_.evaluation_sets()[set].truth().part(rows.first, rows.count);
}

/// Adds what outputs do not say, and excludes a member that predicts what is no number: parameters close to overflow
/// can do on the validation rows and still fail on others.
void Worker::complete_predictions() {
    const std::vector<float> validation(predicted(0).begin(), predicted(0).end());
    for (std::size_t set = 0; set < experiment_.evaluation_sets().size(); ++set) {
        if (experiment_.task().complete != nullptr)
            experiment_.task().complete(validation, truth_of(0), predicted(set));
        const auto is_finite = [](float number) { return std::isfinite(number); };
        if (std::ranges::all_of(predicted(set), is_finite)) continue;
        predicting_->member->exclude(fmt::format("its predictions for the {} data are not all finite numbers",
                                                 experiment_.evaluation_sets()[set].name));
        return predicting_->predictions.clear();
    }
    leave_out_trained_rows();
}

/// What it was trained on it does not predict.
void Worker::leave_out_trained_rows() {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    const std::size_t width = experiment_.predicted_width();
    const auto& sets = experiment_.evaluation_sets();
    for (std::size_t set = 0; set < sets.size(); ++set) {
        const std::vector<std::uint8_t> known = experiment_.trained_on(sets[set], predicting_->member->state().member);
        for (std::size_t row = 0; row < known.size(); ++row) {
            const auto own = std::span(predicting_->predictions[set]).subspan(row * width, width);
            if (known[row] != 0) std::ranges::fill(own, nan);
        }
    }
}

void Worker::finish() {
    if (!predicting_->is_stored && !predicting_->predictions.empty()) complete_predictions();
    const analysis::MemberResult finished_member = result();
    if (!predicting_->is_final || (!predicting_->is_stored && !predicting_->predictions.empty()))
        storage_.finish(predicting_->member->state(), predicting_->predictions);
    predicting_->member->conclude(finished_member.test);
    const Finished finished{
        .result = finished_member,
        .samples = samples(predicting_->member->spec(), predicting_->member->state()) - predicting_->earlier_samples,
        .busy_s = predicting_->since_start.seconds(),
        .predict_s = predicting_->since_trained.seconds()};
    prepare_next();
    predicting_.reset();
    send_(finished);
}

/// Hands on what the next member of the unit begins with.
void Worker::prepare_next() {
    if (!unit_) return;
    const train::MemberSpec next = experiment_.member(unit_->first);
    const train::MemberState& state = predicting_->member->state();
    if (next.after == state.member) start_ = train::begin_from(next, state);
}

void Worker::begin_job() {
    thread_.start([this, &order = jobs_.front()] {
        if (!order.context.empty()) analyst_.begin(order.context);
        return analyst_.run(order.job);
    });
}

void Worker::await(std::chrono::microseconds longest) {
    auto result = thread_.take(longest);
    if (!result) return;
    const std::uint64_t job = jobs_.front().job;
    jobs_.pop_front();
    send_(Analysed{.job = job, .result = std::move(*result)});
}

analysis::MemberResult Worker::result() {
    const train::MemberSpec& spec = predicting_->member->spec();
    const train::MemberState& state = predicting_->member->state();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    analysis::MemberResult result{.index = state.member,
                                  .parameters = spec.network->parameter_count(),
                                  .epochs = state.epoch,
                                  .train_s = state.train_seconds,
                                  .validation_loss = nan,
                                  .validation_score = nan,
                                  .validation = {},
                                  .test = {},
                                  .excluded = state.excluded};
    if (!state.excluded.empty()) return result;
    const std::array<std::pair<std::size_t, task::Scores*>, 2> told{std::pair{study_.validation, &result.validation},
                                                                    std::pair{study_.test, &result.test}};
    for (const auto& [set, scores] : told) {
        const std::span<const float> predictions = predicted(set);
        const bool classes = experiment_.task().kind == task::Kind::classification;
        const auto chosen =
            classes ? task::most_probable(predictions, experiment_.targets()) : std::vector<std::int32_t>{};
        *scores = task::score({.task = experiment_.task(),
                               .targets = experiment_.targets(),
                               .predictions = predictions,
                               .chosen = chosen},
                              truth_of(set));
    }
    // With early stopping the parameters are those of the best epoch, else of the last.
    const std::size_t epoch = spec.training.patience > 0 ? state.best_epoch : state.epoch;
    const train::EpochRecord& record = state.history.at(epoch - 1);
    result.validation_loss = record.validation_loss;
    result.validation_score = record.validation_score;
    return result;
}

std::uint64_t Worker::samples(const train::MemberSpec& spec, const train::MemberState& state) {
    const std::size_t rows = spec.problem.train.size();
    const std::uint64_t in_epoch = std::min<std::uint64_t>(rows, state.step * spec.training.batch);
    return std::uint64_t{state.epoch} * rows + in_epoch;
}

}  // namespace ensemble::schedule
