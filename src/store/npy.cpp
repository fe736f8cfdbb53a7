#include "store/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <regex>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>

#include "core/contract.hpp"
#include "core/error.hpp"

namespace store {
namespace {

static_assert(std::endian::native == std::endian::little, "'<' in the header says little-endian");

constexpr std::size_t header_alignment = 64;
/// "\x93NUMPY", major and minor version; a two-byte length of the header that follows.
constexpr std::array<unsigned char, 8> magic{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
constexpr std::size_t preamble = magic.size() + 2;

template <class Value>
constexpr std::string_view type_name = std::is_same_v<Value, float> ? "<f4" : "<i4";

template <class Value>
std::vector<std::byte> write(std::span<const Value> values, std::size_t rows, std::size_t columns) {
    core::require(values.size() == rows * columns, "a matrix has rows × columns values");
    std::string header =
        fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}", type_name<Value>, rows, columns);
    const std::size_t unpadded = preamble + header.size() + 1;
    header.append((header_alignment - unpadded % header_alignment) % header_alignment, ' ');
    header += '\n';
    const auto length = static_cast<std::uint16_t>(header.size());

    std::vector<std::byte> file(preamble + header.size() + values.size_bytes());
    std::memcpy(file.data(), magic.data(), magic.size());
    std::memcpy(file.data() + magic.size(), &length, sizeof length);
    std::ranges::copy(std::as_bytes(std::span(header)), file.begin() + preamble);
    std::ranges::copy(std::as_bytes(values), file.begin() + static_cast<std::ptrdiff_t>(preamble + header.size()));
    return file;
}

/// The text between the preamble and the values.
std::string header_of(std::span<const std::byte> file, const std::string& name) {
    if (file.size() < preamble || std::memcmp(file.data(), magic.data(), magic.size()) != 0) {
        core::fail(core::Failure::data, "'{}' is not a NumPy file of format 1.0", name);
    }
    std::uint16_t length = 0;
    std::memcpy(&length, file.data() + magic.size(), sizeof length);
    if (file.size() < preamble + length) {
        core::fail(core::Failure::data, "'{}' is cut short: its header needs {} bytes and the file has {}", name,
                   preamble + length, file.size());
    }
    return {reinterpret_cast<const char*>(file.data()) + preamble, length};
}

template <class Value>
Matrix<Value> read(std::span<const std::byte> file, const std::string& name) {
    const std::string header = header_of(file, name);
    // NumPy promises this order of keys.
    static const std::regex pattern(
        R"(\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \((\d{1,18}), (\d{1,18})\),? *\} *\n)");
    std::smatch parts;
    if (!std::regex_match(header, parts, pattern)) {
        core::fail(core::Failure::data, "'{}' does not hold a two-dimensional array: its header is {}", name, header);
    }
    if (parts[1] != std::string(type_name<Value>) || parts[2] != "False") {
        core::fail(core::Failure::data, "'{}' holds type {}, Fortran order {}; wanted is type {} in C order", name,
                   parts[1].str(), parts[2].str(), type_name<Value>);
    }
    Matrix<Value> matrix{.rows = std::stoull(parts[3]), .columns = std::stoull(parts[4]), .values = {}};
    const std::span<const std::byte> body = file.subspan(preamble + header.size());
    const std::size_t count = body.size() / sizeof(Value);
    const bool fits = matrix.columns == 0 || matrix.rows <= std::numeric_limits<std::size_t>::max() / matrix.columns;
    if (!fits || matrix.rows * matrix.columns != count || body.size() % sizeof(Value) != 0) {
        core::fail(core::Failure::data, "'{}' has {} bytes of values, which are not {} × {} values of {} bytes", name,
                   body.size(), matrix.rows, matrix.columns, sizeof(Value));
    }
    matrix.values.resize(count);
    std::ranges::copy(body, std::as_writable_bytes(std::span(matrix.values)).begin());
    return matrix;
}

}  // namespace

std::vector<std::byte> to_npy(std::span<const float> values, std::size_t rows, std::size_t columns) {
    return write(values, rows, columns);
}

std::vector<std::byte> to_npy(std::span<const std::int32_t> values, std::size_t rows, std::size_t columns) {
    return write(values, rows, columns);
}

Matrix<float> floats_from_npy(std::span<const std::byte> file, const std::string& name) {
    return read<float>(file, name);
}

Matrix<std::int32_t> integers_from_npy(std::span<const std::byte> file, const std::string& name) {
    return read<std::int32_t>(file, name);
}

}  // namespace store
