#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "compute/matmul.hpp"
#include "core/random.hpp"
#include "model/parameters.hpp"

namespace ensemble::model {

enum class Mode : std::uint8_t {
    train,
    evaluate,
    evaluate_with_dropout,  ///< the mistake of not switching: as evaluate, but dropout goes on dropping
};

/// What a run through the network is for. `random` gives the masks of one step of training; Mode::evaluate draws
/// nothing, and where dropout is left on `row_streams` gives each row's masks.
/// `statistics` are the running statistics of the network: updated in training, read in evaluation; null if it has
/// none.
struct Pass {
    Mode mode = Mode::evaluate;
    std::optional<core::RandomStream> random;
    std::span<const core::RandomStream> row_streams = {};
    float* statistics = nullptr;
    /// The parameters in bf16, laid out as they are, where the caller keeps such a copy up to date; else operations
    /// that multiply in bf16 make one of what they need. It stays valid for backward().
    const compute::Bfloat16* narrow_parameters = nullptr;
    float share = 1;  ///< rows of a full batch: what a shorter one counts in running statistics
};

/// Told that the gradient of these floats of the flat buffer is final and that nothing will read the parameters
/// themselves again before the next forward pass: the optimiser may update them while they are still in cache.
using GradientReady = std::function<void(const ParameterBlock& block, std::size_t begin, std::size_t end)>;

/// Reports a whole block.
inline void report(const ParameterBlock& block, const GradientReady& ready) {
    ready(block, block.offset, block.offset + block.size());
}

struct Tensor;
class RowOperation;

/// One compiled operation on fixed buffers: the stud that every layer shows to its neighbours.
/// Shapes were chosen when it was made, buffers and kernels are made by prepare(); running it allocates nothing.
class Operation {
public:
    Operation() = default;
    virtual ~Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    /// Makes buffers and kernels, once, when the program is complete; a program that is only counted goes without.
    virtual void prepare() {}

    /// Reads the values of its input and writes those of its output. REQUIRES: prepare() was called.
    virtual void forward(const float* parameters, const Pass& pass) = 0;

    /// Itself, if it can do a batch part by part; null if not. Known from prepare() on.
    [[nodiscard]] virtual RowOperation* by_rows() noexcept { return nullptr; }

    /// The tensors to whose gradients backward() delivers; their memory is kept for that long.
    [[nodiscard]] virtual std::vector<const Tensor*> inputs() const = 0;

    /// Takes over a relu that follows, if it left `value` and can: saves a pass over the values.
    [[nodiscard]] virtual bool fuse_relu(const Tensor& value) {
        static_cast<void>(value);
        return false;
    }

    /// True if backward() reads the values of the output, which nobody may change before.
    [[nodiscard]] virtual bool reads_output_backward() const { return false; }

    /// Reads the gradient of its output, puts or adds its share into the gradient of its input (as compiled), and
    /// writes the gradients of its parameters, reporting each as it becomes final.
    /// REQUIRES: forward() ran on the same batch in Mode::train.
    virtual void backward(const float* parameters, float* gradients, const GradientReady& ready) = 0;
};

}  // namespace ensemble::model
