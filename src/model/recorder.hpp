#pragma once

#include <vector>

#include "model/compiler.hpp"
#include "model/layers.hpp"
#include "model/overview.hpp"

namespace model {

/// Writes down what a compiler does for each item: its shapes, the parameters it takes and the tensors it makes.
class Recorder {
public:
    void begin_network();
    void end_network();
    void begin_item(const Item& item, const Tensor& input);
    void end_item(const LayerKind& kind, const Tensor& output);
    void takes(const ParameterBlock& block);
    void makes(const Tensor& tensor);

    /// The items of the network, and the bytes of what was made outside of them.
    [[nodiscard]] Overview finish();

private:
    struct Open {
        const Item* item = nullptr;
        Described described;
        std::vector<ParameterBlock> blocks;
        bool needs_input_gradient = false;
    };

    std::vector<Open> open_;                     ///< items under way, the innermost last
    std::vector<std::vector<Described>> lists_;  ///< networks under way, the innermost last
    Overview result_;
};

}  // namespace model
