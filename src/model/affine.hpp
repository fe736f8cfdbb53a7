#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "compute/product.hpp"
#include "model/compiler.hpp"
#include "model/operation.hpp"

namespace model {

/// y = x·W for every row: x [rows × in], W [in × out], y [rows × out].
class Linear final : public Operation {
public:
    /// `store` says how backward delivers dx, if the input has a gradient at all.
    /// Items of several `steps` (or pixels) without gaps count as that many rows.
    Linear(Tensor& input, compute::Store store, Tensor& output, const ParameterBlock& weight, std::size_t steps = 1);

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;

private:
    /// Rows [first, first + count) of dW, computed in one go.
    struct Panel {
        std::size_t first;
        std::size_t count;
        const compute::Product* product;
    };

    Tensor& input_;
    Tensor& output_;
    ParameterBlock weight_;
    compute::Product forward_;
    std::optional<compute::Product> input_gradient_;
    std::vector<compute::Product> panel_products_;
    std::vector<Panel> panels_;
};

/// y = a + b, element by element: where a skip ends. Both inputs keep their values, which others may still need.
class Sum final : public Operation {
public:
    Sum(const Value& a, const Value& b, Tensor& output);

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;

private:
    Value a_;
    Value b_;
    Tensor& output_;
};

/// a ← a + b, element by element: where a skip ends, in place of its network's output. The gradient of the sum is that
/// of a as it stands.
class AddTo final : public Operation {
public:
    AddTo(Tensor& a, const Value& b);

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;

private:
    Tensor& a_;
    Value b_;
};

/// Copies items without gaps into padded rows.
class Flatten final : public Operation {
public:
    Flatten(Tensor& input, compute::Store store, Tensor& output);

    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;

private:
    Value input_;
    Tensor& output_;
};

}  // namespace model
