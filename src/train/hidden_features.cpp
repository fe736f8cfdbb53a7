#include "train/hidden_features.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/contract.hpp"
#include "data/split.hpp"
#include "model/layer_graph.hpp"

namespace ensemble::train {
namespace {

void mark(std::span<const data::FeatureRange> ranges, std::vector<bool>& marked) {
    for (const data::FeatureRange& range : ranges) {
        core::require(range.first + range.count <= marked.size(), "features are those of a row");
        std::fill_n(marked.begin() + static_cast<std::ptrdiff_t>(range.first), range.count, true);
    }
}

/// Of the columns that this member has not drawn.
std::vector<data::FeatureRange> not_drawn(const Problem& problem, std::size_t features, std::uint32_t member) {
    std::vector<std::size_t> widths = problem.columns;
    if (widths.empty()) widths.assign(features, 1);
    const auto drawn =
        data::choose_features(widths.size(), problem.feature_fraction, problem.seed, sample_of(problem, member));
    std::vector<data::FeatureRange> ranges;
    std::size_t first = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (!std::ranges::binary_search(drawn, static_cast<std::uint32_t>(i)))
            ranges.push_back({.first = first, .count = widths[i]});
        first += widths[i];
    }
    return ranges;
}

/// Weights that read features of a row from one on, a row of the block for each.
struct FirstWeights {
    model::ParameterBlock block;
    std::size_t first_feature = 0;
};

/// Of layers that see the input as it is, or with some of it dropped.
std::vector<FirstWeights> first_weights(const model::Network& network) {
    const std::vector<model::LayerNode> nodes = model::layer_graph(network);
    std::vector<bool> is_input(nodes.size());
    std::vector<FirstWeights> weights;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const model::LayerNode& node = nodes[i];
        const bool reads_input = node.inputs.size() == 1 && is_input[node.inputs.front()];
        is_input[i] = node.kind == "input" || (reads_input && node.kind == "dropout");
        if (!reads_input) continue;
        auto block = node.parameters.begin();
        for (const model::ColumnPlace& column : node.columns) {
            if (column.is_number) weights.push_back({.block = *block++, .first_feature = column.input});
        }
        for (; block != node.parameters.end(); ++block) {
            if (model::is_dense_weight(*block) && block->rows == network.input().elements())
                weights.push_back({.block = *block});
        }
    }
    return weights;
}

}  // namespace

std::vector<std::uint32_t> hidden_features(const Problem& problem, std::size_t features, std::uint32_t member) {
    std::vector<bool> is_hidden(features, false);
    mark(problem.unseen, is_hidden);
    if (problem.feature_fraction < 1) mark(not_drawn(problem, features, member), is_hidden);
    std::vector<std::uint32_t> hidden;
    for (std::uint32_t i = 0; i < features; ++i) {
        if (is_hidden[i]) hidden.push_back(i);
    }
    return hidden;
}

void hide(std::span<const std::uint32_t> hidden_features, const compute::Rows& batch) {
    if (hidden_features.empty()) return;
    for (std::size_t row = 0; row < batch.count; ++row) {
        const auto items = batch[row];
        for (const std::uint32_t feature : hidden_features) {
            if (!std::isnan(items[feature])) items[feature] = 0.0F;  // which is behind the end of its row
        }
    }
}

void begin_at_zero(const model::Network& network, std::span<const data::FeatureRange> features,
                   std::span<float> parameters) {
    if (features.empty()) return;
    std::vector<bool> is_zero(network.input().elements(), false);
    mark(features, is_zero);
    for (const auto& [block, first] : first_weights(network)) {
        const auto own = is_zero.begin() + static_cast<std::ptrdiff_t>(first);
        const auto all = static_cast<std::ptrdiff_t>(block.rows);
        const std::ptrdiff_t zeros = std::count(own, own + all, true);
        const auto growth =
            zeros < all ? static_cast<float>(std::sqrt(static_cast<double>(all) / static_cast<double>(all - zeros)))
                        : 1.0F;
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (float& weight : parameters.subspan(block.offset + row * block.stride, block.columns))
                weight = is_zero[first + row] ? 0.0F : weight * growth;
        }
    }
}

}  // namespace ensemble::train
