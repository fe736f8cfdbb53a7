#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "model/compiler.hpp"
#include "model/layers.hpp"
#include "model/network_summary.hpp"

namespace ensemble::model {

/// Writes down what a compiler does for each item: its shapes, the parameters it takes and the tensors it makes.
class SummaryBuilder {
public:
    void begin_network();
    void end_network();
    void begin_item(const Item& item, const Tensor& input);
    void end_item(const LayerKind& kind, const Tensor& output);
    void takes(const ParameterBlock& block);
    void makes(const Tensor& tensor);
    void drops(const Tensor& tensor);

    /// The items of the network, and the bytes of what was made outside of them.
    [[nodiscard]] NetworkSummary finish();

private:
    /// Gives the items their bytes, in the order in which they began, and joins copies of repeats that are alike.
    void settle(std::vector<Described>& items, std::size_t& number) const;

    struct Open {
        std::size_t number = 0;  ///< in the order of beginnings, from 1; 0 is the network's input
        const Item* item = nullptr;
        Described described;
        std::vector<ParameterBlock> blocks;
        bool needs_input_gradient = false;
    };

    std::vector<Open> open_;                        ///< items under way, the innermost last
    std::vector<std::vector<Described>> lists_;     ///< networks under way, the innermost last
    std::vector<std::size_t> bytes_{0};             ///< by number
    std::map<const Tensor*, std::size_t> made_by_;  ///< number of the item
    std::vector<Described> items_;
};

}  // namespace ensemble::model
