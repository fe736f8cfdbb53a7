#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "model/operation.hpp"

namespace ensemble::model {

/// Runs the operations of a program. Neighbours that work row by row take turns at slices of the batch, so that each
/// finds in the second cache what the one before it has left there, where the batch as a whole is too large for that.
class Slices {
public:
    Slices() = default;

    /// REQUIRES: the operations are prepared; they and their tensors outlive it.
    explicit Slices(std::span<const std::unique_ptr<Operation>> operations);

    /// Rows of the slices in which the gradient of a tensor is made and used up; 0 if it outlives them.
    [[nodiscard]] std::size_t rows_of_gradient(const Tensor& tensor) const;

    void forward(const float* parameters, const Pass& pass) const;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) const;

private:
    /// Neighbours that take turns, in the order in which they run; `rows` of each slice, or 0: all at once.
    struct Run {
        std::vector<Operation*> operations;
        std::size_t rows = 0;
    };

    template <class Whole, class Rows>
    static void run(const std::vector<Run>& runs, Whole whole, Rows rows);

    void find_gradients(std::span<const std::unique_ptr<Operation>> operations);

    std::vector<Run> forward_;
    std::vector<Run> backward_;
    std::map<const Tensor*, std::size_t> gradient_rows_;
};

}  // namespace ensemble::model
