#include "store/envelope.hpp"

#include <algorithm>
#include <cstring>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "core/hash.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(envelope_tests)

using Bytes = std::vector<std::byte>;
using store::Payload;

namespace {

Bytes bytes(std::string_view text) {
    const auto view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

std::string text(std::span<const std::byte> content) {
    return {reinterpret_cast<const char*>(content.data()), content.size()};
}

/// What opening `file` is refused with; empty if it is accepted.
std::string refusal(const Bytes& file, Payload kind = Payload::member, core::Failure expected = core::Failure::data) {
    try {
        static_cast<void>(store::open(file, kind, "members/0003.ckpt"));
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == expected));
        return error.what();
    }
    return {};
}

bool contains(const std::string& whole, const std::string& part) {
    return whole.find(part) != std::string::npos;
}

/// Puts `value` at `offset` and makes the checksum fit again.
Bytes forged(Bytes file, std::size_t offset, std::uint32_t value) {
    std::memcpy(file.data() + offset, &value, sizeof value);
    const core::Checksum sum = core::checksum(std::span(file).first(file.size() - sizeof(core::Checksum)));
    std::ranges::copy(sum, file.end() - static_cast<std::ptrdiff_t>(sum.size()));
    return file;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_again) {
    for (const std::string& content : {std::string(), std::string("payload"), std::string(100'000, '\0')}) {
        const Bytes file = store::seal(Payload::member, bytes(content));
        BOOST_TEST(file.size() == content.size() + 40);
        BOOST_TEST(text(store::open(file, Payload::member, "file")) == content);
    }
}

BOOST_AUTO_TEST_CASE(the_format_does_not_change_unnoticed) {
    const Bytes file = store::seal(Payload::member, bytes("abc"));
    const std::string header(
        "\x89"
        "ENS\r\n\x1a\n"
        "\3\0\0\0"
        "\1\0\0\0"
        "\3\0\0\0\0\0\0\0"
        "abc",
        27);
    BOOST_TEST(text(std::span(file).first(27)) == header);
    const core::Checksum sum = core::checksum(std::as_bytes(std::span(header)));
    BOOST_TEST(std::ranges::equal(std::span(file).subspan(27), sum));
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_seen) {
    const Bytes intact = store::seal(Payload::member, bytes("a small payload"));
    for (std::size_t bit = 0; bit < 8 * intact.size(); ++bit) {
        Bytes damaged = intact;
        damaged[bit / 8] ^= std::byte{1} << (bit % 8);
        const std::string message = refusal(damaged);
        BOOST_TEST_REQUIRE(contains(message, "'members/0003.ckpt'"), "bit " << bit << ": " << message);
        BOOST_TEST_REQUIRE(contains(message, "damaged"), "bit " << bit << ": " << message);
    }
}

BOOST_AUTO_TEST_CASE(every_shorter_length_is_seen) {
    const Bytes intact = store::seal(Payload::member, bytes("a small payload"));
    for (std::size_t length = 0; length < intact.size(); ++length) {
        const std::string message =
            refusal(Bytes(intact.begin(), intact.begin() + static_cast<std::ptrdiff_t>(length)));
        BOOST_TEST_REQUIRE(contains(message, "ends after " + std::to_string(length) + " bytes"), message);
    }
}

BOOST_AUTO_TEST_CASE(every_longer_length_is_seen) {
    const Bytes intact = store::seal(Payload::member, bytes("a small payload"));
    for (std::size_t more = 1; more < 100; ++more) {
        Bytes longer = intact;
        longer.resize(intact.size() + more, std::byte{static_cast<unsigned char>(more % 3)});
        BOOST_TEST_REQUIRE(contains(refusal(longer), "goes on for " + std::to_string(more) + " bytes"));
    }
    Bytes twice = intact;
    twice.insert(twice.end(), intact.begin(), intact.end());
    BOOST_TEST(contains(refusal(twice), "goes on"));
}

BOOST_AUTO_TEST_CASE(other_files_are_told_from_damaged_ones) {
    BOOST_TEST(contains(refusal(bytes("PK\3\4 something else that is rather longer than any header of ours could be")),
                        "not a file of this program"));
    BOOST_TEST(contains(refusal(bytes("x")), "not a file of this program"));
    BOOST_TEST(contains(refusal({}), "ends after 0 bytes"));
}

BOOST_AUTO_TEST_CASE(another_format_is_named) {
    const Bytes intact = store::seal(Payload::member, bytes("payload"));
    // A whole file of another program is no damaged one.
    constexpr auto usage = core::Failure::usage;
    BOOST_TEST(contains(refusal(forged(intact, 8, store::format_version + 1), Payload::member, usage), "newer"));
    // Until version 2 the sum was a SHA-256, 16 bytes longer.
    for (const std::uint32_t version : {0U, 1U, 2U}) {
        Bytes old = intact;
        old.resize(intact.size() - sizeof(core::Checksum));
        std::memcpy(old.data() + 8, &version, sizeof version);
        const core::Digest digest = core::sha256(old);
        old.insert(old.end(), digest.begin(), digest.end());
        BOOST_TEST(contains(refusal(old, Payload::member, version == 0 ? core::Failure::data : usage),
                            version == 0 ? "format 0" : "older"));
        old[30] ^= std::byte{1};
        BOOST_TEST(contains(refusal(old), "damaged"));
    }
}

BOOST_AUTO_TEST_CASE(another_kind_of_payload_is_refused) {
    const Bytes intact = store::seal(Payload::member, bytes("payload"));
    BOOST_TEST(contains(refusal(forged(intact, 12, 77)), "payload of kind 77"));
    BOOST_TEST(contains(refusal(intact, Payload{2}), "kind 1 where kind 2"));
}

BOOST_AUTO_TEST_CASE(a_wrong_length_is_refused_even_with_a_fitting_digest) {
    const Bytes intact = store::seal(Payload::member, bytes("payload"));
    BOOST_TEST(contains(refusal(forged(intact, 16, 6)), "goes on"));
    BOOST_TEST(contains(refusal(forged(intact, 16, 8)), "announces 1 more"));
    BOOST_TEST(contains(refusal(forged(intact, 20, 0xffffffff)), "announces"));
}

BOOST_AUTO_TEST_SUITE_END()
