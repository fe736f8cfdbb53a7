#pragma once

#include <vector>

#include "core/thread_pool.hpp"
#include "model/compiler.hpp"
#include "model/operation.hpp"

namespace ensemble::model {

/// An operation that can do some rows of a batch and leave the others for later: of each row it reads and writes what
/// lies at that row's place in its tensors, and nothing else but its own sums. Neighbours of this kind take turns at
/// slices of the batch; see Slices.
class RowOperation : public Operation {
public:
    /// `tensor` is one of those it works on, with the longest rows.
    explicit RowOperation(const Tensor& tensor) : tensor_(tensor) {}

    [[nodiscard]] RowOperation* by_rows() noexcept override { return this; }

    [[nodiscard]] std::size_t rows() const noexcept { return tensor_.rows; }
    [[nodiscard]] std::size_t row_floats() const noexcept { return tensor_.stride; }

    /// As forward() and backward() for some of the rows. Parts of a batch come in the order of its rows, from the first
    /// to the last, and what comes out does not depend on them.
    virtual void forward_rows(const float* parameters, const Pass& pass, core::Part rows) = 0;
    virtual void backward_rows(const float* parameters, float* gradients, const GradientReady& ready,
                               core::Part rows) = 0;

    /// The tensors whose gradients backward_rows() reads or writes, at gradients_at(rows.begin): these may be there for
    /// a slice alone.
    [[nodiscard]] virtual std::vector<const Tensor*> gradients_by_rows() const { return {}; }

    /// True if who comes next, on the way forward or backward, needs what all rows come to.
    [[nodiscard]] virtual bool sums_forward() const noexcept { return false; }
    [[nodiscard]] virtual bool sums_backward() const noexcept { return false; }

    void forward(const float* parameters, const Pass& pass) override { forward_rows(parameters, pass, {0, rows()}); }
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override {
        backward_rows(parameters, gradients, ready, {0, rows()});
    }

private:
    const Tensor& tensor_;
};

}  // namespace ensemble::model
