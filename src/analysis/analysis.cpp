#include "analysis/analysis.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "analysis/job_place.hpp"
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
template <class Stage, class Committee, class Weights, class Columns, class Each>
void context_fields(Stage& stage, Committee& committee, Weights& weights, Columns& resampled, Each& each) {
    each(stage), each(committee.members), each(committee.best), each(committee.second);
    for (auto& own : weights) each(own);
    each(resampled.seed), each(resampled.groups), each(resampled.columns), each(resampled.sums);
}

constexpr std::size_t replicates_of_job = 500;
constexpr std::size_t resampling_jobs = MeanGains::replicates / replicates_of_job;
static_assert(MeanGains::replicates % replicates_of_job == 0);

/// Whether members are compared on the rows of that job.
bool tells_diversity(const Study& study, const RowJob& job) {
    return job.set == study.test && study.sets[job.set]->has_truth();
}

/// So many numbers from `first` on.
std::vector<std::size_t> in_turn(std::size_t count, std::size_t first = 0) {
    std::vector<std::size_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
}

/// Blocks of rows by what they take, the longest first. To compare members takes some times as long as all else.
std::vector<std::size_t> longest_first(const Study& study, const std::vector<RowJob>& blocks) {
    constexpr std::size_t with_comparison = 4;
    const auto length = [&](std::size_t job) {
        const RowJob& block = blocks[job];
        return block.count * block.places.size() * (tells_diversity(study, block) ? with_comparison : 1);
    };
    std::vector<std::size_t> jobs = in_turn(blocks.size());
    std::ranges::stable_sort(jobs, std::ranges::greater(), length);
    return jobs;
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
    core::require(!fitted_.empty(), "every task has combinations that are fitted");
    begin_members();
}

std::vector<std::byte> Analysis::context() const {
    core::WireWriter writer;
    context_fields(stage_, committee_, weights_, resampled_, writer);
    return std::move(writer.bytes);
}

void Analysis::take(std::size_t job, std::span<const std::byte> result) {
    core::require(job < begun_, "jobs are taken that have begun");
    const auto [kind, place] = place_of(job, fitted_.size(), score_jobs_.size(), row_jobs_.size());
    switch (kind) {
        case JobKind::fit:
            take_weights(place, result);
            --fits_left_;
            break;
        case JobKind::scores:
            take_scores(place, result);
            --scores_left_;
            break;
        case JobKind::rows:
            take_rows(place, result);
            if (--rows_left_ == 0) score_combinations();
            break;
        case JobKind::replicates:
            take_replicates(place, result);
    }
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
    std::vector<double> plus;
    reader(rows), reader(sums), reader(plus);
    const RowResults block = row_results_from_bytes(*study_->task, study_->targets, rows);
    if (!reader.at_end() || block.rows != row_jobs_[job].count)
        core::refuse_message("it has other rows than were asked for");
    rows_[row_jobs_[job].set].place(places_[job], block);
    if (tells_diversity(*study_, row_jobs_[job])) take_sums(job, sums);
    if (row_jobs_[job].set == study_->test) take_plus(job, plus);
}

void Analysis::take_scores(std::size_t job, std::span<const std::byte> result) {
    const ScoreJob& asked = score_jobs_[job];
    core::WireReader reader(result);
    const auto expect = [](std::size_t found, std::size_t expected) {
        if (found != expected) core::refuse_message("it has other scores than were asked for");
    };
    const auto expect_end = [&] {
        if (!reader.at_end()) core::refuse_message("it has scores of more members than were asked for");
    };
    if (asked.set == study_->test) {
        MemberScores part;
        reader(part.values), reader(part.influences), reader(part.best_influences);
        expect(part.values.size(), whole_.mean.size() * asked.count);
        expect(part.influences.size(), whole_.mean_influences.size());
        if (!part.best_influences.empty()) expect(part.best_influences.size(), part.influences.size());
        expect_end();
        members_in_order_.take(job, std::move(part), [this](std::size_t which, const MemberScores& own) {
            add_scores(score_jobs_[which], own);
        });
    } else {
        for (std::size_t i = 0; i < asked.count; ++i) {
            task::Scores& scores = member_scores_[asked.set][asked.first + i];
            reader(scores);
            expect(scores.size(), study_->task->metrics().size());
        }
        expect_end();
    }
}

