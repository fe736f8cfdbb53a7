#include <cmath>
#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>

#include "model/complaint.hpp"
#include "model/recurrent_reference.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(maxout_tests)

using testing::Bench;
using testing::check_gradient;
using testing::complaint;
using testing::mentions;
using testing::Sequence;

BOOST_AUTO_TEST_CASE(takes_the_largest_piece) {
    for (const std::size_t units : {1U, 4U, 16U, 33U}) {
        for (const std::size_t pieces : {2U, 3U, 5U}) {
            const std::string text = "maxout(" + std::to_string(units) + ", " + std::to_string(pieces) + ")";
            testing::check_states(text, {2, 3}, [&](const Sequence& x, const Bench& bench) {
                auto item = x[0];
                item.insert(item.end(), x[1].begin(), x[1].end());
                std::vector<double> largest(units, -1e30);
                for (std::size_t piece = 0; piece < pieces; ++piece) {
                    const auto sums = testing::multiplied(item, bench, "maxout1.weight", piece * units, units);
                    const auto bias = testing::bias_of(bench, "maxout1.bias", piece * units, units);
                    for (std::size_t j = 0; j < units; ++j) largest[j] = std::max(largest[j], sums[j] + bias[j]);
                }
                return largest;
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(gradients) {
    check_gradient("maxout(6, 3)");
    check_gradient("dense(7) tanh maxout(5, 2) dropout(0.2) maxout(4, 4) sigmoid");
    check_gradient("dense(5) skip[ maxout(5, 2) ] split[ maxout(3, 2) | dense(2) ] skip[ maxout(3, 2) ]");
    check_gradient("lstm(4, sequence) maxout(5, 3)", {4, 3});
    check_gradient("conv(16, 3) tanh maxout(5, 3)", {4, 3});
}

BOOST_AUTO_TEST_CASE(a_nan_is_largest) {
    Bench bench("maxout(20, 3)");
    const auto& weight = testing::block_of(bench, "maxout1.weight");
    for (std::size_t piece = 0; piece < 3; ++piece) {
        bench.parameters[weight.offset + piece * 20 + 7] = std::numeric_limits<float>::quiet_NaN();
        static_cast<void>(bench.loss(model::Mode::train));
        BOOST_TEST(std::isnan(bench.program.output()[0][0]), "piece " << piece);
        bench.parameters[weight.offset + piece * 20 + 7] = 0.1F;
        static_cast<void>(bench.loss(model::Mode::train));
        BOOST_TEST(!std::isnan(bench.program.output()[0][0]));
    }
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong) {
    BOOST_TEST(mentions(complaint("maxout(3)", {5}), "write maxout(units, pieces)"));
    BOOST_TEST(
        mentions(complaint("relu maxout(3, 1)", {5}), "column 6: maxout(3, 1): pieces must be a whole number from 2"));
    BOOST_TEST(mentions(complaint("maxout(3, 256)", {5}), "to 255"));
    BOOST_TEST(mentions(complaint("maxout(0, 2)", {5}), "units"));
    BOOST_TEST(complaint("maxout(3, 2)", {5}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
