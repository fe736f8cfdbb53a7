#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/rows.hpp"

namespace ensemble::compute {

/// What a recurrent layer computes from x(t) and h(t−1), with H units; σ is the logistic function, ∘ the product
/// element by element.
///
/// rnn (Elman 1990), columns a:
///     h(t) = tanh(a)
/// lstm (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), columns i f g o:
///     c(t) = σ(f) ∘ c(t−1) + σ(i) ∘ tanh(g)
///     h(t) = σ(o) ∘ tanh(c(t))
/// gru (Cho et al. 2014, in the form of cuDNN and PyTorch: the reset gate multiplies the recurrent product), columns
/// n r z m, where n comes from x(t) alone, m from h(t−1) alone:
///     ñ = tanh(n + σ(r) ∘ m)
///     h(t) = (1 − σ(z)) ∘ ñ + σ(z) ∘ h(t−1)
enum class Cell : std::uint8_t { rnn, lstm, gru };

/// Columns of H in a step.
[[nodiscard]] std::size_t gates_of(Cell cell) noexcept;

/// One step of a batch [B].
struct CellStep {
    Rows gates;        ///< [B × gates·H], in the order above
    Rows before;       ///< h(t−1) [B × H]
    Rows after;        ///< h(t) [B × H]
    Rows cell_before;  ///< c(t−1) [B × H], of lstm only
    Rows cell_after;   ///< c(t) [B × H], of lstm only
};

/// Takes sums of products from `gates` and adds `bias` [gates·H]; writes h(t) and c(t), and leaves in `gates` what
/// backward needs: the values of the gates, and m as it is.
void cell_forward(Cell cell, const float* bias, const CellStep& step);

/// Turns the values in `gates` into the gradient of the sums. `dh` holds the whole gradient of h(t); on return, of gru,
/// the share that reaches h(t−1) past the products. `dc` holds the gradient of c(t) from later steps, on return that of
/// c(t−1); of lstm only.
void cell_backward(Cell cell, const CellStep& step, const Rows& dh, const Rows& dc);

}  // namespace ensemble::compute
