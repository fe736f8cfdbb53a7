#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ensemble::store {

/// A matrix in C order: values [rows × columns].
template <class Value>
struct Matrix {
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::vector<Value> values;
};

/// A matrix as a NumPy file (format 1.0, C order; the values begin on a multiple of 64 bytes).
/// REQUIRES: values [rows × columns].
[[nodiscard]] std::vector<std::byte> to_npy(std::span<const float> values, std::size_t rows, std::size_t columns);
[[nodiscard]] std::vector<std::byte> to_npy(std::span<const std::int32_t> values, std::size_t rows,
                                            std::size_t columns);
[[nodiscard]] std::vector<std::byte> to_npy(std::span<const double> values, std::size_t rows, std::size_t columns);

/// Bytes at the beginning of a NumPy file of floats with any number of rows, and what they are: to be written when the
/// rows are counted, in front of these.
inline constexpr std::size_t npy_head_size = 128;
[[nodiscard]] std::vector<std::byte> npy_head(std::uint64_t rows, std::size_t columns);

/// The same of a list: a file of one dimension.
[[nodiscard]] std::vector<std::byte> list_to_npy(std::span<const std::int32_t> values);
[[nodiscard]] std::vector<std::byte> list_to_npy(std::span<const std::int64_t> values);

/// Reads what to_npy() and numpy.save() make of a two-dimensional array of this type in C order.
/// `name` is how messages call the file. Throws core::Error (data).
[[nodiscard]] Matrix<float> floats_from_npy(std::span<const std::byte> file, const std::string& name);
[[nodiscard]] Matrix<std::int32_t> integers_from_npy(std::span<const std::byte> file, const std::string& name);

/// The same of one dimension.
[[nodiscard]] std::vector<std::int32_t> integer_list_from_npy(std::span<const std::byte> file, const std::string& name);
[[nodiscard]] std::vector<std::int64_t> row_list_from_npy(std::span<const std::byte> file, const std::string& name);

}  // namespace ensemble::store