void Analysis::add_scores(const ScoreJob& job, const MemberScores& part) {
    const std::size_t metrics = whole_.mean.size();
    for (std::size_t i = 0; i < part.values.size(); ++i)
        whole_.mean[i % metrics] += part.values[i] / static_cast<double>(committee_.members.size());
    for (std::size_t i = 0; i < part.influences.size(); ++i) whole_.mean_influences[i] += part.influences[i];
    if (part.best_influences.empty()) return;
    whole_.best_influences = part.best_influences;
    const std::size_t best = committee_.place_of(committee_.best) - job.first;
    const auto own = part.values.begin() + static_cast<std::ptrdiff_t>(best * metrics);
    whole_.best.assign(own, own + static_cast<std::ptrdiff_t>(metrics));
}

void Analysis::take_replicates(std::size_t job, std::span<const std::byte> result) {
    core::WireReader reader(result);
    std::vector<double> replicates;
    reader(replicates);
    const std::size_t numbers = replicates_of_job * resampled_.columns;
    if (!reader.at_end() || replicates.size() != numbers)
        core::refuse_message("it has other replicates than were asked for");
    std::ranges::copy(replicates, replicated_.begin() + static_cast<std::ptrdiff_t>(job * numbers));
}

/// Low and high end of each target's intervals.
void Analysis::take_plus(std::size_t job, std::span<const double> ends) {
    const std::size_t targets = plus_.empty() ? 0 : study_->targets;
    const std::size_t rows = row_jobs_[job].count;
    if (ends.size() != 2 * targets * rows) core::refuse_message("it has other intervals than were asked for");
    for (std::size_t i = 0; i < targets * rows; ++i) {
        const std::size_t place = (i / rows) * rows_[study_->test].rows + places_[job] + i % rows;
        plus_[place] = {.low = ends[2 * i], .high = ends[2 * i + 1]};
    }
}

void Analysis::take_sums(std::size_t job, std::span<const std::byte> bytes) {
    rows_in_order_.take(job,
                        member_sums_from_bytes(shape_of(*study_, committee_, row_jobs_[job].count), subsets_, bytes),
                        [this](std::size_t /*which*/, MemberSums part) {
                            if (sums_) {
                                sums_->add(part);
                            } else {
                                sums_ = std::move(part);
                            }
                        });
}

DiversityResult Analysis::diversity() const {
    return diversity_of(*study_->task, study_->targets, subsets_, committee_, sums_.value());
}

bool Analysis::advance() {
    switch (stage_) {
        case Stage::members:
            if (fits_left_ > 0) return false;
            begin_rows();
            return true;
        case Stage::rows:
            return rows_left_ == 0 && scores_left_ == 0 && begin_resampling();
        case Stage::resample:
            break;
    }
    return false;
}

/// Fits come first: the longest jobs are among them.
void Analysis::begin_members() {
    score_jobs_ = score_jobs(*study_, committee_);
    fits_left_ = fitted_.size();
    scores_left_ = score_jobs_.size();
    begun_ = fits_left_ + scores_left_;
    order_ = in_turn(begun_);
    member_scores_.resize(study_->sets.size());
    std::vector<std::size_t> test_jobs;
    for (std::size_t job = 0; job < score_jobs_.size(); ++job) {
        if (score_jobs_[job].set == study_->test) test_jobs.push_back(job);
        member_scores_[score_jobs_[job].set].resize(committee_.members.size());
    }
    members_in_order_ = InOrder<MemberScores>(std::move(test_jobs));
    const EvaluationSet& test = *study_->sets[study_->test];
    if (!test.has_truth()) return;
    whole_.mean.resize(whole_metrics(*study_->task).size());
    whole_.mean_influences.resize(whole_.mean.size() * test.count);
}

/// What gains ask of them, made while others still work.
void Analysis::score_combinations() {
    const std::size_t test = study_->test;
    if (!study_->sets[test]->has_truth()) return;
    for (const Combined& each : rows_[test].combined) {
        whole_.combined.push_back(whole_scores(
            {.task = *study_->task, .targets = study_->targets, .predictions = each.predictions, .chosen = each.chosen},
            truth(test)));
    }
}

/// False where nothing is true of the test rows.
bool Analysis::begin_resampling() {
    const std::size_t test = study_->test;
    if (!study_->sets[test]->has_truth()) return false;
    const AskedGains asked =
        ask_gains(*study_->task, study_->targets, rows_[test], committee_.members.size(), study_->seed, &whole_);
    if (asked.places.empty()) return false;
    stage_ = Stage::resample;
    order_ = in_turn(resampling_jobs, begun_);
    begun_ += resampling_jobs;
    resampled_ = asked.gains.columns();
    replicated_.resize(MeanGains::replicates * resampled_.columns);
    return true;
}

