#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

/// Numbers in [0, 1) that references.py makes too, so that both compute of the same data: a linear congruential
/// generator modulo 2^64 (Knuth's MMIX), its upper 53 bits.
class Sequence {
public:
    explicit Sequence(std::uint64_t seed) : state_(seed) {}

    double next() {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<double>(state_ >> 11U) * 0x1p-53;
    }

    std::vector<double> take(std::size_t count) {
        std::vector<double> numbers(count);
        for (double& number : numbers) number = next();
        return numbers;
    }

    /// [rows × classes] probabilities: cubes of numbers, divided by their sum.
    std::vector<float> probabilities(std::size_t rows, std::size_t classes) {
        std::vector<float> all;
        for (std::size_t row = 0; row < rows; ++row) {
            std::vector<double> weights = take(classes);
            double sum = 0;
            for (double& weight : weights) sum += weight = weight * weight * weight;
            for (const double weight : weights) all.push_back(static_cast<float>(weight / sum));
        }
        return all;
    }

    /// Whole numbers below `bound`.
    std::vector<std::int32_t> below(std::size_t count, std::int32_t bound) {
        std::vector<std::int32_t> numbers(count);
        for (std::int32_t& number : numbers) number = static_cast<std::int32_t>(next() * bound);
        return numbers;
    }

private:
    std::uint64_t state_;
};
