#pragma once

// Counts calls of operator new while a test runs, wherever they come from but from inside oneDNN, whose own bookkeeping
// is its own affair. For one source of a program: it replaces operator new and delete.

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string_view>

namespace {

std::atomic<std::size_t> allocations{0};

bool is_in_onednn(const void* code) {
    Dl_info library{};
    return dladdr(code, &library) != 0 && std::string_view(library.dli_fname).find("libdnnl") != std::string_view::npos;
}

void* counted_or_null(std::size_t size, std::size_t alignment, const void* caller) noexcept {
    if (!is_in_onednn(caller)) ++allocations;
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    return std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
}

void* counted(std::size_t size, std::size_t alignment, const void* caller) {
    void* memory = counted_or_null(size, alignment, caller);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

/// Not inlined, or the compiler takes new and free for a mismatch.
[[gnu::noinline]] void release(void* memory) noexcept {
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
    return counted(size, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new[](std::size_t size) {
    return counted(size, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, std::size_t(alignment), __builtin_return_address(0));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return counted(size, std::size_t(alignment), __builtin_return_address(0));
}
// std::stable_sort asks like this; AddressSanitizer has its own, whose memory free() must not have.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return counted_or_null(size, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return counted_or_null(size, alignof(std::max_align_t), __builtin_return_address(0));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return counted_or_null(size, std::size_t(alignment), __builtin_return_address(0));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return counted_or_null(size, std::size_t(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept {
    release(memory);
}
void operator delete[](void* memory) noexcept {
    release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
    release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    release(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
    release(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
    release(memory);
}
