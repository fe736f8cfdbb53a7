#include "analysis/results.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <vector>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_included(const MemberResult& member) {
    return member.excluded.empty();
}

/// Smaller is better.
std::tuple<double, double, std::uint32_t> rank_of(const MemberResult& member) {
    const double error = std::isnan(member.validation_score) ? infinity : -member.validation_score;
    const double loss = std::isnan(member.validation_loss) ? infinity : member.validation_loss;
    return {error, loss, member.index};
}

const MemberResult* find_best(std::span<const MemberResult> members) {
    const MemberResult* best = nullptr;
    for (const MemberResult& member : members) {
        if (is_included(member) && (best == nullptr || rank_of(member) < rank_of(*best))) best = &member;
    }
    return best;
}

Scores mean_scores(std::span<const MemberResult> members) {
    Scores mean;
    double included = 0;
    for (const MemberResult& member : members) {
        if (!is_included(member)) continue;
        mean.accuracy += member.test.accuracy;
        mean.nll += member.test.nll;
        mean.brier += member.test.brier;
        mean.ece += member.test.ece;
        ++included;
    }
    return {mean.accuracy / included, mean.nll / included, mean.brier / included, mean.ece / included};
}

}  // namespace

std::optional<std::uint32_t> choose_best(std::span<const MemberResult> members) {
    const MemberResult* best = find_best(members);
    if (best == nullptr) return std::nullopt;
    return best->index;
}

EnsembleResult evaluate(const Contribution& total, std::span<const std::int32_t> labels,
                        std::span<const MemberResult> members, std::uint64_t seed) {
    const MemberResult* best = find_best(members);
    core::require(best != nullptr, "an ensemble has at least one member");
    core::require(total.members() == std::ranges::count_if(members, is_included),
                  "the contributions are those of the included members");
    core::require(total.items() == labels.size(), "every item has a label");
    const auto best_hits = total.best_hits();
    const auto right = std::accumulate(best_hits.begin(), best_hits.end(), std::int64_t{0});
    core::require(std::abs(best->test.accuracy * static_cast<double>(labels.size()) - static_cast<double>(right)) < 0.5,
                  "the hits kept apart are those of the member chosen on validation data");

    const std::vector<float> means = average(total);
    const std::vector<std::int32_t> averaged = most_probable(means, total.classes());
    const std::vector<std::int32_t> voted = vote(total);
    const std::vector<std::int64_t> average_hits = hits(averaged, labels);
    const std::vector<std::int64_t> vote_hits = hits(voted, labels);
    const auto vote_right = std::accumulate(vote_hits.begin(), vote_hits.end(), std::int64_t{0});
    const BootstrapRequest request{.seed = seed};
    return {.average = score(means, labels, total.classes()),
            .vote_accuracy = static_cast<double>(vote_right) / static_cast<double>(labels.size()),
            .mean_member = mean_scores(members),
            .best_member = best->index,
            .best_member_test = best->test,
            .average_over_mean = gain_over_mean(average_hits, total.member_hits(), total.members(), request),
            .average_over_best = gain_over_member(average_hits, best_hits, request),
            .vote_over_mean = gain_over_mean(vote_hits, total.member_hits(), total.members(), request),
            .vote_over_best = gain_over_member(vote_hits, best_hits, request),
            .average_by_class = Confusion(labels, averaged, total.classes()),
            .vote_by_class = Confusion(labels, voted, total.classes())};
}

}  // namespace ensemble::analysis
