#include "analysis/results.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

const MemberResult* find_best(const task::Task& task, std::span<const MemberResult> members) {
    const MemberResult* best = nullptr;
    const auto place = [&](const MemberResult& member) {
        return std::pair(task.order(member.validation_loss, member.validation_score), member.index);
    };
    for (const MemberResult& member : members) {
        if (member.is_included() && (best == nullptr || place(member) < place(*best))) best = &member;
    }
    return best;
}

std::vector<std::int64_t> whole_numbers(std::span<const double> values) {
    std::vector<std::int64_t> whole(values.size());
    std::ranges::transform(values, whole.begin(), [](double value) { return static_cast<std::int64_t>(value); });
    return whole;
}

/// Everything evaluate() looks at.
struct Given {
    const task::Task& task;
    std::size_t targets;
    const RowResults& rows;
    const task::Truth& truth;
    std::size_t members;
    std::uint64_t seed;

    [[nodiscard]] std::size_t questions() const { return task.questions(targets); }
    [[nodiscard]] bool classes() const { return task.kind == task::Kind::classification; }
};

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The metric of lines of row values, each of which is a sum over so many members.
double metric_of(const task::Metric& metric, const std::vector<std::span<const double>>& lines, std::size_t members) {
    double sum = 0;
    for (const std::span<const double> line : lines)
        sum += metric.from_mean(mean_of(line) / static_cast<double>(members));
    return sum / static_cast<double>(lines.size());
}

/// Gains in accuracy are counts of rows, which are told exactly.
void count_gains(const Given& given, const RowValues& values, CombinationResult& result) {
    const std::size_t rows = given.rows.rows;
    const auto hits = whole_numbers(std::span(values).first(rows));
    const auto member_hits = whole_numbers(std::span(given.rows.member_sums).first(rows));
    const auto best_hits = whole_numbers(std::span(given.rows.best).first(rows));
    result.over_mean[0] = gain_over_mean(hits, member_hits, static_cast<std::int64_t>(given.members));
    // One member is its own ensemble: rows cannot say more.
    result.over_best[0] = given.members == 1 ? PairedGain{} : gain_over_member(hits, best_hits);
}

task::Scores scores_of(const Given& given, std::size_t which) {
    const Combined& combined = given.rows.combined[which];
    task::Scores scores = task::score(
        {.task = given.task, .targets = given.targets, .predictions = combined.predictions, .chosen = combined.chosen},
        given.truth);
    const auto places = mean_metrics(given.task);
    for (std::size_t place = 0; place < places.size(); ++place) {
        // From row values, since those of a mixture know its members.
        const auto lines = lines_of(given.rows.combined_values[which], place, given.questions(), given.rows.rows);
        scores[places[place]] = metric_of(given.task.metrics()[places[place]], lines, 1);
    }
    return scores;
}

CombinationResult result_of(const Given& given, std::size_t which) {
    const Combined& combined = given.rows.combined[which];
    const RowValues& values = given.rows.combined_values[which];
    const auto metrics = given.task.metrics();
    CombinationResult result{.combination = combinations_of(given.task.kind)[which],
                             .scores = {},
                             .over_mean = std::vector<std::optional<Gain>>(metrics.size()),
                             .over_best = std::vector<std::optional<PairedGain>>(metrics.size()),
                             .by_class = {}};
    result.scores = scores_of(given, which);
    if (given.classes()) {
        count_gains(given, values, result);
        result.by_class = Confusion(given.truth.labels, combined.chosen, given.targets);
    }
    return result;
}

/// Of all combinations the gains whose rows are resampled together.
void resampled_gains(const AskedGains& asked, std::span<const double> replicated,
                     std::vector<CombinationResult>& results) {
    const std::vector<PairedGain> found = replicated.empty() ? asked.gains.all() : asked.gains.from(replicated);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const AskedGains::Place& place = asked.places[i];
        CombinationResult& result = results[place.combination];
        if (place.over_best) {
            result.over_best[place.metric] = found[i];
        } else {
            result.over_mean[place.metric] = found[i].gain;
        }
    }
}

