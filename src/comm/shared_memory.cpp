#include "comm/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/contract.hpp"
#include "core/error.hpp"

namespace ensemble::comm {

SharedMemory::Mapping::Mapping(int descriptor, std::size_t size, Access access) : size_(size) {
    const int protection = access == Access::write ? PROT_READ | PROT_WRITE : PROT_READ;
    begin_ = mmap(nullptr, size, protection, MAP_SHARED, descriptor, 0);
    if (begin_ == MAP_FAILED) {
        core::fail(core::Failure::run, "mapping {} bytes of shared memory failed: {}", size, std::strerror(errno));
    }
}

SharedMemory::Mapping::~Mapping() {
    munmap(begin_, size_);
}

std::optional<SharedMemory> SharedMemory::create(std::size_t size) {
    core::require(size > 0, "shared memory is not empty");
    const int descriptor = memfd_create("ensemble_data", MFD_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    SharedMemory memory(descriptor, size);
    if (ftruncate(descriptor, static_cast<off_t>(size)) != 0) return std::nullopt;
    return memory;
}

std::optional<SharedMemory> SharedMemory::open(const Address& address) {
    const std::string path = fmt::format("/proc/{}/fd/{}", address.process, address.descriptor);
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    SharedMemory memory(descriptor, address.size);
    // Process numbers mean something else in another container: only the very same memory will do.
    const Address found = memory.address();
    if (found.device != address.device || found.inode != address.inode || found.size != address.size)
        return std::nullopt;
    return memory;
}

SharedMemory::~SharedMemory() {
    if (descriptor_ >= 0) close(descriptor_);
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    return *this;
}

SharedMemory::Address SharedMemory::address() const {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) return {};
    return {.process = getpid(),
            .descriptor = descriptor_,
            .device = status.st_dev,
            .inode = status.st_ino,
            .size = static_cast<std::uint64_t>(status.st_size)};
}

std::shared_ptr<const void> SharedMemory::view(std::span<const std::byte>& bytes) const {
    auto mapping = std::make_shared<const Mapping>(descriptor_, size_, Access::read);
    bytes = mapping->bytes();
    return mapping;
}

}  // namespace ensemble::comm
