#include "core/hash.hpp"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(hash_tests)

namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

// FIPS 180-4, examples of SHA-256.
BOOST_AUTO_TEST_CASE(published_examples) {
    BOOST_TEST(core::hex(core::sha256(bytes(""))) ==
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    BOOST_TEST(core::hex(core::sha256(bytes("abc"))) ==
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// As xxhsum -H2 of Debian's xxhash prints them.
BOOST_AUTO_TEST_CASE(checksums_are_those_of_xxhsum) {
    BOOST_TEST(core::hex(core::checksum(bytes(""))) == "99aa06d3014798d86001c324468d497f");
    BOOST_TEST(core::hex(core::checksum(bytes("abc"))) == "06b05ab6733a618578af5f94892f3950");
    BOOST_TEST(core::hex(core::checksum(bytes(std::string(1000, 'x')))) == "50a1af5a5f2dcf01c0a4877b962cba82");
}

BOOST_AUTO_TEST_CASE(pieces_make_the_whole) {
    core::Sha256 hash;
    hash.update(bytes("a"));
    hash.update(bytes("bc"));
    BOOST_TEST((hash.finish() == core::sha256(bytes("abc"))));
}

BOOST_AUTO_TEST_SUITE_END()
