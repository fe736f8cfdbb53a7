#include "analysis/combination.hpp"

#include <algorithm>

#include "analysis/scores.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

// Layout of the counters: members | probability sums | votes | member hits | hits of the best.
constexpr std::size_t header = 1;

/// Room for the rounding of a softmax; also keeps 2^22 members below the largest int64.
constexpr float largest_probability = 1.0F + 0x1p-10F;

/// A probability in units, rounded to the nearest. Exact: p · 2^40 fits a double, and adding ½ either is exact too or
/// rounds a value below 2^-29 to ½, which the cast takes to 0 as it should.
std::int64_t in_units(float probability) {
    return static_cast<std::int64_t>(static_cast<double>(probability) / Contribution::unit + 0.5);
}

}  // namespace

Contribution::Contribution(std::size_t items, std::size_t classes)
    : items_(items), classes_(classes), counters_(header + 2 * items * (classes + 1)) {
    core::require(items > 0 && classes > 0, "a contribution has items and classes");
}

void Contribution::add_member(std::span<const float> probabilities, std::span<const std::int32_t> labels,
                              bool is_best) {
    core::require(labels.size() == items_, "a member answers every item");
    core::require(probabilities.size() == items_ * classes_, "a member gives one probability per item and class");
    bool valid = true;
    for (const float p : probabilities) valid &= p >= 0.0F && p <= largest_probability;
    core::require(valid, "a member that joins the ensemble gives probabilities, never NaN");

    const std::size_t cells = items_ * classes_;
    std::int64_t* sums = counters_.data() + header;
    std::int64_t* vote_counts = sums + cells;
    std::int64_t* right_members = vote_counts + cells;
    std::int64_t* right_best = right_members + items_;

    counters_[0] += 1;
    for (std::size_t cell = 0; cell < cells; ++cell) sums[cell] += in_units(probabilities[cell]);
    const std::vector<std::int32_t> chosen = most_probable(probabilities, classes_);
    for (std::size_t item = 0; item < items_; ++item) {
        vote_counts[item * classes_ + static_cast<std::size_t>(chosen[item])] += 1;
        const std::int64_t hit = chosen[item] == labels[item] ? 1 : 0;
        right_members[item] += hit;
        if (is_best) right_best[item] += hit;
    }
}

std::int64_t Contribution::members() const noexcept {
    return counters_[0];
}

std::span<const std::int64_t> Contribution::probability_sums() const noexcept {
    return counters().subspan(header, items_ * classes_);
}

std::span<const std::int64_t> Contribution::votes() const noexcept {
    return counters().subspan(header + items_ * classes_, items_ * classes_);
}

std::span<const std::int64_t> Contribution::member_hits() const noexcept {
    return counters().subspan(header + 2 * items_ * classes_, items_);
}

std::span<const std::int64_t> Contribution::best_hits() const noexcept {
    return counters().subspan(header + 2 * items_ * classes_ + items_, items_);
}

std::vector<float> average(const Contribution& total) {
    core::require(total.members() > 0, "an average needs at least one member");
    const std::span<const std::int64_t> sums = total.probability_sums();
    const auto members = static_cast<double>(total.members());
    std::vector<float> means(sums.size());
    std::ranges::transform(sums, means.begin(), [members](std::int64_t sum) {
        return static_cast<float>(static_cast<double>(sum) * Contribution::unit / members);
    });
    return means;
}

std::vector<std::int32_t> vote(const Contribution& total) {
    core::require(total.members() > 0, "a vote needs at least one member");
    const std::size_t classes = total.classes();
    std::vector<std::int32_t> chosen(total.items());
    for (std::size_t item = 0; item < chosen.size(); ++item) {
        const auto votes = total.votes().subspan(item * classes, classes);
        const auto sums = total.probability_sums().subspan(item * classes, classes);
        std::size_t best = 0;
        for (std::size_t c = 1; c < classes; ++c) {
            if (votes[c] > votes[best] || (votes[c] == votes[best] && sums[c] > sums[best])) best = c;
        }
        chosen[item] = static_cast<std::int32_t>(best);
    }
    return chosen;
}

std::vector<float> vote_shares(const Contribution& total) {
    core::require(total.members() > 0, "a vote needs at least one member");
    const auto members = static_cast<double>(total.members());
    std::vector<float> shares(total.votes().size());
    std::ranges::transform(total.votes(), shares.begin(), [members](std::int64_t count) {
        return static_cast<float>(static_cast<double>(count) / members);
    });
    return shares;
}

}  // namespace ensemble::analysis
