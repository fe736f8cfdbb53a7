#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace ensemble::core {

using Digest = std::array<std::byte, 32>;

/// SHA-256 of bytes that arrive in pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::span<const std::byte> bytes);

    /// The digest of everything given so far; the object is spent afterwards.
    [[nodiscard]] Digest finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// SHA-256 of `bytes`.
[[nodiscard]] Digest sha256(std::span<const std::byte> bytes);

using Checksum = std::array<std::byte, 16>;

/// XXH3 of 128 bits, as its canonical big-endian bytes: finds what a disk does to a file, at the memory's speed; no
/// protection against an adversary, for whom there is sha256().
[[nodiscard]] Checksum checksum(std::span<const std::byte> bytes);

/// Two lower-case hexadecimal digits a byte.
[[nodiscard]] std::string hex(std::span<const std::byte> digest);

}  // namespace ensemble::core
