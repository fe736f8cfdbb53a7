#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "compute/cell.hpp"
#include "compute/parallel_matmul.hpp"
#include "core/buffer.hpp"
#include "model/compiler.hpp"
#include "model/operation.hpp"

namespace ensemble::model {

/// What of a recurrent layer's states comes out: h(T) [units], or h(1) … h(T) [steps × units].
enum class Leaves : std::uint8_t { last, sequence };

/// Parameters of a recurrent layer. With H units, F features: each column belongs to a unit of a gate.
struct RecurrentParameters {
    ParameterBlock recurrent;  ///< [H × columns]: i f g o of lstm, r z m of gru; see compute::Cell
    ParameterBlock weight;     ///< [F × columns]: i f g o, n r z; directly behind `recurrent` in the flat buffer
    std::vector<ParameterBlock> bias;  ///< of consecutive gates, one behind the other
};

/// A recurrent layer over all steps. Inside, everything lies step by step: [steps][rows][…], so that a step is one
/// product of h(t−1) and x(t) with the weights, and the gradient of the weights one product over all steps. In bf16
/// each factor is converted once: the weights for each batch where the pass brings no copy, states and gradients of
/// gates as soon as a step has made them.
class Recurrent final : public Operation {
public:
    /// The buffers are tensors so that they count as memory of the program.
    struct Buffers {
        Tensor& states;  ///< [steps + 1][rows][h(t−1) x(t)]
        Tensor& gates;   ///< [steps][rows][gates·H], or of one step where no gradient is asked for
        Tensor& cells;   ///< [steps + 1][rows][c(t−1)], of lstm only
    };
    [[nodiscard]] static Buffers make_buffers(compute::Cell cell, const core::Shape& input, std::size_t units,
                                              Compiler& compiler);

    Recurrent(compute::Cell cell, const Value& input, Leaves leaves, Tensor& output, Buffers buffers,
              RecurrentParameters parameters, compute::Precision precision, core::ThreadPool* pool = nullptr);

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    /// First column, and number of columns, of what depends on x or on h.
    struct Columns {
        std::size_t first;
        std::size_t count;
    };

    /// Copies of factors in bf16, which lie as the originals do.
    struct Narrow {
        core::Buffer<compute::Bfloat16> states;
        core::Buffer<compute::Bfloat16> gates;       ///< their gradients
        core::Buffer<compute::Bfloat16> own_weight;  ///< of h and behind it of x; made when a pass first brings none
        const compute::Bfloat16* weight = nullptr;   ///< of the last pass
        core::Buffer<compute::Bfloat16> turned;
    };

    /// What products read, in the precision in which they multiply.
    template <class Element>
    struct Factors {
        const Element* states;
        const Element* gates;
        const Element* recurrent;
        const Element* weight;
        const Element* turned;
    };

    void make_products(core::ThreadPool* pool);
    void make_narrow();
    [[nodiscard]] Factors<float> wide_factors(const float* parameters) const;
    [[nodiscard]] Factors<compute::Bfloat16> narrow_factors() const;
    void narrow_weights(const float* parameters, const Pass& pass);
    void narrow_state(std::size_t t);
    void narrow_gates(std::size_t begin, std::size_t end);
    template <class Element>
    void run_forward(const Factors<Element>& factors);
    template <class Element>
    void run_backward(const Factors<Element>& factors, float* gradients);
    [[nodiscard]] compute::CellStep step(std::size_t t) const;
    [[nodiscard]] float* state(std::size_t t) const;
    [[nodiscard]] float* gates(std::size_t t) const;
    void read_input() const;
    void write_output() const;
    [[nodiscard]] std::size_t steps_of(std::size_t row) const;
    [[nodiscard]] std::size_t most_steps() const;
    void add_output_gradient(std::size_t t, compute::Accumulate accumulate);
    void gather_bias(const float* parameters);
    void transpose_recurrent(const float* parameters);
    void deliver_input_gradient();
    void write_bias_gradient(float* gradients) const;

    compute::Cell cell_;
    Value input_;
    Leaves leaves_;
    Tensor& output_;
    Buffers buffers_;
    RecurrentParameters parameters_;
    std::size_t steps_;
    std::size_t rows_;
    std::size_t features_;
    std::size_t units_;
    Columns from_x_;
    Columns from_h_;
    std::size_t state_stride_;
    std::size_t gate_stride_;
    std::size_t unit_stride_;
    compute::Precision precision_;
    core::ThreadPool* pool_;

    core::Buffer<float> bias_;           ///< [gates·H]
    core::Buffer<float> bias_gradient_;  ///< [gates·H]
    core::Buffer<float> turned_;         ///< recurrentᵀ [columns × H]
    core::Buffer<float> dh_;             ///< [rows × H]
    core::Buffer<float> dc_;             ///< [rows × H]
    core::Buffer<float> dx_;             ///< [steps][rows][F]
    std::optional<Narrow> narrow_;       ///< in bf16

    std::optional<compute::ParallelMatMul> x_product_;
    std::optional<compute::ParallelMatMul> h_product_;
    std::optional<compute::ParallelMatMul> dh_product_;
    std::optional<compute::ParallelMatMul> dx_product_;
    std::optional<compute::ParallelMatMul> weight_gradient_;
    std::optional<compute::ParallelMatMul> recurrent_gradient_;
};

}  // namespace ensemble::model
