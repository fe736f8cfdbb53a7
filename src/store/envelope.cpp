#include "store/envelope.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"

namespace ensemble::store {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian and written without conversion");

constexpr std::array<unsigned char, 8> magic{0x89, 'E', 'N', 'S', '\r', '\n', 0x1a, '\n'};
constexpr std::size_t version_at = 8;
constexpr std::size_t kind_at = 12;
constexpr std::size_t length_at = 16;
constexpr std::size_t header_size = envelope_head;
static_assert(sizeof(core::Checksum) == envelope_tail);
constexpr std::size_t frame_size = header_size + envelope_tail;
constexpr std::uint32_t last_with_sha256 = 2;

template <class Integer>
Integer read_at(std::span<const std::byte> bytes, std::size_t offset) {
    Integer value{};
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

template <class Integer>
void write_at(std::span<std::byte> bytes, std::size_t offset, Integer value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// True if the bytes are those that the writer of this version of the format made a sum of.
bool is_intact(std::span<const std::byte> file, std::uint32_t version) {
    if (version > last_with_sha256) {
        const std::size_t checked = file.size() - sizeof(core::Checksum);
        return core::checksum(file.first(checked)) == read_at<core::Checksum>(file, checked);
    }
    if (file.size() < header_size + sizeof(core::Digest)) return false;
    const std::size_t checked = file.size() - sizeof(core::Digest);
    return core::sha256(file.first(checked)) == read_at<core::Digest>(file, checked);
}

const char* advice = "restore it from a copy, or train the run again";

[[noreturn]] void refuse_damaged(std::span<const std::byte> file, const std::string& name) {
    const auto length = read_at<std::uint64_t>(file, length_at);
    const std::uint64_t held = file.size() - frame_size;
    if (length > held) {
        core::fail(core::Failure::data, "'{}' is damaged: it ends after {} bytes and announces {} more; {}", name,
                   file.size(), length - held, advice);
    }
    if (length < held) {
        core::fail(core::Failure::data, "'{}' is damaged: it goes on for {} bytes after its announced end; {}", name,
                   held - length, advice);
    }
    core::fail(core::Failure::data, "'{}' is damaged: its checksum does not match its content; {}", name, advice);
}

}  // namespace

std::vector<std::byte> seal(Payload kind, std::span<const std::byte> payload) {
    std::vector<std::byte> file(frame_size + payload.size());
    std::ranges::copy(payload, file.begin() + static_cast<std::ptrdiff_t>(header_size));
    seal_in_place(kind, file);
    return file;
}

void seal_in_place(Payload kind, std::span<std::byte> file) {
    core::require(file.size() >= frame_size, "there is room for the envelope");
    write_at(file, 0, magic);
    write_at(file, version_at, format_version);
    write_at(file, kind_at, static_cast<std::uint32_t>(kind));
    write_at(file, length_at, static_cast<std::uint64_t>(file.size() - frame_size));
    const std::size_t checked = file.size() - envelope_tail;
    write_at(file, checked, core::checksum(file.first(checked)));
}

std::span<const std::byte> open(std::span<const std::byte> file, Payload kind, const std::string& name) {
    const auto expected = std::as_bytes(std::span(magic)).first(std::min(file.size(), magic.size()));
    if (!std::ranges::equal(file.first(expected.size()), expected)) {
        core::fail(core::Failure::data, "'{}' is not a file of this program, or its first bytes are damaged; {}", name,
                   advice);
    }
    if (file.size() < frame_size) {
        core::fail(core::Failure::data, "'{}' is damaged: it ends after {} bytes, and none is shorter than {}; {}",
                   name, file.size(), frame_size, advice);
    }
    // The checksum comes first, so that a flipped bit in the version is not taken for another program.
    const auto version = read_at<std::uint32_t>(file, version_at);
    if (!is_intact(file, version)) refuse_damaged(file, name);

    if (version > format_version) {
        core::fail(
            core::Failure::usage,
            "'{}' is in format {}, which is newer than {}, the only one this program reads; use the program that "
            "wrote it, or a later one",
            name, version, format_version);
    }
    if (version == 0) core::fail(core::Failure::data, "'{}' claims format 0, which does not exist; {}", name, advice);
    if (version < format_version) {
        core::fail(
            core::Failure::usage,
            "'{}' is in format {}, which is older than {}, the only one this program reads; use the program that "
            "wrote it, or train the run again",
            name, version, format_version);
    }
    const auto held = read_at<std::uint32_t>(file, kind_at);
    if (held != static_cast<std::uint32_t>(kind)) {
        core::fail(core::Failure::data, "'{}' holds a payload of kind {} where kind {} is wanted; check the path", name,
                   held, static_cast<std::uint32_t>(kind));
    }
    if (read_at<std::uint64_t>(file, length_at) != file.size() - frame_size) refuse_damaged(file, name);
    return file.subspan(header_size, file.size() - frame_size);
}

}  // namespace ensemble::store
