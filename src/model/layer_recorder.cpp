#include "model/layer_recorder.hpp"

#include <utility>

#include <fmt/format.h>

#include "model/program.hpp"

namespace ensemble::model {

LayerRecorder::LayerRecorder(const core::Shape& input, const Tensor& values) {
    layers_.push_back(
        {.node =
             {.name = "input", .kind = "input", .text = input.text(), .inputs = {}, .shape = input, .parameters = {}},
         .values = &values});
}

void LayerRecorder::begin_network() {
    if (open_.empty()) return;
    const Open& block = open_.back();
    current_ = block.is_chain && !block.results.empty() ? block.results.back() : block.input;
}

void LayerRecorder::end_network() {
    if (!open_.empty()) open_.back().results.push_back(current_);
}

void LayerRecorder::begin_item(const Item& item) {
    const std::string scope = open_.empty() ? "" : open_.back().node.name + "/";
    open_.push_back({.item = &item,
                     .node = {.name = fmt::format("{}{}{}", scope, item.name, ++numbers_[item.name]),
                              .kind = item.name,
                              .text = item.name + arguments_text(item),
                              .inputs = {},
                              .shape = {},
                              .parameters = {}},
                     .input = current_,
                     .results = {},
                     .is_chain = find_layer(item.name)->times != nullptr});
}

void LayerRecorder::end_item(const LayerKind& kind, const Tensor& output) {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.is_chain) return;
    done.node.shape = output.shape;
    if (kind.window != nullptr)
        done.node.window = kind.window(*done.item, layers_[done.input].node.shape, output.shape);
    if (kind.columns != nullptr) done.node.columns = kind.columns(*done.item, layers_[done.input].node.shape);
    done.node.inputs = std::move(done.results);
    if (done.node.inputs.empty() || kind.joins_input) done.node.inputs.push_back(done.input);
    current_ = layers_.size();
    layers_.push_back({.node = std::move(done.node), .values = &output});
}

std::vector<LayerNode> layer_graph(const Network& network) {
    std::vector<LayerNode> nodes;
    for (KeptLayer& layer : Program::layers_of(network)) nodes.push_back(std::move(layer.node));
    return nodes;
}

}  // namespace ensemble::model
