#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace ensemble::core {

/// Bytes of a cache line, and of the widest vector register we meet.
inline constexpr std::size_t alignment = 64;

/// Asks the system for large pages behind memory that was taken and not yet touched, where it is large: what is read
/// from end to end in every step then meets a five-hundredth of the page borders. A wish, no error if it is not
/// granted.
void prefer_large_pages(void* memory, std::size_t bytes) noexcept;

/// Allocates on cache-line boundaries.
template <class T>
struct AlignedAllocator {
    using value_type = T;

    AlignedAllocator() = default;
    template <class U>
    explicit constexpr AlignedAllocator(const AlignedAllocator<U>&) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) {
        void* const memory = ::operator new (count * sizeof(T), std::align_val_t{alignment});
        prefer_large_pages(memory, count * sizeof(T));
        return static_cast<T*>(memory);
    }
    void deallocate(T* pointer, std::size_t) noexcept { ::operator delete (pointer, std::align_val_t{alignment}); }

    template <class U>
    friend bool operator==(const AlignedAllocator&, const AlignedAllocator<U>&) noexcept {
        return true;
    }
};

/// A vector that begins on a cache line.
template <class T>
using Buffer = std::vector<T, AlignedAllocator<T>>;

/// Distance in floats between the rows of a matrix `width` floats wide.
/// Rows begin on cache lines; distances that are large powers of two are avoided, since the lines of a column would
/// then compete for the same few cache sets (products of 512-wide matrices run at two thirds of their rate).
[[nodiscard]] constexpr std::size_t row_stride(std::size_t width) noexcept {
    constexpr std::size_t line = alignment / sizeof(float);
    const std::size_t rounded = (width + line - 1) / line * line;
    return rounded >= 128 && rounded % 128 == 0 ? rounded + line : rounded;
}

}  // namespace ensemble::core
