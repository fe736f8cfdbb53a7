#include "model/network.hpp"

#include <algorithm>
#include <cctype>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "model/layers.hpp"
#include "model/program.hpp"

namespace model {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool any_is(const Items& items, std::string_view name) {
    return std::ranges::any_of(items, [&](const Item& item) {
        return item.name == name ||
               std::ranges::any_of(item.branches, [&](const Items& branch) { return any_is(branch, name); });
    });
}

}  // namespace

Network::Network(std::string_view text, const core::Shape& input, std::size_t outputs, Objective objective)
    : input_(input), outputs_(outputs), objective_(objective) {
    core::require(input.elements() > 0 && outputs > 0, "a network has inputs and outputs");
    const Preset* preset = find_preset(trimmed(text));
    items_ = parse(preset != nullptr ? preset->text : text);
    text_ = to_text(items_);
    items_.push_back({.name = "dense", .arguments = {static_cast<double>(outputs)}, .branches = {}});
    static_cast<void>(plan(items_, input_, layout_));
}

bool Network::has(std::string_view item) const {
    return any_is(items_, item);
}

std::size_t Network::parameter_count() const noexcept {
    std::size_t count = 0;
    for (const ParameterBlock& block : blocks()) count += block.rows * block.columns;
    return count;
}

std::size_t Network::training_bytes(std::size_t batch) const {
    constexpr std::size_t flat_buffers = 4;  // parameters, gradients, two moments
    return flat_buffers * buffer_size() * sizeof(float) + Program(*this, batch, Program::Purpose::training).bytes();
}

}  // namespace model
