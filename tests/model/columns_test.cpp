#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/complaint.hpp"
#include "model/layer_graph.hpp"
#include "model/recurrent_reference.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(columns_tests)

using model::InputColumn;
using model::Network;
using testing::Bench;
using testing::check_gradient;
using testing::complaint;
using testing::mentions;
using testing::Sequence;

namespace {

/// What columns(units, 2, -1, 1, -2, 2) leaves of a row, from its definition.
std::vector<double> left_of(const std::vector<double>& x, const Bench& bench, std::size_t units) {
    std::vector<double> y;
    const auto number = [&](std::size_t which, std::vector<double> features) {
        const auto sums = testing::multiplied(features, bench, "columns1.weight" + std::to_string(which), 0, units);
        const auto bias = testing::bias_of(bench, "columns1.bias", (which - 1) * units, units);
        for (std::size_t j = 0; j < units; ++j) y.push_back(sums[j] + bias[j]);
    };
    number(1, {x[0], x[1]});
    y.push_back(x[2]);
    number(2, {x[3]});
    y.insert(y.end(), {x[4], x[5]});
    number(3, {x[6], x[7]});
    return y;
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_have_weights_of_their_own_and_categories_go_on) {
    for (const std::size_t units : {1U, 3U, 16U, 17U}) {
        const std::string text = "columns(" + std::to_string(units) + ", 2, -1, 1, -2, 2)";
        testing::check_states(text, {8}, [&](const Sequence& x, const Bench& bench) {
            std::vector<double> row;
            for (const auto& feature : x) row.push_back(feature.front());
            return left_of(row, bench, units);
        });
    }
}

BOOST_AUTO_TEST_CASE(gradients) {
    check_gradient("columns(3)");
    check_gradient("columns(4, 2, -1, 2) tanh dense(4)");
    check_gradient("dense(7) tanh columns(3, -2, 4, 1) sigmoid");
    check_gradient("dense(5) tanh skip[ columns(5, 5) ] split[ columns(2, 3, -2) | dense(2) ]");
}

BOOST_AUTO_TEST_CASE(a_network_is_told_of_its_columns) {
    const std::vector<InputColumn> columns{{.features = 2}, {.features = 3, .is_number = false}, {.features = 1}};
    const Network network("skip[ columns(4) relu ] repeat(2)[ dense(3) ]", {6}, 2, model::Lengths::equal, columns);
    BOOST_TEST(network.text() == "skip[ columns(4) relu ] repeat(2)[ dense(3) ]");
    BOOST_TEST(network.full_text() == "skip[ columns(4, 2, -3, 1) relu ] repeat(2)[ dense(3) ]");
    BOOST_TEST(network.blocks()[0].rows == 2U);
    BOOST_TEST(network.blocks()[1].rows == 1U);
    BOOST_TEST(network.blocks()[2].columns == 8U);  // two numbers
    const Network again(network.full_text(), {6}, 2);
    BOOST_TEST(again.buffer_size() == network.buffer_size());
    BOOST_TEST(again.full_text() == network.full_text());
    const Network untold("columns(4)", {6}, 2);
    BOOST_TEST(untold.blocks()[6].columns == 24U);  // behind one weight for each feature
}

BOOST_AUTO_TEST_CASE(the_graph_says_where_columns_lie) {
    const auto nodes = model::layer_graph(Network("columns(4, 2, -3, 1) relu", {6}, 2));
    const auto& columns = nodes.at(1).columns;
    BOOST_TEST_REQUIRE(columns.size() == 3U);
    BOOST_TEST(columns[1].input == 2U);
    BOOST_TEST(columns[1].output == 4U);
    BOOST_TEST(!columns[1].is_number);
    BOOST_TEST(columns[2].input == 5U);
    BOOST_TEST(columns[2].output == 7U);
    BOOST_TEST(nodes.at(2).columns.empty());
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong) {
    BOOST_TEST(mentions(complaint("columns", {5}), "write columns(units)"));
    BOOST_TEST(mentions(complaint("columns(0)", {5}), "units must be a whole number from 1"));
    BOOST_TEST(mentions(complaint("columns(2, 5, 0)", {5}), "a whole number of features"));
    BOOST_TEST(mentions(complaint("relu columns(2, 3, 1)", {5}),
                        "column 6: columns(2, 3, 1): its columns have 4 features, and 5 come in"));
    BOOST_TEST(mentions(complaint("columns(2, -5)", {5}), "no number"));
    BOOST_TEST(mentions(complaint("columns(2)", {5, 3}), "what comes in is 5×3"));
    BOOST_TEST(mentions(complaint("columns(2, 1, 1, 1, 1, 2)", {5}), "columns(2, 1, 1, 1, …)"));
    BOOST_TEST(complaint("columns(2, -4, 1)", {5}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
