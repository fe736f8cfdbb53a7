#include "store/tfrecord.hpp"

#include <bit>
#include <cstring>
#include <optional>

#include <boost/crc.hpp>

namespace ensemble::store {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers in records are little-endian");

constexpr std::size_t length_size = sizeof(std::uint64_t);
constexpr std::size_t checksum_size = sizeof(std::uint32_t);

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

template <class Number>
std::string_view as_text(const Number& number) {
    return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

/// Takes `size` bytes and their checksum off the front; nothing where they are not whole.
std::optional<std::string_view> take_checked(std::string_view& file, std::uint64_t size) {
    if (file.size() < checksum_size || file.size() - checksum_size < size) return std::nullopt;
    const std::string_view content = file.substr(0, size);
    std::uint32_t checksum = 0;
    std::memcpy(&checksum, file.data() + size, checksum_size);
    if (checksum != masked_crc32c(bytes_of(content))) return std::nullopt;
    file.remove_prefix(size + checksum_size);
    return content;
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> checksum;
    checksum.process_bytes(bytes.data(), bytes.size());
    return checksum.checksum();
}

std::uint32_t masked_crc32c(std::span<const std::byte> bytes) {
    constexpr int turn = 15;
    constexpr std::uint32_t offset = 0xa282ead8;
    return std::rotr(crc32c(bytes), turn) + offset;
}

std::string to_record(std::string_view content) {
    const std::uint64_t size = content.size();
    std::string record(as_text(size));
    record += as_text(masked_crc32c(bytes_of(as_text(size))));
    record += content;
    record += as_text(masked_crc32c(bytes_of(content)));
    return record;
}

std::vector<std::string_view> records_in(std::string_view file) {
    std::vector<std::string_view> contents;
    while (true) {
        const auto length = take_checked(file, length_size);
        if (!length) return contents;
        std::uint64_t size = 0;
        std::memcpy(&size, length->data(), length_size);
        const auto content = take_checked(file, size);
        if (!content) return contents;
        contents.push_back(*content);
    }
}

}  // namespace ensemble::store
