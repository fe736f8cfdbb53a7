#include "analysis/uncertainty.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/probabilities.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

// Classification, in the terms of Depeweg et al. 2018 and Smith and Gal 2018: predictive entropy = expected entropy +
// mutual information. Rounding leaves sums of probabilities a little beside 1; no measure becomes negative by that.

/// −p ln p, 0 at p = 0.
double entropy_term(double p) {
    return p > 0 ? -p * std::log(p) : 0.0;
}

double entropy_of_mean(const Opinions& opinions) {
    double sum = 0;
    for (const double p : opinions.mean) sum += entropy_term(p);
    return std::max(sum, 0.0);
}

double expected_entropy(const Opinions& opinions) {
    return opinions.mean_entropy;
}

/// Entropy of the mean − mean entropy, as the mean divergence from the mean: nothing cancels where members agree.
double mutual_information(const Opinions& opinions) {
    return opinions.divergence;
}

double vote_entropy(const Opinions& opinions) {
    double sum = 0;
    for (const double votes : opinions.votes) sum += entropy_term(votes / static_cast<double>(opinions.members));
    return sum;
}

double variation_ratio(const Opinions& opinions) {
    return 1 - std::ranges::max(opinions.votes) / static_cast<double>(opinions.members);
}

double least_confidence(const Opinions& opinions) {
    return std::max(1 - opinions.mean[opinions.chosen], 0.0);
}

/// Σ (x − mean)² / members of a number that every member predicts.
double variance_among(const Opinions& opinions, std::size_t number) {
    double sum = 0;
    for (std::size_t member = 0; member < opinions.members; ++member) {
        const double deviation = opinions.of(member, number) - opinions.mean[number];
        sum += deviation * deviation;
    }
    return sum / static_cast<double>(opinions.members);
}

double member_variance(const Opinions& opinions) {
    return variance_among(opinions, opinions.chosen);
}

// Regression: by the law of total variance the two add up to the variance of the mixture.

double aleatoric_variance(const Opinions& opinions) {
    return opinions.mean[1];
}

double epistemic_variance(const Opinions& opinions) {
    return variance_among(opinions, 0);
}

constexpr std::array<UncertaintyMeasure, 9> measures_table{{
    {.name = "entropy",
     .text = "entropy of the mean probabilities, in nats: all uncertainty",
     .kind = task::Kind::classification,
     .of = entropy_of_mean},
    {.name = "expected_entropy",
     .text = "mean entropy of the members' probabilities, in nats: what they agree is uncertain",
     .kind = task::Kind::classification,
     .of = expected_entropy},
    {.name = "mutual_information",
     .text = "entropy less expected entropy, in nats: what the members disagree about",
     .kind = task::Kind::classification,
     .of = mutual_information},
    {.name = "vote_entropy",
     .text = "entropy of the members' votes, in nats",
     .kind = task::Kind::classification,
     .of = vote_entropy},
    {.name = "variation_ratio",
     .text = "share of the members that do not vote for the class with most votes",
     .kind = task::Kind::classification,
     .of = variation_ratio},
    {.name = "least_confidence",
     .text = "1 less the largest mean probability",
     .kind = task::Kind::classification,
     .of = least_confidence},
    {.name = "member_variance",
     .text = "variance among members of the probability of the class with the largest mean",
     .kind = task::Kind::classification,
     .of = member_variance},
    {.name = "aleatoric_variance",
     .text = "mean of the members' variances: noise that no member can explain",
     .kind = task::Kind::regression,
     .of = aleatoric_variance},
    {.name = "epistemic_variance",
     .text = "variance of the members' means: what the members disagree about",
     .kind = task::Kind::regression,
     .of = epistemic_variance},
}};

/// The room for what is found of one row, used again for every row.
struct Row {
    std::vector<double> mean;
    std::vector<double> votes;

    explicit Row(std::size_t width) : mean(width), votes(width) {}

