#include "exchange/trained_model.hpp"

#include <nlohmann/json.hpp>

#include "core/names.hpp"
#include "exchange/onnx_pipeline.hpp"

namespace ensemble::exchange {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json list_of(const core::Shape& shape) {
    Json extents = Json::array();
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) extents.push_back(shape[axis]);
    return extents;
}

/// Says where rows are sequences that end before the last step of their shape, and as what such rows are given.
Json with_lengths(Json input, const TrainedModel& model, RowsGiven rows) {
    if (model.networks.front().lengths() != model::Lengths::different) return input;
    input["lengths"] = "different";
    if (rows == RowsGiven::as_seen) return input;
    const bool is_table = model.pipeline && reads_steps_of_table(*model.pipeline);
    input["inputs"] = {{features_input, is_table ? "float64" : "float32"}, {lengths_input, "int64"}};
    if (!is_table) return input;
    input["channels"] = model.pipeline->parts().channels;
    input["sequence"] = model.pipeline->parts().sequence;
    return input;
}

/// What the rows are like that are given to what is handed on.
std::string input_of(const TrainedModel& model, RowsGiven rows) {
    if (!model.pipeline || rows == RowsGiven::as_seen)
        return text_of(
            with_lengths({{"shape", list_of(model.networks.front().input())}, {"preprocessed", true}}, model, rows));
    Json json = with_lengths({{"shape", list_of(model.pipeline->input_shape())}, {"preprocessed", false}}, model, rows);
    const std::string columns = columns_text(*model.pipeline);
    if (!columns.empty()) json["columns"] = Json::parse(columns);
    return text_of(json);
}

Json members_of(const TrainedModel& model) {
    Json members = Json::array();
    for (const TrainedMember& member : model.members) {
        Json json{{"index", member.index}, {"net", model.networks.at(member.network).full_text()}};
        if (!member.hidden_features.empty()) json["hidden_features"] = member.hidden_features;
        if (!member.variances.empty()) json["variances"] = member.variances;
        members.push_back(std::move(json));
    }
    return members;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> metadata_of(const TrainedModel& model, RowsGiven rows) {
    std::vector<std::pair<std::string, std::string>> metadata{
        {"program", "ensemble_export"},
        {"version", model.version},
        {"run", model.run},
        {"task", std::string(core::name_of(model.task->kind))},
        {"loss", std::string(model.task->loss_name)},
        {"input", input_of(model, rows)},
        {"order", "images are height, width, channels, also where they are flattened"},
        {"members", text_of(members_of(model))},
        {"combination", model.combination}};
    if (model.task->kind == task::Kind::classification) {
        metadata.emplace_back("class_names", text_of(model.class_names));
    } else {
        metadata.emplace_back("target_names", text_of(model.target_names));
        metadata.emplace_back("target_scale",
                              text_of({{"mean", model.scale.mean}, {"deviation", model.scale.deviation}}));
    }
    if (model.pipeline && rows == RowsGiven::as_seen)
        metadata.emplace_back("preprocessing", text_of(model.pipeline->to_json()));
    if (!model.weights.empty()) metadata.emplace_back("weights", text_of(model.weights));
    if (model.temperature) metadata.emplace_back("temperature", text_of(*model.temperature));
    return metadata;
}

}  // namespace ensemble::exchange
