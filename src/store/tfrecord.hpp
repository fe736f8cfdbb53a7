#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// TFRecord, the framing of TensorBoard's event files: records of any bytes, one behind the other, each
//     uint64 length · uint32 masked CRC-32C of these eight bytes · the bytes · uint32 masked CRC-32C of them
// with all numbers little-endian (TensorFlow, tsl/lib/io/record_writer.h).
namespace ensemble::store {

/// CRC-32C (Castagnoli's polynomial, RFC 3720, appendix B.4).
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes);

/// The CRC-32C turned by 15 bits plus a constant, so that a checksum over bytes that contain one is no special case.
[[nodiscard]] std::uint32_t masked_crc32c(std::span<const std::byte> bytes);

/// `content` as one record.
[[nodiscard]] std::string to_record(std::string_view content);

/// The contents of the whole records that `file` begins with; views into it. What is cut short or damaged ends them.
[[nodiscard]] std::vector<std::string_view> records_in(std::string_view file);

}  // namespace ensemble::store
