#include "analysis/greedy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::analysis {
namespace {

/// Sum of the logarithms of positive numbers value(i), i < count: of products of sixteen, since one logarithm of a
/// product costs no more than one of a factor. REQUIRES: sixteen of them neither vanish nor overflow together.
template <class Value>
double sum_of_logarithms(std::size_t count, const Value& value) {
    constexpr std::size_t lanes = 16;  // products side by side
    constexpr std::size_t factors = 16;
    double sum = 0;
    std::size_t i = 0;
    for (; i + lanes * factors <= count; i += lanes * factors) {
        double products[lanes];
        for (std::size_t lane = 0; lane < lanes; ++lane) products[lane] = value(i + lane);
        for (std::size_t factor = 1; factor < factors; ++factor) {
            for (std::size_t lane = 0; lane < lanes; ++lane) products[lane] *= value(i + factor * lanes + lane);
        }
        for (const double product : products) sum += std::log(product);
    }
    for (; i < count; ++i) sum += std::log(value(i));
    return sum;
}

/// An ensemble that grows member by member, and its log loss on the rows if one more joined.
class Pool {
public:
    Pool() = default;
    virtual ~Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    virtual void clear() = 0;
    virtual void add(std::size_t member) = 0;
    [[nodiscard]] virtual double loss_with(std::size_t member) const = 0;
};

class ProbabilityPool final : public Pool {
public:
    explicit ProbabilityPool(const Block& block) : rows_(block.rows), p_(block.members * rows_), sums_(rows_) {
        for (std::size_t member = 0; member < block.members; ++member) {
            for (std::size_t row = 0; row < rows_; ++row) {
                const auto label = static_cast<std::size_t>(block.truth.labels[row]);
                p_[member * rows_ + row] = block.of(member)[row * block.width() + label];
            }
        }
    }

    void clear() override {
        std::ranges::fill(sums_, 0.0);
        members_ = 0;
    }
    void add(std::size_t member) override {
        for (std::size_t row = 0; row < rows_; ++row) sums_[row] += p_[member * rows_ + row];
        ++members_;
    }
    [[nodiscard]] double loss_with(std::size_t member) const override {
        const double share = 1.0 / static_cast<double>(members_ + 1);
        const double* p = p_.data() + member * rows_;
        return -sum_of_logarithms(
            rows_, [&](std::size_t row) { return std::max((sums_[row] + p[row]) * share, task::least_probability); });
    }

private:
    std::size_t rows_;
    std::vector<double> p_;     ///< of the label, [members × rows]
    std::vector<double> sums_;  ///< over the ensemble
    std::size_t members_ = 0;
};

class MomentPool final : public Pool {
public:
    explicit MomentPool(const Block& block)
        : truths_(block.rows * block.targets),
          errors_(block.members * truths_),
          squares_(block.members * truths_),
          error_sums_(truths_),
          square_sums_(truths_) {
        for (std::size_t member = 0; member < block.members; ++member) {
            const std::span<const float> p = block.of(member);
            for (std::size_t i = 0; i < truths_; ++i) {
                const double error = double{p[2 * i]} - block.truth.numbers[i];
                errors_[member * truths_ + i] = error;
                squares_[member * truths_ + i] = double{p[2 * i + 1]} + error * error;
            }
        }
    }

