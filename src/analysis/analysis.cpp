#include "analysis/analysis.hpp"

#include <algorithm>
#include <utility>

#include "core/contract.hpp"
#include "core/wire.hpp"

namespace ensemble::analysis {
namespace {

std::vector<std::size_t> fitted_combinations(task::Kind kind) {
    const auto all = combinations_of(kind);
    std::vector<std::size_t> fitted;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i]->fit != nullptr) fitted.push_back(i);
    }
    return fitted;
}

/// What a context says: one list of fields serves writing and reading.
template <class Stage, class Committee, class Weights, class Each>
void context_fields(Stage& stage, Committee& committee, Weights& weights, Each& each) {
    each(stage), each(committee.members), each(committee.best), each(committee.second);
    for (auto& own : weights) each(own);
}

/// The weights of some of the members, made to sum to 1; all the same where these have none.
std::vector<double> weights_among(const std::vector<double>& all, std::span<const std::uint32_t> places) {
    if (places.size() == all.size()) return all;
    if (all.empty()) return {};
    std::vector<double> some;
    double sum = 0;
    for (const std::uint32_t place : places) {
        some.push_back(all[place]);
        sum += all[place];
    }
    for (double& weight : some) weight = sum > 0 ? weight / sum : 1.0 / static_cast<double>(some.size());
    return some;
}

bool has_truth(const EvaluationSet& set) {
    return !set.labels.empty() || !set.numbers.empty();
}

/// Whether members are compared on the rows of that job.
bool tells_diversity(const Study& study, const RowJob& job) {
    return job.set == study.test && has_truth(*study.sets[job.set]);
}

/// A block of so many rows of all members, without what they predict.
Block shape_of(const Study& study, const Committee& committee, std::size_t rows) {
    return {.task = *study.task,
            .targets = study.targets,
            .members = committee.members.size(),
            .rows = rows,
            .predictions = {},
            .truth = {}};
}

}  // namespace

Analysis::Analysis(const Study& study, Committee committee)
    : study_(&study),
      committee_(std::move(committee)),
      fitted_(fitted_combinations(study.task->kind)),
      weights_(combinations_of(study.task->kind).size()) {
    core::require(!committee_.members.empty(), "an ensemble has members");
    if (fitted_.empty()) begin_rows();
}

std::size_t Analysis::jobs() const {
    switch (stage_) {
        case Stage::fit:
            return fitted_.size();
        case Stage::rows:
            return row_jobs_.size();
        case Stage::scores:
            break;
    }
    return score_jobs_.size();
}

std::vector<std::byte> Analysis::context() const {
    core::WireWriter writer;
    context_fields(stage_, committee_, weights_, writer);
    return std::move(writer.bytes);
}

void Analysis::take(std::size_t job, std::span<const std::byte> result) {
    core::require(job < jobs(), "a stage has the jobs that are taken");
    switch (stage_) {
        case Stage::fit:
            take_weights(job, result);
            break;
        case Stage::rows:
            take_rows(job, result);
            break;
        case Stage::scores:
            take_scores(job, result);
            break;
    }
    ++taken_;
}

void Analysis::take_weights(std::size_t job, std::span<const std::byte> result) {
    core::WireReader reader(result);
    std::vector<double>& weights = weights_[fitted_[job]];
    reader(weights);
    if (!reader.at_end() || weights.size() != committee_.members.size())
        core::refuse_message("it has other weights than there are members");
}

void Analysis::take_rows(std::size_t job, std::span<const std::byte> result) {
    core::WireReader reader(result);
    std::vector<std::byte> rows;
    std::vector<std::byte> sums;
    reader(rows), reader(sums);
    const RowResults block = row_results_from_bytes(*study_->task, study_->targets, rows);
    if (!reader.at_end() || block.rows != row_jobs_[job].count)
        core::refuse_message("it has other rows than were asked for");
    rows_[row_jobs_[job].set].place(places_[job], block);
    if (tells_diversity(*study_, row_jobs_[job])) take_sums(job, sums);
}

void Analysis::take_scores(std::size_t job, std::span<const std::byte> result) {
    const ScoreJob& asked = score_jobs_[job];
    core::WireReader reader(result);
    for (std::size_t i = 0; i < asked.count; ++i) {
        task::Scores& scores = member_scores_[asked.set][asked.first + i];
        reader(scores);
        if (scores.size() != study_->task->metrics().size()) core::refuse_message("it has other scores than metrics");
    }
    if (!reader.at_end()) core::refuse_message("it has scores of more members than were asked for");
}

/// Sums are added in the order of the rows, whoever is first to deliver them.
void Analysis::take_sums(std::size_t job, std::span<const std::byte> bytes) {
    waiting_[job] = member_sums_from_bytes(shape_of(*study_, committee_, row_jobs_[job].count), subsets_, bytes);
    for (; next_ < waiting_.size(); ++next_) {
        if (!tells_diversity(*study_, row_jobs_[next_])) continue;
        if (!waiting_[next_]) return;
        if (sums_) {
            sums_->add(*waiting_[next_]);
        } else {
            sums_ = std::move(waiting_[next_]);
        }
        waiting_[next_].reset();
    }
}

DiversityResult Analysis::diversity() const {
    return diversity_of(*study_->task, study_->targets, subsets_, committee_, sums_.value());
}