    void average(Opinions& opinions) {
        std::ranges::fill(mean, 0.0);
        for (std::size_t member = 0; member < opinions.members; ++member) {
            for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += opinions.of(member, i);
        }
        for (double& each : mean) each /= static_cast<double>(opinions.members);
        opinions.mean = mean;
    }

    void count_votes(Opinions& opinions) {
        std::ranges::fill(votes, 0.0);
        for (std::size_t member = 0; member < opinions.members; ++member) {
            const auto p = opinions.predictions.subspan(member * opinions.stride, mean.size());
            votes[static_cast<std::size_t>(std::ranges::max_element(p) - p.begin())] += 1;
        }
        opinions.votes = votes;
        opinions.chosen = static_cast<std::size_t>(std::ranges::max_element(mean) - mean.begin());
    }

    /// Both entropies from one logarithm a probability, class by class: by Jensen's inequality the divergence of each
    /// class is not negative, also where probabilities do not quite sum to 1.
    void compare(Opinions& opinions) const {
        for (std::size_t c = 0; c < mean.size(); ++c) {
            const double log_mean = mean[c] > 0 ? std::log(mean[c]) : 0.0;
            double entropy = 0;
            double divergence = 0;
            for (std::size_t member = 0; member < opinions.members; ++member) {
                const double p = opinions.of(member, c);
                if (p <= 0) continue;
                const double log_p = std::log(p);
                entropy -= p * log_p;
                divergence += p * (log_p - log_mean);
            }
            opinions.mean_entropy += entropy;
            opinions.divergence += std::max(divergence, 0.0);
        }
        opinions.mean_entropy = std::max(opinions.mean_entropy / static_cast<double>(opinions.members), 0.0);
        opinions.divergence /= static_cast<double>(opinions.members);
    }
};

bool are_moments(std::span<const float> pairs) {
    bool valid = true;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
        valid &= std::isfinite(pairs[i]) && std::isfinite(pairs[i + 1]) && pairs[i + 1] >= 0.0F;
    return valid;
}

}  // namespace

std::span<const UncertaintyMeasure> uncertainty_measures() noexcept {
    return measures_table;
}

std::vector<const UncertaintyMeasure*> uncertainty_measures_of(task::Kind kind) {
    std::vector<const UncertaintyMeasure*> chosen;
    for (const UncertaintyMeasure& measure : measures_table) {
        if (measure.kind == kind) chosen.push_back(&measure);
    }
    return chosen;
}

std::vector<std::string> uncertainty_names(task::Kind kind, std::span<const std::string> targets) {
    std::vector<std::string> names;
    const std::size_t questions = kind == task::Kind::classification ? 1 : targets.size();
    for (std::size_t question = 0; question < questions; ++question) {
        for (const UncertaintyMeasure* measure : uncertainty_measures_of(kind)) {
            std::string name = questions > 1 ? targets[question] + "_" : "";
            names.push_back(name.append(measure->name));
        }
    }
    return names;
}

std::vector<float> uncertainties(const Block& block) {
    core::require(block.members > 0 && block.predictions.size() == block.members * block.rows * block.width(),
                  "every member of an ensemble predicts every row");
    const bool classes = block.task.kind == task::Kind::classification;
    core::require(classes ? are_probabilities(block.predictions) : are_moments(block.predictions),
                  "members predict probabilities, or finite means and variances");
    const auto measures = uncertainty_measures_of(block.task.kind);
    const std::size_t questions = block.task.questions(block.targets);
    const std::size_t width = block.width() / questions;
    Row row(width);
    std::vector<float> values;
    values.reserve(block.rows * questions * measures.size());
    for (std::size_t place = 0; place < block.rows * questions; ++place) {
        Opinions opinions{.members = block.members,
                          .stride = block.rows * block.width(),
                          .predictions = block.predictions.subspan(place * width),
                          .mean = {},
                          .votes = {}};
        row.average(opinions);
        if (classes) {
            row.count_votes(opinions);
            row.compare(opinions);
        }
        for (const UncertaintyMeasure* measure : measures) values.push_back(static_cast<float>(measure->of(opinions)));
    }
    return values;
}

}  // namespace ensemble::analysis
