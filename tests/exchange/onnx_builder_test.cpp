#include "exchange/onnx_builder.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <onnx/onnx_pb.h>
#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(onnx_builder_tests)

namespace {

using exchange::OnnxBuilder;

onnx::ModelProto read(const std::string& file) {
    onnx::ModelProto model;
    BOOST_TEST_REQUIRE(model.ParseFromString(file));
    return model;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_says_what_it_is) {
    OnnxBuilder builder;
    builder.add_input("x", {3, 4});
    builder.add_output(builder.add("Relu", {"x"}, "y"), 5);
    builder.set_metadata("key", "välue");
    const onnx::ModelProto model = read(builder.finish("1.2"));
    BOOST_TEST(model.ir_version() == 7);
    BOOST_TEST_REQUIRE(model.opset_import_size() == 1);
    BOOST_TEST(model.opset_import(0).domain().empty());
    BOOST_TEST(model.opset_import(0).version() == 13);
    BOOST_TEST(model.producer_version() == "1.2");
    BOOST_TEST(model.metadata_props(0).key() == "key");
    BOOST_TEST(model.metadata_props(0).value() == "välue");
    const auto& input = model.graph().input(0).type().tensor_type();
    BOOST_TEST(input.elem_type() == onnx::TensorProto::FLOAT);
    BOOST_TEST(input.shape().dim(0).dim_param() == "rows");
    BOOST_TEST(input.shape().dim(2).dim_value() == 4);
    BOOST_TEST(model.graph().output(0).name() == "y");
    BOOST_TEST(model.graph().output(0).type().tensor_type().shape().dim(1).dim_value() == 5);
}

BOOST_AUTO_TEST_CASE(no_name_is_given_twice) {
    OnnxBuilder builder;
    builder.add_input("x", {3});
    BOOST_TEST(builder.add("Relu", {"x"}, "x") == "x.2");
    BOOST_TEST(builder.add("Relu", {"x"}, "x") == "x.3");
    BOOST_TEST(builder.scalar(0.5F) == builder.scalar(0.5F));
    BOOST_TEST(builder.integers({1, 2}) == builder.integers({1, 2}));
    BOOST_TEST(builder.integers({1, 2}) != builder.integers({2, 1}));
    const auto several =
        builder.add_several(2, "TopK", {"x", builder.integers({1})}, "top", {{"largest", std::int64_t{0}}});
    BOOST_TEST_REQUIRE(several.size() == 2U);
    BOOST_TEST(several[0] != several[1]);
    const onnx::ModelProto model = read(builder.finish("1"));
    BOOST_TEST(model.graph().initializer_size() == 4);
}

BOOST_AUTO_TEST_CASE(numbers_and_attributes_are_there) {
    OnnxBuilder builder;
    builder.add_input("x", {2});
    const std::string weight = builder.constant("w", {.extents = {1, 2}, .values = {1.5F, -2}});
    builder.add_one_of(1, "LSTM", {"x", weight}, "h",
                       {{"alpha", 0.25F}, {"axis", std::int64_t{-1}}, {"pads", std::vector<std::int64_t>{1, 2}}});
    const onnx::ModelProto model = read(builder.finish("1"));
    const onnx::TensorProto& tensor = model.graph().initializer(0);
    std::vector<float> values(2);
    BOOST_TEST_REQUIRE(tensor.raw_data().size() == 8U);
    std::memcpy(values.data(), tensor.raw_data().data(), 8);
    BOOST_TEST(values == (std::vector<float>{1.5F, -2}), boost::test_tools::per_element());
    const onnx::NodeProto& node = model.graph().node(0);
    BOOST_TEST(node.output(0).empty());
    BOOST_TEST(node.output(1) == "h");
    BOOST_TEST(node.attribute(0).f() == 0.25F);
    BOOST_TEST(node.attribute(1).i() == -1);
    BOOST_TEST(node.attribute(2).ints(1) == 2);
}

BOOST_AUTO_TEST_CASE(what_is_wanted_once_is_there_once) {
    OnnxBuilder builder;
    builder.add_input("x", {2});
    const OnnxBuilder::Attributes axis{{"axis", std::int64_t{1}}};
    const std::string first = builder.add_once("Softmax", {"x"}, "y", axis);
    BOOST_TEST(builder.add_once("Softmax", {"x"}, "z", axis) == first);
    BOOST_TEST(builder.add_once("Softmax", {"x"}, "z") != first);
    BOOST_TEST(builder.add_once("Softmax", {first}, "z", axis) != first);
    BOOST_TEST(builder.add_once("LogSoftmax", {"x"}, "z", axis) != first);
    BOOST_TEST(builder.add("Softmax", {"x"}, "y", axis) != first);
    BOOST_TEST(read(builder.finish("1")).graph().node_size() == 5);
}

BOOST_AUTO_TEST_CASE(more_than_a_file_may_hold_is_refused) {
    OnnxBuilder builder(100);
    const exchange::Array numbers{.extents = {12}, .values = std::vector<float>(12)};
    const auto fill = [&] {
        for (int i = 0; i < 3; ++i) builder.constant("w", numbers);
    };
    BOOST_CHECK_EXCEPTION(fill(), core::Error, [](const core::Error& error) {
        return error.kind() == core::Failure::usage && std::string(error.what()).find("2 GiB") != std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
