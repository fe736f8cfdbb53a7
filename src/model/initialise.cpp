#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

#include "core/contract.hpp"
#include "core/random.hpp"
#include "model/network.hpp"

namespace ensemble::model {
namespace {

/// Of a normal distribution of weights.
double deviation_of(Initialiser how, double fan_in) {
    if (how == Initialiser::he) return std::sqrt(2.0 / fan_in);
    return how == Initialiser::rbm ? 0.01 : 1.0;
}

/// Orthogonal matrices, each as likely as any other: Q of a QR decomposition of normal numbers with a positive diagonal
/// of R (Mezzadri 2007).
void draw_orthogonal(const ParameterBlock& block, core::RandomStream& random, std::span<float> parameters) {
    using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto size = static_cast<Eigen::Index>(block.rows);
    for (std::size_t first = 0; first < block.columns; first += block.rows) {
        Matrix drawn(size, size);
        for (double& x : drawn.reshaped<Eigen::RowMajor>()) x = random.normal();
        const Eigen::HouseholderQR<Matrix> decomposition(drawn);
        Matrix q = decomposition.householderQ();
        for (Eigen::Index column = 0; column < size; ++column)
            if (decomposition.matrixQR()(column, column) < 0) q.col(column) *= -1;
        for (std::size_t row = 0; row < block.rows; ++row) {
            float* to = parameters.data() + block.offset + row * block.stride + first;
            for (Eigen::Index column = 0; column < size; ++column)
                to[column] = static_cast<float>(q(static_cast<Eigen::Index>(row), column));
        }
    }
}

}  // namespace

void initialise(const Network& network, Initialiser how, std::uint64_t seed, std::uint32_t member,
                std::span<float> parameters) {
    core::require(parameters.size() == network.buffer_size(), "the buffer is as large as the network's layout");
    std::ranges::fill(parameters, 0.0F);
    for (const ParameterBlock& block : network.blocks()) {
        if (!block.is_weight) std::ranges::fill(parameters.subspan(block.offset, block.columns), block.initial);
    }
    if (how == Initialiser::zeros) return;
    core::RandomStream random({.seed = seed, .member = member, .purpose = core::Purpose::initialise});
    for (const ParameterBlock& block : network.blocks()) {
        const bool is_bias = !block.is_weight && block.initial == 0.0F;
        if (!block.is_weight && !(is_bias && how == Initialiser::normal)) continue;
        if (block.is_recurrent && (how == Initialiser::he || how == Initialiser::xavier)) {
            draw_orthogonal(block, random, parameters);
            continue;
        }
        const double fan_in = static_cast<double>(block.fan_in);
        const double fan_out = static_cast<double>(block.fan_out);
        const double deviation = deviation_of(how, fan_in);
        const bool is_output = &block == &network.blocks().back() - 1;
        const bool is_uniform = how == Initialiser::xavier || (how == Initialiser::rbm && is_output);
        const double limit = std::sqrt(6.0 / (fan_in + fan_out));
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (float& weight : parameters.subspan(block.offset + row * block.stride, block.columns)) {
                weight = static_cast<float>(is_uniform ? random.uniform(-limit, limit) : deviation * random.normal());
            }
        }
    }
}

void initialise_statistics(const Network& network, std::span<float> statistics) {
    core::require(statistics.size() == network.statistics_size(), "there is room for every running statistic");
    for (const StatisticsBlock& block : network.statistics())
        std::ranges::fill(statistics.subspan(block.offset, block.width), block.initial);
}

}  // namespace ensemble::model
