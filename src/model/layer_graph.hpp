#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "compute/convolution.hpp"
#include "core/shape.hpp"
#include "model/column_place.hpp"
#include "model/network.hpp"

namespace ensemble::model {

/// A layer or block of a network, as a node of its graph: what it computes, from what, with which parameters. Where a
/// layer takes more than its kind, shapes and parameters say, it is here.
struct LayerNode {
    /// Its kind, numbered through the network as parameters are ("dense2" has "dense2.weight"), behind the blocks it is
    /// in: "skip1/dense2". The input is "input".
    std::string name;
    std::string kind;                 ///< "dense"; of the input "input"
    std::string text;                 ///< as in the notation, without networks inside: "dense(512)"
    std::vector<std::size_t> inputs;  ///< places of the nodes that it reads, each before it
    core::Shape shape;                ///< of what it leaves of a row
    std::vector<ParameterBlock> parameters;
    std::vector<StatisticsBlock> statistics = {};  ///< running means, then variances, of a normalising layer
    std::optional<compute::ImageWindow> window = std::nullopt;  ///< that slides over images, see LayerKind::window
    std::vector<ColumnPlace> columns = {};  ///< that it treats one by one: numbers have a weight each, in their order
};

/// The input and every layer of a network, in the order in which they are computed; a repeat with all its copies.
/// What a block joins at its end is the node of that block; a repeat joins nothing and has none.
[[nodiscard]] std::vector<LayerNode> layer_graph(const Network& network);

}  // namespace ensemble::model
