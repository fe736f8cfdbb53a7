#include "model/network.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "model/layers.hpp"
#include "model/notation.hpp"

namespace ensemble::model {
namespace {

/// One word that is no layer: meant as the name of a preset, perhaps.
bool looks_like_preset(std::string_view text) {
    const auto is_of_name = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    };
    return !text.empty() && std::ranges::all_of(text, is_of_name) && find_layer(text) == nullptr;
}

[[noreturn]] void refuse_name(std::string_view name) {
    std::vector<std::string_view> names;
    std::string presets_text;
    for (const Preset& preset : presets()) {
        names.push_back(preset.name);
        presets_text += fmt::format(" {}", preset.name);
    }
    std::string layers_text;
    for (const LayerKind& kind : layer_kinds()) {
        names.push_back(kind.name);
        layers_text += fmt::format(" {}", kind.name);
    }
    const std::string_view close = core::nearest(name, names);
    core::fail(core::Failure::usage,
               "network, line 1, column 1: '{}' is no preset and no layer{}; presets:{}; layers:{}", name,
               close.empty() ? "" : fmt::format("; did you mean {}?", close), presets_text, layers_text);
}

bool any_is(const Items& items, std::string_view name) {
    return std::ranges::any_of(items, [&](const Item& item) {
        return item.name == name ||
               std::ranges::any_of(item.branches, [&](const Items& branch) { return any_is(branch, name); });
    });
}

/// The items of a notation, or of the preset it names.
Items items_of(std::string_view text) {
    const Preset* preset = find_preset(text);
    if (preset == nullptr && looks_like_preset(trimmed(text))) refuse_name(trimmed(text));
    return parse(preset != nullptr ? preset->text : text);
}

/// Puts the columns behind the units of layers that take them.
void tell_columns(Items& items, std::span<const InputColumn> columns) {
    for (Item& item : items) {
        if (find_layer(item.name)->columns != nullptr && item.arguments.size() == 1) {
            for (const InputColumn& column : columns) {
                const auto features = static_cast<double>(column.features);
                item.arguments.push_back(column.is_number ? features : -features);
            }
        }
        for (Items& branch : item.branches) tell_columns(branch, columns);
    }
}

}  // namespace

bool convolves(std::string_view text) {
    const Items items = items_of(text);
    return any_is(items, "conv") || any_is(items, "maxpool") || any_is(items, "avgpool");
}

Network::Network(std::string_view text, const core::Shape& input, std::size_t outputs, Lengths lengths,
                 std::span<const InputColumn> columns)
    : input_(input), outputs_(outputs), lengths_(lengths) {
    core::require(input.elements() > 0 && outputs > 0, "a network has inputs and outputs");
    core::require(lengths == Lengths::equal || input.rank() > 1, "sequences of different lengths have steps");
    items_ = items_of(text);
    text_ = to_text(items_);
    tell_columns(items_, columns);
    full_text_ = to_text(items_);
    items_.push_back({.name = "dense", .arguments = {static_cast<double>(outputs)}, .words = {}, .branches = {}});
    static_cast<void>(plan(items_, input_, layout_));
}

std::size_t Network::statistics_size() const noexcept {
    return statistics().empty() ? 0 : statistics().back().offset + statistics().back().width;
}

bool Network::has(std::string_view item) const {
    return any_is(items_, item);
}

std::size_t Network::parameter_count() const noexcept {
    std::size_t count = 0;
    for (const ParameterBlock& block : blocks()) count += block.rows * block.columns;
    return count;
}

}  // namespace ensemble::model
