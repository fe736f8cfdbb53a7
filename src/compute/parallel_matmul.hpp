#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compute/matmul.hpp"
#include "core/thread_pool.hpp"

namespace ensemble::compute {

/// A product that a pool shares by rows or columns of C, never along k: every element is a sum in the same order as in
/// one piece. What kernels the library takes for which shape is its own business, so that this is tried, when it is
/// compiled: where the parts give other bits than the whole, or are too small to gain, it stays in one piece.
class ParallelMatMul {
public:
    enum class Along : std::uint8_t { either, rows };

    /// As MatMul; without a pool, or with one of a single thread, just that. Each thread has kernels of its own.
    ParallelMatMul(core::ThreadPool* pool, const MatMulShape& shape, Operand a, Operand b, std::size_t stride_c,
                   Accumulate accumulate, Precision factors = Precision::f32, Along along = Along::either);

    template <class Element>
    void operator()(const Element* a, const Element* b, float* c) const {
        if (parts_.empty()) return whole_(a, b, c);
        pool_->run([&](std::size_t who) { run(who, a, b, c); });
    }

    /// The rows of C that `who` of the pool computes, where it is divided along them; [0, m) for 0 in one piece.
    [[nodiscard]] core::Part rows_of(std::size_t who) const;

    /// The part of `who` alone; nothing where there is none.
    template <class Element>
    void run(std::size_t who, const Element* a, const Element* b, float* c) const {
        if (parts_.empty()) {
            if (who == 0) whole_(a, b, c);
        } else if (who < parts_.size()) {
            const Piece& piece = parts_[who];
            piece.product(a + piece.offset_a, b + piece.offset_b, c + piece.offset_c);
        }
    }

    [[nodiscard]] bool is_divided() const noexcept { return !parts_.empty(); }

private:
    struct Piece {
        core::Part range;  ///< of rows or columns
        MatMul product;
        std::size_t offset_a;
        std::size_t offset_b;
        std::size_t offset_c;
    };

    [[nodiscard]] std::vector<Piece> cut(bool by_rows, std::size_t parts) const;
    [[nodiscard]] bool gives_same_bits(const std::vector<Piece>& parts) const;

    core::ThreadPool* pool_;
    MatMulShape shape_;
    Operand a_;
    Operand b_;
    std::size_t stride_c_;
    Accumulate accumulate_;
    Precision factors_;
    MatMul whole_;
    std::vector<Piece> parts_;  ///< one for each thread that has any; empty in one piece
};

}  // namespace ensemble::compute
