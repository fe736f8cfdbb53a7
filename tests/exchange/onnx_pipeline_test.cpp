#include "exchange/onnx_pipeline.hpp"

#include <memory>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(onnx_pipeline_tests)

namespace {

using data::CategoryEncoding;
using data::Column;
using data::ColumnKind;
using data::NumberEncoding;
using data::Pipeline;

Pipeline of_table() {
    std::vector<Column> columns{
        {.name = "a"}, {.name = "kind", .kind = ColumnKind::category, .levels = {"x", "y"}}, {.name = "b"}};
    std::vector<data::ColumnCode> codes{
        NumberEncoding{.fill = 1, .indicates = true, .quantile_edges = {0, 1, 4}},
        CategoryEncoding{.slots = {0, 1}, .missing = CategoryEncoding::none, .other = 2, .features = 3},
        NumberEncoding{.clips = true}};
    const auto encoding = std::make_shared<const data::ColumnEncoding>(std::move(columns), std::move(codes));
    return Pipeline({.input = {3}, .shape = {8}, .encoding = encoding});
}

onnx::ModelProto written(const Pipeline& pipeline) {
    exchange::OnnxBuilder builder;
    const std::string seen = exchange::add_pipeline(builder, pipeline);
    builder.add_output(builder.add("Identity", {seen}, "seen"), pipeline.shape().elements());
    onnx::ModelProto model;
    BOOST_TEST_REQUIRE(model.ParseFromString(builder.finish("1")));
    return model;
}

std::string inputs_of(const onnx::ModelProto& model) {
    std::string text;
    for (const auto& input : model.graph().input()) {
        const auto& type = input.type().tensor_type();
        text += (text.empty() ? "" : ", ") + input.name() + ' ' +
                onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type.elem_type()));
        for (const auto& dim : type.shape().dim()) text += ' ' + (dim.dim_param() + std::to_string(dim.dim_value()));
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_table_has_numbers_and_categories) {
    BOOST_TEST(inputs_of(written(of_table())) == "numbers DOUBLE rows0 2, categories INT64 rows0 1");
    BOOST_TEST(exchange::columns_text(of_table()) ==
               R"_([{"name":"a","input":"numbers","place":0},{"name":"kind","input":"categories","place":0,)_"
               R"_("levels":["x","y"]},{"name":"b","input":"numbers","place":1}])_");
}

BOOST_AUTO_TEST_CASE(images_are_given_as_they_are_read) {
    const Pipeline pipeline({.input = {4, 5}, .shape = {4, 5}, .scale = 0.5F});
    const onnx::ModelProto model = written(pipeline);
    BOOST_TEST(inputs_of(model) == "features FLOAT rows0 4 5");
    BOOST_TEST(model.graph().node(0).op_type() == "Mul");
    BOOST_TEST(exchange::columns_text(pipeline).empty());
    const Pipeline nothing({.input = {4, 5}, .shape = {4, 5}});
    BOOST_TEST(written(nothing).graph().node_size() == 1);
}

BOOST_AUTO_TEST_CASE(what_is_standardised_is_so_in_double_precision) {
    const data::LinearMap map{.chosen = {0, 2}, .mean = {1, 2}, .factor = {3, 4}};
    const onnx::ModelProto model = written(Pipeline({.input = {3}, .shape = {2}, .map = map}));
    BOOST_TEST(inputs_of(model) == "features FLOAT rows0 3");
    std::string operations;
    for (const auto& node : model.graph().node()) operations += node.op_type() + ' ';
    BOOST_TEST(operations == "Cast Gather Sub Mul Cast Identity ");
}

BOOST_AUTO_TEST_CASE(steps_of_a_table_are_as_its_columns) {
    data::LinearMap map{.chosen = {0, 1, 2, 3}, .unit = {}, .mean = {1, 2, 1, 2}, .factor = {1, 2, 1, 2}};
    Pipeline::Parts parts{.input = {2, 2}, .shape = {2, 2}, .map = map, .ragged = true};
    BOOST_TEST(inputs_of(written(Pipeline(parts))) == "features FLOAT rows0 2 2");
    parts.channels = {"a", "b"};
    BOOST_TEST(inputs_of(written(Pipeline(parts))) == "features DOUBLE rows0 2 2");
    parts.map.reset();
    BOOST_TEST(inputs_of(written(Pipeline(parts))) == "features DOUBLE rows0 2 2");
}

BOOST_AUTO_TEST_SUITE_END()
