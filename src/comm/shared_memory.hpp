#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace ensemble::comm {

/// Memory that one process of a host fills and others see. It has no name and no place in /dev/shm: the kernel drops it
/// with the last process that maps it, however that process ends, and a small /dev/shm is no limit.
class SharedMemory {
public:
    /// What another process of the same host needs to find it.
    struct Address {
        std::int64_t process = 0;
        std::int64_t descriptor = 0;
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::uint64_t size = 0;
    };

    /// Zeroed memory of `size` bytes; empty if the kernel refuses. REQUIRES: size > 0.
    [[nodiscard]] static std::optional<SharedMemory> create(std::size_t size);

    /// Memory of another process, which must keep its object meanwhile; empty if it cannot be reached.
    [[nodiscard]] static std::optional<SharedMemory> open(const Address& address);

    ~SharedMemory();
    SharedMemory(SharedMemory&& other) noexcept;
    SharedMemory& operator=(SharedMemory&& other) noexcept;

    [[nodiscard]] Address address() const;

    /// A writable view while `fill` runs and never again.
    template <class Fill>
    void write(Fill&& fill) const {
        const Mapping mapping(descriptor_, size_, Access::write);
        fill(mapping.bytes());
    }

    /// A read-only view that outlives this object, kept alive by what is returned with it.
    [[nodiscard]] std::shared_ptr<const void> view(std::span<const std::byte>& bytes) const;

private:
    enum class Access { read, write };

    class Mapping {
    public:
        Mapping(int descriptor, std::size_t size, Access access);
        ~Mapping();
        Mapping(const Mapping&) = delete;
        Mapping& operator=(const Mapping&) = delete;

        [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {static_cast<std::byte*>(begin_), size_}; }

    private:
        void* begin_;
        std::size_t size_;
    };

    SharedMemory(int descriptor, std::size_t size) : descriptor_(descriptor), size_(size) {}

    int descriptor_;
    std::size_t size_;
};

}  // namespace ensemble::comm
