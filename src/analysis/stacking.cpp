#include "analysis/stacking.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <Eigen/Dense>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// What squared errors of weighted sums depend on: |Σ w x − y|² is wᵀ A w − 2 bᵀ w + c.
struct NormalEquations {
    MatrixXd a;
    VectorXd b;
    double c = 0;

    [[nodiscard]] double error(const VectorXd& w) const { return w.dot(a * w) - 2 * b.dot(w) + c; }
};

/// Of each number: where to look in a member's row, and what makes it comparable with others.
struct Answer {
    std::size_t place;
    double centre = 0;
    double scale = 1;
};

std::vector<Answer> answers_of(const Block& block) {
    std::vector<Answer> answers;
    if (block.task.kind == task::Kind::classification) {
        for (std::size_t c = 0; c < block.width(); ++c) answers.push_back({.place = c});
        return answers;
    }
    const auto rows = static_cast<double>(block.rows);
    for (std::size_t target = 0; target < block.targets; ++target) {
        double sum = 0;
        for (std::size_t row = 0; row < block.rows; ++row) sum += block.truth.numbers[row * block.targets + target];
        const double mean = sum / rows;
        double squares = 0;
        for (std::size_t row = 0; row < block.rows; ++row)
            squares += std::pow(block.truth.numbers[row * block.targets + target] - mean, 2);
        const double deviation = std::sqrt(squares / rows);
        answers.push_back({.place = 2 * target, .centre = mean, .scale = deviation > 0 ? 1 / deviation : 1.0});
    }
    return answers;
}

double truth_of(const Block& block, const Answer& answer, std::size_t which, std::size_t row) {
    if (block.task.kind == task::Kind::classification)
        return static_cast<std::size_t>(block.truth.labels[row]) == which ? 1.0 : 0.0;
    return (block.truth.numbers[row * block.targets + which] - answer.centre) * answer.scale;
}

/// Of the rows of each part; row r is in part r modulo their number.
std::vector<NormalEquations> equations_of_parts(const Block& block, std::size_t parts) {
    const std::vector<Answer> answers = answers_of(block);
    const auto members = static_cast<Index>(block.members);
    const auto width = static_cast<Index>(answers.size());
    std::vector<NormalEquations> all(parts, {MatrixXd::Zero(members, members), VectorXd::Zero(members), 0});
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t rows = block.rows > part ? (block.rows - part - 1) / parts + 1 : 0;
        MatrixXd x(members, static_cast<Index>(rows) * width);
        VectorXd y(x.cols());
        for (std::size_t i = 0; i < rows; ++i) {
            const std::size_t row = part + i * parts;
            for (std::size_t which = 0; which < answers.size(); ++which) {
                const Answer& answer = answers[which];
                const auto column = static_cast<Index>(i * answers.size() + which);
                y(column) = truth_of(block, answer, which, row);
                for (std::size_t member = 0; member < block.members; ++member) {
                    x(static_cast<Index>(member), column) =
                        (double{block.of(member)[row * block.width() + answer.place]} - answer.centre) * answer.scale;
                }
            }
        }
        all[part].a.noalias() = x * x.transpose();
        all[part].b.noalias() = x * y;
        all[part].c = y.squaredNorm();
    }
    return all;
}

NormalEquations sum_without(const std::vector<NormalEquations>& parts, std::size_t left_out) {
    NormalEquations sum{MatrixXd::Zero(parts[0].a.rows(), parts[0].a.cols()), VectorXd::Zero(parts[0].b.size()), 0};
    for (std::size_t part = 0; part < parts.size(); ++part) {
        if (part == left_out) continue;
        sum.a += parts[part].a;
        sum.b += parts[part].b;
        sum.c += parts[part].c;
    }
    return sum;
}

