#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ensemble::core {

/// What the header of a NumPy file says (NumPy Enhancement Proposal 1, formats 1.0 to 3.0).
struct NpyHeader {
    std::string type;  ///< "<f4": byte order, kind, bytes of an element; empty for a structured type
    bool fortran_order = false;
    std::vector<std::uint64_t> extents;  ///< slowest first, as the file has them
    std::size_t body = 0;                ///< byte of the file at which the elements begin
};

/// So many bytes from the beginning of a file say how long its header is.
inline constexpr std::size_t npy_prefix = 12;

/// Byte at which the elements begin, by the first npy_prefix bytes of `file` or more, or all that there are.
/// Throws core::Error (data) where this is no NumPy file.
[[nodiscard]] std::size_t npy_body(std::span<const std::byte> file, const std::string& name);

/// Reads the header at the beginning of `file`; `name` is how messages call the file. Throws core::Error (data).
[[nodiscard]] NpyHeader read_npy_header(std::span<const std::byte> file, const std::string& name);

/// Product of the extents; nothing where it does not fit 64 bits.
[[nodiscard]] std::optional<std::uint64_t> npy_elements(const NpyHeader& header);

/// "(2, 3)", as Python writes it.
[[nodiscard]] std::string npy_shape(const NpyHeader& header);

}  // namespace ensemble::core
