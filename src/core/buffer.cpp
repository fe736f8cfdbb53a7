#include "core/buffer.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace ensemble::core {

void prefer_large_pages(void* memory, std::size_t bytes) noexcept {
    // Smaller memory is taken from pages that others share.
    constexpr std::size_t large = std::size_t{4} << 20U;
    constexpr std::uintptr_t page = 4096;
    if (bytes < large) return;
    const std::size_t skipped = (page - reinterpret_cast<std::uintptr_t>(memory) % page) % page;
    static_cast<void>(
        madvise(static_cast<std::byte*>(memory) + skipped, (bytes - skipped) / page * page, MADV_HUGEPAGE));
}

}  // namespace ensemble::core
