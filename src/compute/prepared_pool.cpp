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

std::uint64_t control() noexcept {
    return _mm_getcsr();
}

void set_control(std::uint64_t control) noexcept {
    _mm_setcsr(static_cast<unsigned>(control));
}

constexpr std::uint64_t flush_results = 1U << 15U;
constexpr std::uint64_t flush_operands = 1U << 6U;
constexpr std::uint64_t flush = flush_results | flush_operands;

#elif defined(__aarch64__)

constexpr bool flushes = true;

std::uint64_t control() noexcept {
    std::uint64_t control = 0;
    asm volatile("mrs %0, fpcr" : "=r"(control));
    return control;
}

void set_control(std::uint64_t control) noexcept {
    asm volatile("msr fpcr, %0" : : "r"(control));
}

constexpr std::uint64_t flush = std::uint64_t{1} << 24U;  // FZ: results and operands

#else

constexpr bool flushes = false;  // this processor's way is not known here: denormals stay what they are

std::uint64_t control() noexcept {
    return 0;
}

void set_control(std::uint64_t /*control*/) noexcept {}

constexpr std::uint64_t flush = 0;

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
    set_control(control() | flush);
    omp_set_num_threads(1);
    static const bool are_set = fix_cache_sizes();  // of the whole process, by the first thread
    static_cast<void>(are_set);
}

PreparedWhile::PreparedWhile() : control_(control()), threads_(omp_get_max_threads()) {
    prepare_thread();
}

PreparedWhile::~PreparedWhile() {
    set_control(control_);
    omp_set_num_threads(threads_);
}

}  // namespace ensemble::compute
