#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "compute/parallel_matmul.hpp"
#include "model/compiler.hpp"
#include "model/operation.hpp"
#include "model/row_operation.hpp"

namespace ensemble::model {

/// Whether factors in bf16 have gaps between their rows, as the tensors they are copies of: parts of wider matrices, or
/// padded. The library (2.6.3) has kernels for AMX (and its brg:avx512_core_bf16) only for matrices without; others
/// fall to gemm:jit, which does a third with AMX where the gradient of the weights is computed. `none` copies and
/// multiplies so that there are none in y and dW, nor in dx where its own rows have none: x is also copied transposed,
/// and padding counts as columns of zeros. Without AMX both kernels are equally fast, and the copies take 5 to 9 % of a
/// step (AMD Zen 5).
enum class Gaps : std::uint8_t { as_they_lie, none };

/// y = x·W for every row: x [rows × in], W [in × out], y [rows × out]. In bf16 each factor is converted once for each
/// batch; W too where the pass brings no copy.
class Linear final : public Operation {
public:
    /// `accumulate` says how backward delivers dx, if the input has a gradient at all.
    /// Items of several `steps` (or pixels) without gaps count as that many rows. `gaps` counts in bf16 alone.
    Linear(Tensor& input, compute::Accumulate accumulate, Tensor& output, const ParameterBlock& weight,
           compute::Precision precision, std::size_t steps = 1, core::ThreadPool* pool = nullptr,
           Gaps gaps = compute::has_amx() ? Gaps::none : Gaps::as_they_lie);

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    /// Rows [first, first + count) of dW, computed in one go.
    struct Panel {
        std::size_t first;
        std::size_t count;
        const compute::ParallelMatMul* product;
    };

    /// Copies of the factors in bf16, which lie as the originals do unless said otherwise.
    struct Narrow {
        core::Buffer<compute::Bfloat16> input;       ///< rows without gaps, if there are to be none
        core::Buffer<compute::Bfloat16> turned;      ///< then also [in × rows], for the gradient of the weights
        core::Buffer<compute::Bfloat16> own_weight;  ///< made when a pass first brings none
        const compute::Bfloat16* weight = nullptr;   ///< of the last pass
        core::Buffer<compute::Bfloat16> output_gradient;
    };

    void narrow_input();
    void narrow_factors(const float* weight, const Pass& pass);
    template <class Element>
    void multiply_backward(const Element* x, const Element* w, const Element* dy, float* gradients,
                           const GradientReady& ready);

    core::ThreadPool* pool_;
    Tensor& input_;
    compute::Accumulate accumulate_;
    Tensor& output_;
    ParameterBlock weight_;
    compute::Precision precision_;
    std::size_t steps_;
    bool without_gaps_;
    std::optional<Narrow> narrow_;  ///< in bf16
    std::optional<compute::ParallelMatMul> forward_;
    std::optional<compute::ParallelMatMul> input_gradient_;
    std::vector<compute::ParallelMatMul> panel_products_;
    std::vector<Panel> panels_;
};

/// y = a + b, element by element: where a skip ends. Both inputs keep their values, which others may still need.
class Sum final : public RowOperation {
public:
    Sum(const Value& a, const Value& b, Tensor& output);

    void forward_rows(const float* parameters, const Pass& pass, core::Part rows) override;
    void backward_rows(const float* parameters, float* gradients, const GradientReady& ready, core::Part rows) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Value a_;
    Value b_;
    Tensor& output_;
};

/// a ← a + b, element by element: where a skip ends, in place of its network's output. The gradient of the sum is that
/// of a as it stands.
class AddTo final : public RowOperation {
public:
    AddTo(Tensor& a, const Value& b);

    void forward_rows(const float* parameters, const Pass& pass, core::Part rows) override;
    void backward_rows(const float* parameters, float* gradients, const GradientReady& ready, core::Part rows) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;
    [[nodiscard]] bool fuse_relu(const Tensor& value) override;
    [[nodiscard]] bool reads_output_backward() const override { return rectifies_; }

private:
    Tensor& a_;
    Value b_;
    bool rectifies_ = false;  ///< leaves relu(a + b)
};

/// Copies items without gaps into padded rows.
class Flatten final : public Operation {
public:
    Flatten(Tensor& input, compute::Accumulate accumulate, Tensor& output);

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Value input_;
    Tensor& output_;
};

}  // namespace ensemble::model
