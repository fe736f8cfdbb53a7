#pragma once

#include <cstddef>

#include "compute/precision.hpp"
#include "model/network.hpp"

namespace ensemble::bench {

/// The matrix products and convolutions of one training step, each measured by itself at its best.
struct Kernels {
    double flops = 0;            ///< of one step, as the definitions have them
    double best_rate = 0;        ///< FLOP/s of the fastest kernel
    double best_seconds = 0;     ///< all of them, each at its best rate
    double library_seconds = 0;  ///< the same with the library's kernels alone
};

/// Measures for some seconds. In bf16 each may also be computed in single precision, if that is faster.
[[nodiscard]] Kernels kernels_of(const model::Network& network, std::size_t batch, compute::Precision precision);

}  // namespace ensemble::bench
