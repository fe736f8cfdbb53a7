#pragma once

#include <cstddef>
#include <vector>

#include "model/compiler.hpp"
#include "model/operation.hpp"
#include "model/row_ends.hpp"

namespace ensemble::model {

/// Reads where each row ends: at its first step that holds a number behind which no later step does, for steps of NaN
/// fill rows up (see data::Description::ragged). Leaves the steps before, and zeros behind them; a gradient reaches
/// the steps before alone.
class ReadEnds final : public Operation {
public:
    /// REQUIRES: `output` has the shape of `input`, steps first, and ends of its own.
    ReadEnds(Tensor& input, Tensor& output) : input_(input), output_(output) {}

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override { return {&input_}; }

private:
    Tensor& input_;
    Tensor& output_;
};

/// Makes what lies behind the ends of rows zero, in place, and its gradient too: what was computed there reaches
/// nobody, and nobody learns from it.
class ClearBehindEnds final : public Operation {
public:
    /// REQUIRES: `tensor` has ends. It may get others later, as where a sum takes its place: these stay.
    explicit ClearBehindEnds(Tensor& tensor) : tensor_(tensor), ends_(*tensor.ends) {}

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override { return {&tensor_}; }

private:
    void clear(float* values) const;

    Tensor& tensor_;
    const RowEnds& ends_;
};

}  // namespace ensemble::model