void Analysis::begin_rows() {
    stage_ = Stage::rows;
    row_jobs_ = row_jobs(*study_, committee_);
    order_ = longest_first(*study_, row_jobs_);
    for (std::size_t& job : order_) job += begun_;
    rows_left_ = row_jobs_.size();
    begun_ += rows_left_;
    std::vector<std::size_t> compared = in_turn(row_jobs_.size());
    std::erase_if(compared, [this](std::size_t job) { return !tells_diversity(*study_, row_jobs_[job]); });
    rows_in_order_ = InOrder<MemberSums>(std::move(compared));
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
    if (plus_method(*study_, committee_, 1 - conformal_level)) plus_.resize(study_->targets * counts[study_->test]);
    for (std::size_t set = 0; set < counts.size(); ++set) {
        rows_.push_back(room_for(*study_->task, study_->targets, counts[set], study_->sets[set]->has_truth()));
    }
}

task::Truth Analysis::truth(std::size_t set) const {
    if (set == study_->validation && study_->folds() > 0) return predicted_.truth();
    return study_->sets.at(set)->truth();
}

void Analyst::begin(std::span<const std::byte> context) {
    core::WireReader reader(context);
    weights_.resize(combinations_of(study_->task->kind).size());
    context_fields(stage_, committee_, weights_, resampled_, reader);
    if (!reader.at_end() || committee_.members.empty() || stage_ > Stage::resample)
        core::refuse_message("it is no context of an analysis");
    score_jobs_ = score_jobs(*study_, committee_);
    row_jobs_ = row_jobs(*study_, committee_);
    if (stage_ == Stage::members) return;
    held_out_.reset();
    plus_.reset();
    has_plus_ = plus_method(*study_, committee_, 1 - conformal_level).has_value();
    subsets_ = subsets_of(committee_.members.size(), study_->seed);
}

std::vector<std::byte> Analyst::run(std::size_t job) {
    const std::size_t fits = fitted_combinations(study_->task->kind).size();
    const auto [kind, place] = place_of(job, fits, score_jobs_.size(), row_jobs_.size());
    if (kind == JobKind::fit) return fit(place);
    if (kind == JobKind::scores) return score_members(score_jobs_[place]);
    if (kind == JobKind::rows) return analyse_rows(row_jobs_[place]);
    core::WireWriter writer;
    writer(studentised_replicates(resampled_, place * replicates_of_job, replicates_of_job));
    return std::move(writer.bytes);
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
    std::vector<double> ends;
    if (job.set == study_->test && has_plus_) {
        if (!plus_) plus_.emplace(*study_, committee_, read_, 1 - conformal_level);
        for (const Interval& interval : plus_->of(block)) ends.push_back(interval.low), ends.push_back(interval.high);
    }
    writer(ends);
    return std::move(writer.bytes);
}

/// Of changed test rows each member's scores; of the test rows each one's in metrics that are no means, and the sums of
/// their influences.
std::vector<std::byte> Analyst::score_members(const ScoreJob& job) {
    const EvaluationSet& set = *study_->sets[job.set];
    const bool classes = study_->task->kind == task::Kind::classification;
    core::WireWriter writer;
    MemberScores part;
    for (const std::uint32_t member : std::span(committee_.members).subspan(job.first, job.count)) {
        const std::vector<float> predictions = read_(job.set, std::span(&member, 1), 0, set.count);
        const auto chosen = classes ? task::most_probable(predictions, study_->targets) : std::vector<std::int32_t>{};
        const task::Predicted predicted{
            .task = *study_->task, .targets = study_->targets, .predictions = predictions, .chosen = chosen};
        if (job.set != study_->test) {
            writer(task::score(predicted, set.truth()));
            continue;
        }
        const WholeScores own = whole_scores(predicted, set.truth());
        part.values.insert(part.values.end(), own.values.begin(), own.values.end());
        part.influences.resize(own.influences.size());
        for (std::size_t i = 0; i < part.influences.size(); ++i) part.influences[i] += own.influences[i];
        if (member == committee_.best) part.best_influences = own.influences;
    }
    if (job.set == study_->test) writer(part.values), writer(part.influences), writer(part.best_influences);
    return std::move(writer.bytes);
}

}  // namespace ensemble::analysis
