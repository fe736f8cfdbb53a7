#include "exchange/onnx_ensemble.hpp"

#include <map>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>
#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(onnx_ensemble_tests)

namespace {

using exchange::TrainedModel;

TrainedModel model_of(task::Kind kind, std::size_t targets, std::size_t members) {
    TrainedModel model;
    model.task = &task::standard_task(kind);
    model.targets = targets;
    model.combination = kind == task::Kind::classification ? "average" : "mixture";
    model.version = "1.2";
    model.run = "ab";
    model.networks.emplace_back("dense(4) relu dropout(0.5)", core::Shape{3}, model.task->output_width(targets));
    const model::Network& network = model.networks.front();
    for (std::size_t index = 0; index < members; ++index) {
        exchange::TrainedMember member{.index = static_cast<std::uint32_t>(index), .parameters = {}, .statistics = {}};
        member.parameters.resize(network.buffer_size());
        model::initialise(network, model::Initialiser::he, 1, member.index, member.parameters);
        model.members.push_back(std::move(member));
    }
    return model;
}

onnx::ModelProto written(const TrainedModel& model) {
    onnx::ModelProto result;
    BOOST_TEST_REQUIRE(result.ParseFromString(exchange::to_onnx(model)));
    return result;
}

std::vector<std::string> outputs_of(const onnx::ModelProto& model) {
    std::vector<std::string> names;
    for (const auto& output : model.graph().output()) names.push_back(output.name());
    return names;
}

std::map<std::string, int> operations_of(const onnx::ModelProto& model) {
    std::map<std::string, int> counts;
    for (const auto& node : model.graph().node()) ++counts[node.op_type()];
    return counts;
}

std::map<std::string, std::string> metadata_in(const onnx::ModelProto& model) {
    std::map<std::string, std::string> metadata;
    for (const auto& entry : model.metadata_props()) metadata[entry.key()] = entry.value();
    return metadata;
}

using Names = std::vector<std::string>;
const auto each = boost::test_tools::per_element();

}  // namespace

BOOST_AUTO_TEST_CASE(an_ensemble_is_one_graph) {
    TrainedModel model = model_of(task::Kind::classification, 5, 3);
    model.class_names = {"a", "\"b\""};
    const onnx::ModelProto file = written(model);
    BOOST_TEST(outputs_of(file) == (Names{"probabilities", "entropy", "mutual_information"}), each);
    BOOST_TEST(file.graph().input_size() == 1);
    BOOST_TEST(operations_of(file)["Gemm"] == 6);
    BOOST_TEST(!operations_of(file).contains("Dropout"));
    BOOST_TEST(metadata_in(file)["class_names"] == R"(["a","\"b\""])");
    BOOST_TEST(metadata_in(file)["run"] == "ab");
    BOOST_TEST(metadata_in(file)["input"] == R"({"shape":[3],"preprocessed":true})");
}

BOOST_AUTO_TEST_CASE(numbers_have_moments_in_their_units) {
    TrainedModel model = model_of(task::Kind::regression, 2, 2);
    model.scale = {.mean = {10, 20}, .deviation = {2, 4}};
    model.target_names = {"y", "z"};
    const onnx::ModelProto file = written(model);
    BOOST_TEST(outputs_of(file) == (Names{"mean", "variance", "aleatoric_variance", "epistemic_variance"}), each);
    BOOST_TEST(metadata_in(file)["target_scale"] == R"({"mean":[10.0,20.0],"deviation":[2.0,4.0]})");
}

BOOST_AUTO_TEST_CASE(weights_and_temperature_are_known) {
    TrainedModel model = model_of(task::Kind::classification, 5, 2);
    model.combination = "greedy";
    model.weights = {0.25, 0.75};
    model.temperature = 2;
    const onnx::ModelProto file = written(model);
    BOOST_TEST(operations_of(file)["Softmax"] == 3);
    BOOST_TEST(metadata_in(file)["weights"] == "[0.25,0.75]");
    BOOST_TEST(metadata_in(file)["temperature"] == "2.0");
}

BOOST_AUTO_TEST_CASE(sequences_of_different_lengths_come_with_their_lengths) {
    TrainedModel model = model_of(task::Kind::classification, 5, 2);
    const core::Shape steps{6, 3};
    model.networks.clear();
    model.networks.emplace_back("conv1d(4, 3) relu lstm(2, sequence) avgpool1d", steps, 5, model::Lengths::different);
    for (exchange::TrainedMember& member : model.members) member.parameters.resize(model.networks[0].buffer_size());
    const onnx::ModelProto file = written(model);
    BOOST_TEST_REQUIRE(file.graph().input_size() == 2);
    BOOST_TEST(file.graph().input(0).name() == "features");
    const onnx::ValueInfoProto& lengths = file.graph().input(1);
    BOOST_TEST(lengths.name() == "lengths");
    BOOST_TEST(lengths.type().tensor_type().elem_type() == onnx::TensorProto::INT64);
    BOOST_TEST(lengths.type().tensor_type().shape().dim_size() == 1);
    BOOST_TEST(metadata_in(file)["input"] == R"({"shape":[6,3],"preprocessed":true,"lengths":"different",)"
                                             R"("inputs":{"features":"float32","lengths":"int64"}})");
    for (const auto& node : file.graph().node()) {
        if (node.op_type() == "LSTM") BOOST_TEST((node.input_size() == 5 && !node.input(4).empty()));
    }
    // Features are cleared once for both members; each clears what its convolution and its cells leave.
    BOOST_TEST(operations_of(file)["Where"] == 1 + 2 * 2);
    BOOST_TEST(operations_of(file)["Less"] == 1);
}

BOOST_AUTO_TEST_CASE(features_a_member_does_not_see_are_hidden) {
    TrainedModel model = model_of(task::Kind::classification, 5, 2);
    model.members[1].hidden_features = {2};
    const onnx::ModelProto file = written(model);
    bool is_there = false;
    for (const auto& tensor : file.graph().initializer()) {
        const std::string raw = tensor.raw_data();
        const bool is_mask = tensor.name() == "member1/visible/mask";
        is_there = is_there || is_mask;
        if (is_mask) BOOST_TEST((raw.substr(8) == std::string(4, '\0') && raw.substr(0, 4) != std::string(4, '\0')));
    }
    BOOST_TEST(is_there);
}

BOOST_AUTO_TEST_SUITE_END()
