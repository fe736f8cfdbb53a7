#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compute/matmul.hpp"
#include "core/shape.hpp"
#include "model/column_place.hpp"
#include "model/compiler.hpp"
#include "model/layers.hpp"
#include "model/operation.hpp"

namespace ensemble::model {

// columns(units): each number of a table, with its encoding, through a dense layer of its own, and what these leave
// side by side; categories go on as they are (Gorishniy et al.: "On embeddings for numerical features in tabular deep
// learning", NeurIPS 2022). Behind the units stand the features of each column, below zero those of a category.

/// Of one layer.
inline constexpr std::size_t most_columns = 1 << 14;

[[nodiscard]] std::string check_columns(std::span<const double> arguments);
[[nodiscard]] std::vector<ColumnPlace> columns_of(const Item& item, const core::Shape& input);
[[nodiscard]] core::Shape plan_columns(const Item& item, const core::Shape& input, Layout& layout);
[[nodiscard]] Value compile_columns(const Item& item, const Value& input, Compiler& compiler);

/// y = x₁·W₁ + b₁ ‖ x₂·W₂ + b₂ ‖ … for every row, where x₁, x₂, … are the columns of x, one after the other; where one
/// is no number, it stands there itself. In single precision, since the products are small.
class ColumnProducts final : public Operation {
public:
    /// `accumulate` says how backward delivers dx, if the input has a gradient at all; `weights` are those of numbers,
    /// [features × units], and `bias` what is added behind them, one behind the other.
    ColumnProducts(Tensor& input, compute::Accumulate accumulate, Tensor& output, std::vector<ColumnPlace> columns,
                   std::vector<ParameterBlock> weights, const ParameterBlock& bias);

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    /// Of columns of one width.
    struct Products {
        compute::MatMul forward;
        compute::MatMul weight_gradient;
        compute::MatMul input_gradient;
    };

    void pass_on_gradient(const ColumnPlace& column);

    Tensor& input_;
    compute::Accumulate accumulate_;
    Tensor& output_;
    std::vector<ColumnPlace> columns_;
    std::vector<ParameterBlock> weights_;
    ParameterBlock bias_;
    std::map<std::size_t, Products> products_;  ///< by the features of a column
};

}  // namespace ensemble::model
