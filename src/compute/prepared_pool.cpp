#include "compute/prepared_pool.hpp"

#include <omp.h>
#include <Eigen/Core>

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace ensemble::compute {
namespace {

#if defined(__x86_64__)

constexpr bool flushes = true;

void flush_denormals() noexcept {
    constexpr unsigned results = 1U << 15U;  // flush to zero
    constexpr unsigned operands = 1U << 6U;  // denormals are zero
    _mm_setcsr(_mm_getcsr() | results | operands);
}

#elif defined(__aarch64__)

constexpr bool flushes = true;

void flush_denormals() noexcept {
    constexpr std::uint64_t results_and_operands = std::uint64_t{1} << 24U;  // FZ
    std::uint64_t control = 0;
    asm volatile("mrs %0, fpcr" : "=r"(control));
    asm volatile("msr fpcr, %0" : : "r"(control | results_and_operands));
}

#else

constexpr bool flushes = false;  // this processor's way is not known here: denormals stay what they are

void flush_denormals() noexcept {}

#endif

}  // namespace

bool can_flush_denormals() noexcept {
    return flushes;
}

namespace {

/// What Eigen takes the processor's caches for.
bool fix_cache_sizes() noexcept {
    constexpr std::ptrdiff_t first_level = 32 << 10;
    constexpr std::ptrdiff_t second_level = 512 << 10;
    constexpr std::ptrdiff_t third_level = 4 << 20;
    Eigen::setCpuCacheSizes(first_level, second_level, third_level);
    return true;
}

}  // namespace

void prepare_thread() noexcept {
    flush_denormals();
    omp_set_num_threads(1);
    static const bool are_set = fix_cache_sizes();  // of the whole process, by the first thread
    static_cast<void>(are_set);
}

}  // namespace ensemble::compute
