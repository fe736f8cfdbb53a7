#include "train/max_norm.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/network.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(max_norm_tests)

using train::MaxNorm;

namespace {

constexpr double c = 1.5;

const model::Network& network() {
    static const model::Network made("dense(5) relu skip[ dense(3) ]", {7}, 4);
    return made;
}

std::vector<float> values() {
    std::vector<float> parameters(network().buffer_size(), 0.0F);
    for (const auto& block : network().blocks()) {
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (std::size_t column = 0; column < block.columns; ++column) {
                // Columns of very different lengths, some within the limit.
                parameters[block.offset + row * block.stride + column] =
                    static_cast<float>(std::sin(1.0 + 3.0 * double(row) + double(column)) * 0.4 * double(column + 1));
            }
        }
    }
    return parameters;
}

double norm(const std::vector<float>& parameters, const model::ParameterBlock& block, std::size_t column) {
    double sum = 0;
    for (std::size_t row = 0; row < block.rows; ++row) {
        const double w = parameters[block.offset + row * block.stride + column];
        sum += w * w;
    }
    return std::sqrt(sum);
}

/// Reports a block in pieces of so many rows.
void report(MaxNorm& constraint, const model::ParameterBlock& block, std::size_t rows, std::vector<float>& parameters) {
    for (std::size_t row = 0; row < block.rows; row += rows) {
        const std::size_t begin = block.offset + row * block.stride;
        const std::size_t end = block.offset + std::min(row + rows, block.rows) * block.stride;
        const MaxNorm::Stretch stretch = constraint.updated(block, begin, end, parameters);
        if (!model::is_dense_weight(block)) {
            BOOST_TEST((stretch.begin == begin && stretch.end == end));
        } else if (row + rows < block.rows) {
            BOOST_TEST(stretch.begin == stretch.end);
        } else {
            BOOST_TEST((stretch.begin == block.offset && stretch.end == block.offset + block.size()));
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(long_vectors_are_shortened_and_others_stay) {
    for (const std::size_t rows : {1U, 3U, 100U}) {
        auto parameters = values();
        const auto before = parameters;
        MaxNorm constraint(network().blocks(), c);
        for (int step = 0; step < 3; ++step) {  // the second and third change nothing more
            for (const auto& block : network().blocks()) report(constraint, block, rows, parameters);
        }
        std::size_t shortened = 0;
        std::size_t kept = 0;
        for (const auto& block : network().blocks()) {
            for (std::size_t column = 0; column < block.columns; ++column) {
                const double length = norm(before, block, column);
                const bool is_long = model::is_dense_weight(block) && length > c;
                const double factor = is_long ? c / length : 1.0;
                ++(is_long ? shortened : kept);
                for (std::size_t row = 0; row < block.rows; ++row) {
                    const std::size_t at = block.offset + row * block.stride + column;
                    if (is_long) {
                        BOOST_TEST(std::abs(parameters[at] - factor * before[at]) < 1e-6);
                    } else {
                        BOOST_TEST(parameters[at] == before[at]);
                    }
                }
            }
        }
        BOOST_TEST(shortened > 3U);
        BOOST_TEST(kept > 3U);
    }
}

BOOST_AUTO_TEST_CASE(only_matrices_of_dense_layers_are_held) {
    std::size_t dense = 0;
    for (const auto& block : network().blocks()) dense += model::is_dense_weight(block) ? 1 : 0;
    BOOST_TEST(dense == 3U);
    BOOST_TEST(network().blocks().size() == 7U);  // a projection and three biases are not
}

BOOST_AUTO_TEST_CASE(what_is_no_number_stays_none) {
    auto parameters = values();
    const auto& block = network().blocks()[0];
    parameters[block.offset + 2] = std::numeric_limits<float>::quiet_NaN();
    MaxNorm constraint(network().blocks(), c);
    report(constraint, block, 100, parameters);
    BOOST_TEST(std::isnan(parameters[block.offset + 2]));
}

BOOST_AUTO_TEST_SUITE_END()
