#include <optional>

#include "core/error.hpp"
#include "model/compiler.hpp"
#include "model/layer_recorder.hpp"
#include "model/layers.hpp"
#include "model/summary_builder.hpp"

namespace ensemble::model {

using core::Shape;

Shape plan(const Items& items, const Shape& input, Layout& layout) {
    Shape shape = input;
    for (const Item& item : items) {
        shape = find_layer(item.name)->plan(item, shape, layout);
        if (layout.size() > most_parameters) {
            core::fail(core::Failure::usage,
                       "network, line {}, column {}: with {} behind {} inputs the network has more than {} parameters",
                       item.line, item.column, item.name, shape.text(), most_parameters);
        }
    }
    return shape;
}

namespace {

/// Tells the rows that an item leaves of `before` where they end, unless it has told itself.
void pass_ends(const LayerKind& kind, const Item& item, const Shape& before, RowEnds* ends, const Value& value,
               Compiler& compiler) {
    Tensor& tensor = *value.tensor;
    if (tensor.shape.rank() < 2) return;
    if (kind.is_elementwise) tensor.is_clear = false;
    if (tensor.ends != nullptr) return;
    const auto window = kind.window == nullptr ? std::nullopt : kind.window(item, before, tensor.shape);
    tensor.ends = compiler.ends_behind(ends, window);
}

}  // namespace

Value compile(const Items& items, const Value& input, Compiler& compiler) {
    SummaryBuilder* const summary = compiler.summary();
    LayerRecorder* const recorder = compiler.recorder();
    if (summary != nullptr) summary->begin_network();
    if (recorder != nullptr) recorder->begin_network();
    Value value = input;
    for (const Item& item : items) {
        const LayerKind& kind = *find_layer(item.name);
        if (summary != nullptr) summary->begin_item(item, *value.tensor);
        if (recorder != nullptr) recorder->begin_item(item);
        if (!kind.is_elementwise) value = compiler.cleared(value);
        const Shape before = value.tensor->shape;
        RowEnds* const ends = value.tensor->ends;
        value = kind.compile(item, value, compiler);
        if (ends != nullptr) pass_ends(kind, item, before, ends, value, compiler);
        if (summary != nullptr) summary->end_item(kind, *value.tensor);
        if (recorder != nullptr) {
            recorder->end_item(kind, *value.tensor);
            value.exclusive = false;
        }
    }
    if (summary != nullptr) summary->end_network();
    if (recorder != nullptr) recorder->end_network();
    return value;
}

}  // namespace ensemble::model