/// Counts tell whether classes were chosen by these members, and by this best one.
void require_rows_of(const Given& given, const MemberResult& best) {
    core::require(!given.rows.combined.empty() && given.rows.rows > 0, "an ensemble is measured on rows");
    if (!given.classes()) return;
    const auto votes = std::span(given.rows.votes).first(given.targets);
    core::require(
        std::accumulate(votes.begin(), votes.end(), std::int64_t{0}) == static_cast<std::int64_t>(given.members),
        "every member of the ensemble votes, and no other");
    core::require(!best.test.empty() && mean_of(std::span(given.rows.best).first(given.rows.rows)) == best.test.front(),
                  "the best member's rows are its own");
}

}  // namespace

std::optional<std::uint32_t> choose_best(const task::Task& task, std::span<const MemberResult> members) {
    const MemberResult* best = find_best(task, members);
    if (best == nullptr) return std::nullopt;
    return best->index;
}

std::optional<Committee> committee_of(const task::Task& task, std::span<const MemberResult> members) {
    const auto best = choose_best(task, members);
    if (!best) return std::nullopt;
    Committee committee{.members = {}, .best = *best, .second = *best};
    std::vector<MemberResult> others;
    for (const MemberResult& member : members) {
        if (!member.is_included()) continue;
        committee.members.push_back(member.index);
        if (member.index != *best) others.push_back(member);
    }
    if (const auto second = choose_best(task, others)) committee.second = *second;
    return committee;
}

std::vector<task::Scores> combination_scores(const task::Task& task, std::size_t targets, const RowResults& rows,
                                             const task::Truth& truth) {
    const Given given{task, targets, rows, truth, 1, 0};
    std::vector<task::Scores> scores;
    for (std::size_t which = 0; which < rows.combined.size(); ++which) scores.push_back(scores_of(given, which));
    return scores;
}

task::Scores mean_member_scores(const task::Task& task, std::size_t targets, const RowResults& rows,
                                std::span<const task::Scores> members) {
    task::Scores mean(task.metrics().size());
    for (const task::Scores& scores : members) {
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += scores[i] / static_cast<double>(members.size());
    }
    const auto places = mean_metrics(task);
    for (std::size_t place = 0; place < places.size(); ++place) {
        const auto lines = lines_of(rows.member_sums, place, task.questions(targets), rows.rows);
        mean[places[place]] = metric_of(task.metrics()[places[place]], lines, members.size());
    }
    return mean;
}

EnsembleResult evaluate(const task::Task& task, std::size_t targets, const RowResults& rows, const task::Truth& truth,
                        std::span<const MemberResult> members, std::uint64_t seed, const WholeReferences* whole,
                        std::span<const double> replicated) {
    const MemberResult* best = find_best(task, members);
    core::require(best != nullptr, "an ensemble has at least one member");
    std::vector<task::Scores> included;
    for (const MemberResult& member : members) {
        if (member.is_included()) included.push_back(member.test);
    }
    const Given given{task, targets, rows, truth, included.size(), seed};
    require_rows_of(given, *best);
    EnsembleResult result{.combinations = {},
                          .mean_member = mean_member_scores(task, targets, rows, included),
                          .best_member = best->index,
                          .best_member_test = best->test};
    for (std::size_t which = 0; which < rows.combined.size(); ++which)
        result.combinations.push_back(result_of(given, which));
    resampled_gains(ask_gains(task, targets, rows, included.size(), seed, whole), replicated, result.combinations);
    return result;
}

void add_diversity(EnsembleResult& result, DiversityResult diversity) {
    const std::size_t members = diversity.without.size();
    const auto widen = [members](Gain& gain, double error) {
        gain.ci95_members = widened(gain.value, gain.ci95, error, members);
    };
    CombinationResult& combined = result.combinations.front();
    for (std::size_t place = 0; place < diversity.variation.size(); ++place) {
        const std::size_t metric = diversity.metrics[place];
        if (auto& gain = combined.over_mean[metric]) widen(*gain, diversity.variation[place].over_mean);
        if (auto& paired = combined.over_best[metric]) widen(paired->gain, diversity.variation[place].over_best);
    }
    result.diversity = std::move(diversity);
}

}  // namespace ensemble::analysis