    void clear() override {
        std::ranges::fill(error_sums_, 0.0);
        std::ranges::fill(square_sums_, 0.0);
        members_ = 0;
    }
    void add(std::size_t member) override {
        for (std::size_t i = 0; i < truths_; ++i) {
            error_sums_[i] += errors_[member * truths_ + i];
            square_sums_[i] += squares_[member * truths_ + i];
        }
        ++members_;
    }
    [[nodiscard]] double loss_with(std::size_t member) const override {
        constexpr double smallest = std::numeric_limits<float>::min();
        const double share = 1.0 / static_cast<double>(members_ + 1);
        double sum = 0;
        for (std::size_t i = 0; i < truths_; ++i) {
            // Moments about the truth: the mixture's variance is the mean square less the squared mean.
            const double error = (error_sums_[i] + errors_[member * truths_ + i]) * share;
            const double square = (square_sums_[i] + squares_[member * truths_ + i]) * share;
            const double variance = std::max(square - error * error, smallest);
            sum += std::log(variance) + error * error / variance;
        }
        return 0.5 * sum;
    }

private:
    std::size_t truths_;
    std::vector<double> errors_;   ///< μ − y, [members × truths]
    std::vector<double> squares_;  ///< σ² + (μ − y)²
    std::vector<double> error_sums_;
    std::vector<double> square_sums_;
    std::size_t members_ = 0;
};

/// Adds to `counts` how often each of `members`, which begin with the best by itself, is in the ensemble that is
/// chosen.
void select_from(Pool& pool, std::span<const std::uint32_t> members, std::vector<double>& counts) {
    const std::size_t most = 2 * members.size();
    std::vector<std::uint32_t> joined;
    std::vector<double> losses;
    pool.clear();
    const auto join = [&](std::uint32_t member, double loss) {
        pool.add(member);
        joined.push_back(member);
        losses.push_back(loss);
    };
    for (const std::uint32_t member : members) join(member, pool.loss_with(member));
    const auto start = static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin()) + 1;
    pool.clear();
    joined.resize(start);
    losses.resize(start);
    for (const std::uint32_t member : joined) pool.add(member);
    while (joined.size() < most) {
        std::uint32_t best = members.front();
        double lowest = std::numeric_limits<double>::infinity();
        for (const std::uint32_t member : members) {
            const double loss = pool.loss_with(member);
            if (loss < lowest) lowest = loss, best = member;
        }
        join(best, lowest);
    }
    const auto size =
        static_cast<std::size_t>(
            std::min_element(losses.begin() + static_cast<std::ptrdiff_t>(start) - 1, losses.end()) - losses.begin()) +
        1;
    for (std::size_t i = 0; i < size; ++i) counts[joined[i]] += 1.0 / static_cast<double>(size);
}

}  // namespace

std::vector<double> select_greedily(const Block& held_out, std::uint64_t seed) {
    core::require(held_out.members > 0 && held_out.rows > 0, "weights are fitted to rows");
    constexpr std::size_t few = 4;
    constexpr std::size_t bags = 20;
    std::unique_ptr<Pool> pool;
    if (held_out.task.kind == task::Kind::classification)
        pool = std::make_unique<ProbabilityPool>(held_out);
    else
        pool = std::make_unique<MomentPool>(held_out);
    std::vector<std::uint32_t> sorted(held_out.members);
    std::iota(sorted.begin(), sorted.end(), 0U);
    std::vector<double> alone(held_out.members);
    for (const std::uint32_t member : sorted) alone[member] = pool->loss_with(member);
    std::ranges::stable_sort(sorted, {}, [&](std::uint32_t member) { return alone[member]; });

    std::vector<double> counts(held_out.members);
    if (sorted.size() <= few) {
        select_from(*pool, sorted, counts);
        return counts;
    }
    core::RandomStream random({.seed = seed, .purpose = core::Purpose::significance, .step = 3});
    for (std::size_t bag = 0; bag < bags; ++bag) {
        std::vector<std::uint32_t> places(sorted.size());
        std::iota(places.begin(), places.end(), 0U);
        random.shuffle(places);
        places.resize(std::max(few, (places.size() + 1) / 2));
        std::ranges::sort(places);
        std::vector<std::uint32_t> members;
        for (const std::uint32_t place : places) members.push_back(sorted[place]);
        select_from(*pool, members, counts);
    }
    for (double& count : counts) count /= static_cast<double>(bags);
    return counts;
}

}  // namespace ensemble::analysis