bool Analysis::advance() {
    core::require(taken_ == jobs(), "a stage is over when all its jobs are done");
    if (stage_ == Stage::fit) {
        begin_rows();
        return true;
    }
    if (stage_ == Stage::scores) return false;
    score_jobs_ = score_jobs(*study_, committee_);
    if (score_jobs_.empty()) return false;
    begin_scores();
    return true;
}

void Analysis::begin_scores() {
    stage_ = Stage::scores;
    taken_ = 0;
    member_scores_.resize(study_->sets.size());
    for (const ScoreJob& job : score_jobs_) member_scores_[job.set].resize(committee_.members.size());
}

void Analysis::begin_rows() {
    stage_ = Stage::rows;
    taken_ = 0;
    row_jobs_ = row_jobs(*study_, committee_);
    waiting_.resize(row_jobs_.size());
    subsets_ = subsets_of(committee_.members.size(), study_->seed);
    std::vector<std::size_t> counts(study_->sets.size());
    predicted_.targets = study_->targets;
    for (const RowJob& job : row_jobs_) {
        places_.push_back(counts[job.set]);
        counts[job.set] += job.count;
        if (job.set != study_->validation || study_->folds() == 0) continue;
        const task::Truth truth = study_->sets[job.set]->truth().part(job.first, job.count);
        predicted_.labels.insert(predicted_.labels.end(), truth.labels.begin(), truth.labels.end());
        predicted_.numbers.insert(predicted_.numbers.end(), truth.numbers.begin(), truth.numbers.end());
    }
    for (std::size_t set = 0; set < counts.size(); ++set) {
        rows_.push_back(room_for(*study_->task, study_->targets, counts[set], has_truth(*study_->sets[set])));
    }
}

task::Truth Analysis::truth(std::size_t set) const {
    if (set == study_->validation && study_->folds() > 0) return predicted_.truth();
    return study_->sets.at(set)->truth();
}

void Analyst::begin(std::span<const std::byte> context) {
    core::WireReader reader(context);
    weights_.resize(combinations_of(study_->task->kind).size());
    context_fields(stage_, committee_, weights_, reader);
    if (!reader.at_end() || committee_.members.empty() || stage_ > Stage::scores)
        core::refuse_message("it is no context of an analysis");
    if (stage_ == Stage::fit) return;
    held_out_.reset();
    row_jobs_ = row_jobs(*study_, committee_);
    score_jobs_ = score_jobs(*study_, committee_);
    subsets_ = subsets_of(committee_.members.size(), study_->seed);
}

std::vector<std::byte> Analyst::run(std::size_t job) {
    switch (stage_) {
        case Stage::fit:
            return fit(job);
        case Stage::rows:
            return analyse_rows(row_jobs_.at(job));
        case Stage::scores:
            break;
    }
    return score_members(score_jobs_.at(job));
}

std::vector<std::byte> Analyst::fit(std::size_t job) {
    if (!held_out_) held_out_ = read_held_out(*study_, committee_, read_);
    const std::size_t candidates = held_out_->candidates.size();
    std::vector<double> weights(candidates, 1.0 / static_cast<double>(candidates));
    const Combination& combination =
        *combinations_of(study_->task->kind).at(fitted_combinations(study_->task->kind).at(job));
    if (candidates > 1 && held_out_->rows > 0) weights = combination.fit(held_out_->block(*study_), study_->seed);
    core::WireWriter writer;
    writer(held_out_->member_weights(weights, committee_.members.size()));
    return std::move(writer.bytes);
}

std::vector<std::byte> Analyst::analyse_rows(const RowJob& job) {
    std::vector<std::uint32_t> members;
    std::size_t best = 0;
    std::size_t second = 0;
    for (const std::uint32_t place : job.places) {
        if (committee_.members[place] == committee_.best) best = members.size();
        if (committee_.members[place] == committee_.second) second = members.size();
        members.push_back(committee_.members[place]);
    }
    Weights weights;
    for (const std::vector<double>& own : weights_) weights.push_back(weights_among(own, job.places));
    const std::vector<float> predictions = read_(job.set, members, job.first, job.count);
    const task::Truth all = study_->sets[job.set]->truth();
    Block block = shape_of(*study_, committee_, job.count);
    block.members = members.size();
    block.predictions = predictions;
    block.truth = all.part(job.first, job.count);
    core::WireWriter writer;
    writer(to_bytes(analyse(block, best, weights)));
    std::vector<std::byte> sums;
    if (tells_diversity(*study_, job)) sums = to_bytes(member_sums(block, subsets_, best, second));
    writer(sums);
    return std::move(writer.bytes);
}

std::vector<std::byte> Analyst::score_members(const ScoreJob& job) {
    const EvaluationSet& set = *study_->sets[job.set];
    core::WireWriter writer;
    for (const std::uint32_t member : std::span(committee_.members).subspan(job.first, job.count)) {
        const std::vector<float> predictions = read_(job.set, std::span(&member, 1), 0, set.count);
        const bool classes = study_->task->kind == task::Kind::classification;
        const auto chosen = classes ? task::most_probable(predictions, study_->targets) : std::vector<std::int32_t>{};
        writer(task::score(
            {.task = *study_->task, .targets = study_->targets, .predictions = predictions, .chosen = chosen},
            set.truth()));
    }
    return std::move(writer.bytes);
}

}  // namespace ensemble::analysis
