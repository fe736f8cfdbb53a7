#include "train/adversary.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "compute/elementwise.hpp"
#include "core/contract.hpp"

namespace ensemble::train {

Adversary::Adversary(const data::View& train, double epsilon, std::span<const std::uint32_t> hidden_features)
    : distances_(train.table->shape().elements()) {
    core::require(epsilon > 0, "an adversary moves what it sees");
    constexpr std::size_t rows_at_once = 256;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::size_t width = distances_.size();
    std::vector<float> least(width, infinity);
    std::vector<float> largest(width, -infinity);
    std::vector<float> features(rows_at_once * width);
    for (std::size_t first = 0; first < train.size(); first += rows_at_once) {
        const auto rows = train.rows.subspan(first, std::min(rows_at_once, train.size() - first));
        train.table->gather(rows, features.data(), width);
        for (std::size_t i = 0; i < rows.size() * width; ++i) {
            least[i % width] = std::min(least[i % width], features[i]);
            largest[i % width] = std::max(largest[i % width], features[i]);
        }
    }
    for (std::size_t i = 0; i < width; ++i)
        distances_[i] = static_cast<float>(epsilon * (static_cast<double>(largest[i]) - least[i]));
    for (const std::uint32_t feature : hidden_features) distances_[feature] = 0.0F;
}

void Adversary::move(const compute::Rows& gradient, const compute::Rows& batch) const {
    for (std::size_t row = 0; row < batch.count; ++row)
        compute::step_by_sign(gradient[row], distances_.data(), batch[row].data());
}

}  // namespace ensemble::train
