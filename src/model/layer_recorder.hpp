#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "model/compiler.hpp"
#include "model/layer_graph.hpp"
#include "model/layers.hpp"

namespace ensemble::model {

/// A layer of a program that keeps what every layer leaves.
struct KeptLayer {
    LayerNode node;
    const Tensor* values = nullptr;  ///< of the program; of the last batch, until the next
};

/// Writes down the graph of what a compiler compiles, and where each layer leaves its values. A compiler with one
/// leaves these to nobody else, so that they are still there at the end of a pass: it takes more memory, and fuses
/// less.
class LayerRecorder {
public:
    /// `input` is the network's own, also where the program has it flat.
    LayerRecorder(const core::Shape& input, const Tensor& values);

    void begin_network();
    void end_network();
    void begin_item(const Item& item);
    void end_item(const LayerKind& kind, const Tensor& output);
    void takes(const ParameterBlock& block) { open_.back().node.parameters.push_back(block); }
    void takes(const StatisticsBlock& block) { open_.back().node.statistics.push_back(block); }

    [[nodiscard]] std::vector<KeptLayer> finish() { return std::move(layers_); }

private:
    /// An item under way.
    struct Open {
        const Item* item = nullptr;
        LayerNode node;
        std::size_t input = 0;
        std::vector<std::size_t> results;  ///< of the networks inside that are done: their last nodes
        bool is_chain = false;             ///< each network reads what the one before leaves
    };

    std::vector<KeptLayer> layers_;
    std::vector<Open> open_;                      ///< the innermost last
    std::size_t current_ = 0;                     ///< the node whose values flow into the next item
    std::map<std::string, std::size_t> numbers_;  ///< of the last item of each kind
};

}  // namespace ensemble::model
