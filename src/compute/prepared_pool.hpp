#pragma once

#include <cstdint>

#include "core/thread_pool.hpp"

namespace ensemble::compute {

/// Whether prepare_thread() can make this processor take denormal numbers for 0.
[[nodiscard]] bool can_flush_denormals() noexcept;

/// What every thread that computes does first, so that its results are those of any other thread:
///   - Denormal numbers (less than 2⁻¹²⁶ in single precision, 2⁻¹⁰²² in double) count as 0, as operands and as results.
///     Moments of units that died pass through that range, where an update takes many times as long on some processors.
///   - oneDNN uses no threads of its own: what they make of a product depends on their number.
///   - Eigen cuts products into blocks for the same caches everywhere: sums of other blocks round otherwise.
/// Both hold until the thread ends. Data are read before, so that a file's numbers are taken as they stand.
void prepare_thread() noexcept;

/// Gives a thread back as it was: for one that belongs to somebody else and is prepared for a while.
class PreparedWhile {
public:
    PreparedWhile();  ///< prepares this thread
    ~PreparedWhile();
    PreparedWhile(const PreparedWhile&) = delete;
    PreparedWhile& operator=(const PreparedWhile&) = delete;

private:
    std::uint64_t control_;  ///< how it computed with floating point before
    int threads_;            ///< that OpenMP had for it
};

/// Threads that are all prepared: those that join, and the one that makes the pool.
class PreparedPool : public core::ThreadPool {
public:
    PreparedPool() : ThreadPool(prepare_thread) { prepare_thread(); }
};

}  // namespace ensemble::compute
