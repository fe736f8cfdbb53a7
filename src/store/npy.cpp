#include "store/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/npy.hpp"

namespace ensemble::store {
namespace {

static_assert(std::endian::native == std::endian::little, "'<' in the header says little-endian");

constexpr std::size_t header_alignment = 64;
/// "\x93NUMPY", major and minor version; a two-byte length of the header that follows.
constexpr std::array<unsigned char, 8> first_bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
constexpr std::size_t preamble = first_bytes.size() + 2;

template <class Value>
constexpr std::string_view type_name = std::is_same_v<Value, float>          ? "<f4"
                                       : std::is_same_v<Value, double>       ? "<f8"
                                       : std::is_same_v<Value, std::int64_t> ? "<i8"
                                                                             : "<i4";

/// `shape` is "2, 3", and "2," of a list. The values begin on a multiple of `alignment`.
template <class Value>
std::vector<std::byte> write(std::span<const Value> values, std::string_view shape,
                             std::size_t alignment = header_alignment) {
    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type_name<Value>, shape);
    const std::size_t unpadded = preamble + header.size() + 1;
    header.append((alignment - unpadded % alignment) % alignment, ' ');
    header += '\n';
    const auto length = static_cast<std::uint16_t>(header.size());

    std::vector<std::byte> file(preamble + header.size() + values.size_bytes());
    std::memcpy(file.data(), first_bytes.data(), first_bytes.size());
    std::memcpy(file.data() + first_bytes.size(), &length, sizeof length);
    std::ranges::copy(std::as_bytes(std::span(header)), file.begin() + preamble);
    std::ranges::copy(std::as_bytes(values), file.begin() + static_cast<std::ptrdiff_t>(preamble + header.size()));
    return file;
}

template <class Value>
std::vector<std::byte> write_matrix(std::span<const Value> values, std::size_t rows, std::size_t columns) {
    core::require(values.size() == rows * columns, "a matrix has rows × columns values");
    return write(values, fmt::format("{}, {}", rows, columns));
}

template <class Value>
Matrix<Value> read(std::span<const std::byte> file, const std::string& name, std::size_t dimensions = 2) {
    const core::NpyHeader header = core::read_npy_header(file, name);
    if (header.extents.size() != dimensions) {
        core::fail(core::Failure::data, "'{}' does not hold a {}-dimensional array: its shape is {}", name,
                   dimensions == 1 ? "one" : "two", core::npy_shape(header));
    }
    if (header.type != type_name<Value> || header.fortran_order) {
        core::fail(core::Failure::data, "'{}' holds type {}, Fortran order {}; wanted is type {} in C order", name,
                   header.type, header.fortran_order ? "True" : "False", type_name<Value>);
    }
    Matrix<Value> matrix{.rows = header.extents[0], .columns = dimensions == 1 ? 1 : header.extents[1], .values = {}};
    const std::span<const std::byte> body = file.subspan(header.body);
    const std::size_t count = body.size() / sizeof(Value);
    if (core::npy_elements(header) != count || body.size() % sizeof(Value) != 0) {
        core::fail(core::Failure::data, "'{}' has {} bytes of values, which are not {} × {} values of {} bytes", name,
                   body.size(), matrix.rows, matrix.columns, sizeof(Value));
    }
    matrix.values.resize(count);
    std::ranges::copy(body, std::as_writable_bytes(std::span(matrix.values)).begin());
    return matrix;
}

}  // namespace

std::vector<std::byte> npy_head(std::uint64_t rows, std::size_t columns) {
    std::vector<std::byte> head = write(std::span<const float>{}, fmt::format("{}, {}", rows, columns), npy_head_size);
    core::require(head.size() == npy_head_size, "the head of a matrix is of one size");
    return head;
}

std::vector<std::byte> to_npy(std::span<const float> values, std::size_t rows, std::size_t columns) {
    return write_matrix(values, rows, columns);
}

std::vector<std::byte> to_npy(std::span<const std::int32_t> values, std::size_t rows, std::size_t columns) {
    return write_matrix(values, rows, columns);
}
std::vector<std::byte> to_npy(std::span<const double> values, std::size_t rows, std::size_t columns) {
    return write_matrix(values, rows, columns);
}

std::vector<std::byte> list_to_npy(std::span<const std::int32_t> values) {
    return write(values, fmt::format("{},", values.size()));
}

std::vector<std::byte> list_to_npy(std::span<const std::int64_t> values) {
    return write(values, fmt::format("{},", values.size()));
}

Matrix<float> floats_from_npy(std::span<const std::byte> file, const std::string& name) {
    return read<float>(file, name);
}

Matrix<std::int32_t> integers_from_npy(std::span<const std::byte> file, const std::string& name) {
    return read<std::int32_t>(file, name);
}

std::vector<std::int32_t> integer_list_from_npy(std::span<const std::byte> file, const std::string& name) {
    return read<std::int32_t>(file, name, 1).values;
}

std::vector<std::int64_t> row_list_from_npy(std::span<const std::byte> file, const std::string& name) {
    return read<std::int64_t>(file, name, 1).values;
}

}  // namespace ensemble::store