/// Weights that sum to 1; `ridge` in units of the mean of the diagonal.
VectorXd weights_of(const NormalEquations& equations, double ridge) {
    const Index n = equations.b.size();
    MatrixXd a = equations.a;
    a.diagonal().array() += ridge * a.diagonal().mean();
    const std::vector<double> w = non_negative_least_squares({a.data(), static_cast<std::size_t>(n * n)},
                                                             {equations.b.data(), static_cast<std::size_t>(n)});
    VectorXd weights = Eigen::Map<const VectorXd>(w.data(), n);
    const double sum = weights.sum();
    if (!(sum > 0)) return VectorXd::Constant(n, 1.0 / static_cast<double>(n));
    return weights / sum;
}

/// Solves for the members in `active` alone.
VectorXd solve_active(const MatrixXd& a, const VectorXd& b, const std::vector<Index>& active) {
    const auto n = static_cast<Index>(active.size());
    MatrixXd part(n, n);
    VectorXd right(n);
    for (Index i = 0; i < n; ++i) {
        right(i) = b(active[static_cast<std::size_t>(i)]);
        for (Index j = 0; j < n; ++j)
            part(i, j) = a(active[static_cast<std::size_t>(i)], active[static_cast<std::size_t>(j)]);
    }
    return part.ldlt().solve(right);
}

}  // namespace

std::vector<double> non_negative_least_squares(std::span<const double> a, std::span<const double> b) {
    core::require(a.size() == b.size() * b.size(), "normal equations are square");
    const auto n = static_cast<Index>(b.size());
    const Eigen::Map<const MatrixXd> matrix(a.data(), n, n);
    const Eigen::Map<const VectorXd> right(b.data(), n);
    const double tolerance = 1e-12 * right.cwiseAbs().maxCoeff();
    VectorXd w = VectorXd::Zero(n);
    std::vector<Index> active;
    const auto is_active = [&](Index i) { return std::ranges::find(active, i) != active.end(); };
    for (Index step = 0; step < 3 * n; ++step) {
        const VectorXd slope = right - matrix * w;
        Index steepest = -1;
        for (Index i = 0; i < n; ++i) {
            if (!is_active(i) && slope(i) > tolerance && (steepest < 0 || slope(i) > slope(steepest))) steepest = i;
        }
        if (steepest < 0) break;
        active.push_back(steepest);
        // As far towards the solution as no weight becomes negative; those that become 0 leave.
        while (!active.empty()) {
            const VectorXd solution = solve_active(matrix, right, active);
            double stride = 1;
            Index first_out = -1;
            for (std::size_t i = 0; i < active.size(); ++i) {
                const double to = solution(static_cast<Index>(i));
                if (to > 0 || w(active[i]) > stride * (w(active[i]) - to)) continue;
                stride = w(active[i]) / (w(active[i]) - to);
                first_out = active[i];
            }
            for (std::size_t i = 0; i < active.size(); ++i)
                w(active[i]) += stride * (solution(static_cast<Index>(i)) - w(active[i]));
            if (first_out < 0) break;
            w(first_out) = 0;
            std::erase_if(active, [&](Index i) { return w(i) <= 0; });
        }
    }
    return {w.data(), w.data() + n};
}

std::vector<double> stack(const Block& held_out, std::uint64_t /*seed*/) {
    core::require(held_out.members > 0 && held_out.rows > 0, "weights are fitted to rows");
    constexpr std::size_t folds = 5;
    constexpr std::array ridges{1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0};
    const std::vector<NormalEquations> parts = equations_of_parts(held_out, folds);
    double ridge = ridges.back();
    if (held_out.rows >= 2 * folds) {
        double lowest = std::numeric_limits<double>::infinity();
        for (const double each : ridges) {
            double error = 0;
            for (std::size_t part = 0; part < folds; ++part)
                error += parts[part].error(weights_of(sum_without(parts, part), each));
            if (error <= lowest) lowest = error, ridge = each;
        }
    }
    const VectorXd weights = weights_of(sum_without(parts, folds), ridge);
    return {weights.data(), weights.data() + weights.size()};
}

}  // namespace ensemble::analysis
