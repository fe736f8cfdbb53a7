#include "analysis/pit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

bool is_distribution(std::span<const float> moments) {
    return std::isfinite(moments[0]) && std::isfinite(moments[1]) && moments[1] >= 0.0F;
}

void require_distributions(const task::Answers& answers) {
    core::require(answers.rows > 0 && answers.width == 2, "distributions of numbers have rows, means and variances");
    bool valid = true;
    for (std::size_t row = 0; row < answers.rows; ++row) {
        valid &= std::isfinite(answers.number(row)) && is_distribution(answers.of(row));
        for (std::size_t member = 0; member < answers.members; ++member)
            valid &= is_distribution(answers.component(member, row));
    }
    core::require(valid, "numbers, means and variances are finite, and no variance is below 0");
}

/// Of a normal distribution the probability of numbers below y.
double normal_below(std::span<const float> moments, double y) {
    const double error = y - double{moments[0]};
    const double variance = moments[1];
    if (variance <= 0) return error > 0 ? 1.0 : (error < 0 ? 0.0 : 0.5);
    return 0.5 * std::erfc(-error / std::sqrt(2 * variance));
}

void require_transforms(std::span<const double> transforms) {
    core::require(std::ranges::all_of(transforms, [](double u) { return u >= 0 && u <= 1; }),
                  "a probability integral transform is a probability");
}

}  // namespace

std::vector<double> probability_transforms(const task::Answers& answers) {
    require_distributions(answers);
    std::vector<double> transforms(answers.rows);
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const double y = answers.number(row);
        if (answers.members == 0) {
            transforms[row] = normal_below(answers.of(row), y);
            continue;
        }
        double sum = 0;
        for (std::size_t member = 0; member < answers.members; ++member)
            sum += normal_below(answers.component(member, row), y);
        transforms[row] = sum / static_cast<double>(answers.members);
    }
    return transforms;
}

std::vector<double> central_coverage(std::span<const double> transforms, std::span<const double> levels) {
    core::require(!transforms.empty(), "a coverage is of rows");
    require_transforms(transforms);
    std::vector<double> centrality;
    for (const double transform : transforms) centrality.push_back(std::abs(2 * transform - 1));
    std::ranges::sort(centrality);
    std::vector<double> coverage;
    for (const double level : levels) {
        const auto covered = std::ranges::upper_bound(centrality, level) - centrality.begin();
        coverage.push_back(static_cast<double>(covered) / static_cast<double>(centrality.size()));
    }
    return coverage;
}

double variance_factor(const task::Answers& answers) {
    require_distributions(answers);
    double sum = 0;
    double rows = 0;
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const double error = answers.number(row) - double{answers.of(row)[0]};
        const double variance = answers.of(row)[1];
        if (variance <= 0 && error == 0) continue;
        sum += variance > 0 ? error * error / variance : std::numeric_limits<double>::infinity();
        rows += 1;
    }
    return rows > 0 ? sum / rows : 1.0;
}

}  // namespace ensemble::analysis
