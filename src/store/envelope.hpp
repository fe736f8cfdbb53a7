#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ensemble::store {

/// What an envelope holds. The values are part of the format: never renumber, only append.
enum class Payload : std::uint32_t {
    member = 1,  ///< the state of one member
};

/// The format this program writes, the only one it reads.
/// 2: a member knows its layers that are pretrained, a mean of its parameters, and the sizes of gradients.
/// 3: XXH3 instead of SHA-256, which took longer than everything else a checkpoint asks of the processor.
inline constexpr std::uint32_t format_version = 3;

/// Bytes of an envelope before and behind its payload.
inline constexpr std::size_t envelope_head = 24;
inline constexpr std::size_t envelope_tail = 16;

/// A checked envelope around `payload`:
///   offset 0   8 bytes  magic "\x89" "ENS\r\n\x1a\n": spoilt by transfers that take it for text
///          8   u32      format version
///         12   u32      kind of payload
///         16   u64      length of the payload
///         24            payload
///   last 16 bytes       XXH3 of 128 bits of everything before; until version 2, SHA-256 in the last 32
/// Integers are little-endian.
[[nodiscard]] std::vector<std::byte> seal(Payload kind, std::span<const std::byte> payload);

/// seal() without a copy: `file` holds the payload behind envelope_head and before envelope_tail bytes of room.
void seal_in_place(Payload kind, std::span<std::byte> file);

/// The payload of a sealed file, as a view of `file`. `name` is how messages call it.
/// Throws core::Error: data for whatever is not exactly what seal() made (another kind of file, any changed bit, a file
/// cut short or grown), usage for a whole file of another format or with another kind of payload.
[[nodiscard]] std::span<const std::byte> open(std::span<const std::byte> file, Payload kind, const std::string& name);

}  // namespace ensemble::store
