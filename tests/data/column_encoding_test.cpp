// What a network sees of the columns of a table.
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "compute/piecewise_linear.hpp"
#include "data/bins.hpp"
#include "data/column_encoding.hpp"
#include "data/fit_columns.hpp"
#include "data/generator.hpp"
#include "data/pipeline.hpp"
#include "data/preprocessing.hpp"
#include "data/source.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(column_encoding_tests)

namespace {

using data::CategoryEncoding;
using data::Column;
using data::ColumnKind;
using data::Encoding;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// A table with these columns, row after row, and 0 or 1 to be learnt.
data::Source table_of(std::vector<Column> columns, const Doubles& values, const std::vector<int>& labels) {
    core::Buffer<double> features(values.begin(), values.end());
    core::Buffer<std::int32_t> classes(labels.begin(), labels.end());
    data::Source source{
        .name = "t",
        .sha256 = "",
        .train =
            data::Table({.element = data::Element::f64, .shape = {columns.size()}, .rows = labels.size(), .outputs = 2},
                        data::share(std::move(features)), data::share(std::move(classes))),
        .test = {}};
    source.columns = std::move(columns);
    source.arbitrary_units = true;
    return source;
}

std::vector<std::uint32_t> all_rows(const data::Source& source) {
    std::vector<std::uint32_t> rows(source.train.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

Floats gathered(const data::Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    Floats seen(rows.size() * table.shape().elements());
    table.gather(rows, seen.data(), table.shape().elements());
    return seen;
}

Floats encoded(const data::ColumnEncoding& encoding, const Doubles& row) {
    Floats out(encoding.seen());
    encoding.encode(row, out.data());
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_number_fills_its_bins_from_below) {
    const Doubles edges{0, 1, 3, 4};
    const auto code = [&](double value) {
        Floats out(3);
        compute::piecewise_linear(value, edges, out.data());
        return out;
    };
    BOOST_TEST((code(0.25) == Floats{0.25F, 0, 0}));
    BOOST_TEST((code(1) == Floats{1, 0, 0}));
    BOOST_TEST((code(2) == Floats{1, 0.5F, 0}));
    BOOST_TEST((code(3.5) == Floats{1, 1, 0.5F}));
    BOOST_TEST((code(-0.5) == Floats{-0.5F, 0, 0}));
    BOOST_TEST((code(4.5) == Floats{1, 1, 1.5F}));
    BOOST_TEST((code(-1e308) == Floats{-1, 0, 0}));
    BOOST_TEST((code(1e308) == Floats{1, 1, 2}));
}

BOOST_AUTO_TEST_CASE(bins_are_those_of_numpy_and_of_a_regression_tree) {
    // numpy.unique(numpy.quantile([1, 2, 2, 3, 4, 5, 8, 13, 21, 34], numpy.linspace(0, 1, 5)))
    const Doubles sorted{1, 2, 2, 3, 4, 5, 8, 13, 21, 34};
    const Doubles expected{1, 2.25, 4.5, 11.75, 34};
    const Doubles made = data::quantile_bins(sorted, 4);
    BOOST_TEST(made == expected, boost::test_tools::per_element());
    BOOST_TEST(data::quantile_bins(Doubles{7, 7, 7, 9}, 2).empty());
    BOOST_TEST(data::quantile_bins(Doubles{7, 7, 7, 8, 9, 9}, 4) == (Doubles{7, 8, 9}),
               boost::test_tools::per_element());
    // Nine of ten values are 0. Left twice, they leave room: numpy.quantile([0, 0, *range(1, 11)], [0, .25, .5, .75,
    // 1])
    Doubles mostly_zero(90, 0.0);
    for (int i = 1; i <= 10; ++i) mostly_zero.push_back(i);
    const Doubles spread{0, 1, 4, 7, 10};
    BOOST_TEST(data::quantile_bins(mostly_zero, 4) == spread, boost::test_tools::per_element());
    // A bin needs a width that can be divided by.
    BOOST_TEST(data::quantile_bins(Doubles{-1, -5e-324, 0, 1e-310, 2}, 8) == (Doubles{-1, -5e-324, 2}),
               boost::test_tools::per_element());
    BOOST_TEST(data::quantile_bins(Doubles{-2, -1, 0, 5e-324}, 8) == (Doubles{-2, -1, 5e-324}),
               boost::test_tools::per_element());
    // sklearn.tree.DecisionTreeRegressor(max_leaf_nodes=3, min_samples_leaf=2).fit(x, y).tree_.threshold, with
    // x = 0 … 11 and y = 0 0 0 0 5 5 5 5 1 1 1 1
    Doubles x(12);
    std::iota(x.begin(), x.end(), 0.0);
    const Floats y{0, 0, 0, 0, 5, 5, 5, 5, 1, 1, 1, 1};
    const Doubles tree = data::target_bins({.sorted = x, .targets = y, .width = 1}, 3, 2);
    BOOST_TEST(tree == (Doubles{0, 3.5, 7.5, 11}), boost::test_tools::per_element());
    BOOST_TEST(data::target_bins({.sorted = x, .targets = y, .width = 1}, 3, 5).size() == 3U);
    const Floats flat(12, 2.0F);
    BOOST_TEST(data::target_bins({.sorted = x, .targets = flat, .width = 1}, 3, 2).empty());
}

BOOST_AUTO_TEST_CASE(numbers_are_scaled_by_their_quartiles_and_drawn_in) {
    const data::Source source =
        table_of({{.name = "a"}, {.name = "b"}}, {0, 5, 1, 5, 2, 5, 3, 5, 1000, 5}, {0, 1, 0, 1, 0});
    const auto rows = all_rows(source);
    const auto encoding = data::fit_columns(source, rows, {});
    BOOST_TEST(encoding->seen() == 2U);
    const auto seen = [&](double a) { return double{encoded(*encoding, {a, 5})[0]}; };
    const double half = 0.5 / std::hypot(1.0, 0.5 / 3);  // the median is 2, the quartiles 1 and 3
    BOOST_TEST(seen(2) == 0.0);
    BOOST_TEST(seen(3) == half, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(std::abs(seen(1e300)) <= 3.0);
    BOOST_TEST(encoded(*encoding, {2, 7})[1] == 0.0F);  // constant in training
}

BOOST_AUTO_TEST_CASE(a_column_that_is_constant_up_to_rounding_has_no_effect) {
    const data::Source source = table_of({{.name = "a"}}, {14.62, 14.620000000000001, 14.62, 14.62}, {0, 1, 0, 1});
    const auto rows = all_rows(source);
    BOOST_TEST(encoded(*data::fit_columns(source, rows, {}), {14.63})[0] == 0.0F);
}

BOOST_AUTO_TEST_CASE(a_missing_number_is_the_mean_and_says_so) {
    const data::Source source = table_of({{.name = "a"}}, {1, missing, 2, 6}, {0, 1, 0, 1});
    const auto rows = all_rows(source);
    const auto both = data::fit_columns(source, rows, {});
    BOOST_TEST(both->seen() == 2U);
    BOOST_TEST(encoded(*both, {missing})[0] == encoded(*both, {3})[0]);
    BOOST_TEST(encoded(*both, {missing})[1] == 1.0F);
    BOOST_TEST(encoded(*both, {3})[1] == 0.0F);
    const auto mean = data::fit_columns(source, rows, {.missing = data::Missing::mean});
    BOOST_TEST(mean->seen() == 1U);
}

BOOST_AUTO_TEST_CASE(rare_levels_share_a_feature_with_those_that_are_not_known) {
    Doubles values;
    std::vector<int> labels;
    for (int row = 0; row < 20; ++row) {
        values.push_back(row < 10 ? 0 : row < 18 ? 1 : row == 18 ? 2 : missing);
        labels.push_back(row % 2);
    }
    const data::Source source = table_of(
        {{.name = "c", .kind = ColumnKind::category, .levels = {"a", "b", "c", "never in training"}}}, values, labels);
    const auto rows = all_rows(source);
    const auto encoding = data::fit_columns(source, rows, {});
    BOOST_TEST((encoded(*encoding, {0}) == Floats{1, 0, 0, 0}));
    BOOST_TEST((encoded(*encoding, {1}) == Floats{0, 1, 0, 0}));
    BOOST_TEST((encoded(*encoding, {2}) == Floats{0, 0, 1, 0}));
    BOOST_TEST((encoded(*encoding, {3}) == Floats{0, 0, 1, 0}));
    BOOST_TEST((encoded(*encoding, {data::unknown_level}) == Floats{0, 0, 1, 0}));
    BOOST_TEST((encoded(*encoding, {missing}) == Floats{0, 0, 0, 1}));
    // Without rare ones there is nothing to learn of others, which are none of the levels.
    const std::vector<std::uint32_t> frequent(rows.begin(), rows.begin() + 18);
    BOOST_TEST((encoded(*data::fit_columns(source, frequent, {}), {3}) == Floats{0, 0}));
}

BOOST_AUTO_TEST_CASE(a_pipeline_makes_of_a_row_what_training_saw_of_it_also_when_it_was_written_down) {
    Doubles values;
    std::vector<int> labels;
    for (int row = 0; row < 200; ++row) {
        values.push_back(row % 17 == 3 ? missing : std::sin(row) * 1000.1);
        values.push_back(row % 3);
        values.push_back(std::exp(row % 29));
        labels.push_back(row % 17 < 8 ? 0 : 1);
    }
    const data::Source source =
        table_of({{.name = "a"}, {.name = "c", .kind = ColumnKind::category, .levels = {"x", "y", "z"}}, {.name = "b"}},
                 values, labels);
    const auto rows = all_rows(source);
    std::vector<data::Preprocessing> ways(5);
    ways[0].encodings = {Encoding::ple, Encoding::ple_target};
    ways[1].standardize = data::Standardize::features;
    ways[2].standardize = data::Standardize::none;
    ways[3] = {.reduction = data::Reduction::pca, .keep = 2};
    ways[4].standardize = data::Standardize::all;
    for (const data::Preprocessing& way : ways) {
        const data::Source seen = data::preprocess(source, rows, way);
        BOOST_TEST_REQUIRE(seen.pipeline != nullptr);
        const std::string text = seen.pipeline->to_json().dump();
        const data::Pipeline again = data::Pipeline::from_json(nlohmann::json::parse(text));
        BOOST_TEST(again.to_json().dump() == text);
        const Floats expected = gathered(seen.train);
        Floats made(expected.size());
        again.apply(values, made.data(), again.shape().elements());
        BOOST_TEST(made == expected);
        // Also packed for other ranks.
        const std::vector<std::byte> packed = data::pack(seen);
        core::Buffer<std::byte> aligned(packed.begin(), packed.end());
        const data::Source other = data::unpack({nullptr, aligned});
        BOOST_TEST(gathered(other.train) == expected);
        BOOST_TEST(other.pipeline->to_json().dump() == text);
    }
    const data::Source seen = data::preprocess(source, rows, ways[0]);
    const auto& encoding = *seen.pipeline->parts().encoding;
    BOOST_TEST(encoding.features_of(Encoding::ple).size() == 2U);
    BOOST_TEST(seen.columns[0].features > 10U);
    BOOST_TEST(seen.columns[1].features == 3U);
}

BOOST_AUTO_TEST_CASE(what_was_not_written_by_a_run_is_refused) {
    using nlohmann::json;
    const json good = {{"input_shape", {2}},
                       {"shape", {3}},
                       {"columns",
                        {{{"name", "a"},
                          {"kind", "number"},
                          {"fill", 0},
                          {"indicates", false},
                          {"centre", 1},
                          {"factor", 2},
                          {"clips", true}},
                         {{"name", "c"},
                          {"kind", "category"},
                          {"levels", {"x", "y"}},
                          {"slots", {0, 1}},
                          {"missing", -1},
                          {"other", -1},
                          {"features", 2}}}}};
    BOOST_TEST(data::Pipeline::from_json(good).shape().elements() == 3U);
    const auto refused = [&](const std::string& pointer, const json& value) {
        json bad = good;
        bad[json::json_pointer(pointer)] = value;
        BOOST_CHECK_EXCEPTION(static_cast<void>(data::Pipeline::from_json(bad)), core::Error,
                              testing::failure(core::Failure::data, "the preprocessing"));
    };
    refused("/shape", json::array({4}));
    refused("/shape", json::array());
    refused("/shape", json::array({1 << 20, 1 << 20, 1 << 20}));
    refused("/input_shape", json::array({3}));
    refused("/input_shape", "two");
    refused("/columns/0/kind", 7);
    refused("/columns/0/factor", json());
    refused("/columns/0/quantile_edges", json::array({1, 1, 2}));
    refused("/columns/0/quantile_edges", json::array({1}));
    refused("/columns/1/slots", json::array({0, 2}));
    refused("/columns/1/slots", json::array({0}));
    refused("/columns/1/other", 5);
    refused("/columns/1/features", 1'000'000);
    refused("/map", {{"chosen", {7}}, {"mean", {0}}, {"factor", {1}}});
}

BOOST_AUTO_TEST_SUITE_END()
