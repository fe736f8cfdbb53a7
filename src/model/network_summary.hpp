#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compute/precision.hpp"
#include "core/shape.hpp"
#include "model/network.hpp"

namespace ensemble::model {

/// What an item takes. A floating-point operation is an addition or a multiplication of a row's numbers; a weight costs
/// two for each place it is used at, every other parameter one, an activation or a sum one for each element, and a
/// window of a pooling layer one for each of its pixels, maxout one for each piece. Padding counts as pixels, dropout
/// as nothing. What is said is what the definition takes, however it is computed.
struct Cost {
    std::size_t parameters = 0;  ///< that are learnt
    double forward = 0;          ///< operations for one row in evaluation
    double training = 0;    ///< for one row forward and backward: a weight's thrice, or twice where the item reads the
                            ///< network's input, whose gradient nobody needs; the others twice. Without the optimiser's
    std::size_t bytes = 0;  ///< of activations for a batch; 0: works in place, or without keeping them

    Cost& operator+=(const Cost& other);
    friend bool operator==(const Cost&, const Cost&) = default;
};

struct Described;

/// A network in brackets as it was compiled.
struct Part {
    std::vector<Described> items;
    std::size_t times = 1;  ///< copies of a repeat that are alike and follow one another

    friend bool operator==(const Part&, const Part&);
};

/// An item as it was compiled.
struct Described {
    std::string text;  ///< "conv(32, 3)", "skip"
    std::string name;
    core::Shape input;
    core::Shape output;
    Cost own;                 ///< without what the parts cost
    std::vector<Part> parts;  ///< of skip one, of split one for each branch, of repeat one or more for its copies

    friend bool operator==(const Described&, const Described&) = default;
};

/// A network compiled for training, item by item.
struct NetworkSummary {
    core::Shape input;
    std::size_t input_bytes = 0;     ///< of a batch
    std::size_t gradient_bytes = 0;  ///< of all activations of a batch, which share memory where they can
    std::vector<Described> items;

    /// Of all items, the input and the gradients.
    [[nodiscard]] Cost total() const;
};

/// Lays out the network for batches of `batch` rows, without the memory, and writes down what comes of each item.
/// REQUIRES: batch > 0.
[[nodiscard]] NetworkSummary summarise(const Network& network, std::size_t batch,
                                       compute::Precision precision = compute::Precision::f32);

}  // namespace ensemble::model
