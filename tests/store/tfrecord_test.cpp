#include "store/tfrecord.hpp"

#include <array>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(tfrecord_tests)

namespace {

std::uint32_t crc_of(const std::vector<unsigned char>& bytes) {
    return store::crc32c(std::as_bytes(std::span(bytes)));
}

std::vector<unsigned char> counting(unsigned char first, int step) {
    std::vector<unsigned char> bytes(32);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<unsigned char>(first + step * static_cast<int>(i));
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(known_checksums) {
    // RFC 3720 (iSCSI), appendix B.4, and the check value of CRC-32C/iSCSI in catalogues.
    BOOST_TEST(crc_of(std::vector<unsigned char>(32, 0)) == 0x8A9136AAU);
    BOOST_TEST(crc_of(std::vector<unsigned char>(32, 0xFF)) == 0x62A8AB43U);
    BOOST_TEST(crc_of(counting(0, 1)) == 0x46DD794EU);
    BOOST_TEST(crc_of(counting(31, -1)) == 0x113FDB5CU);
    BOOST_TEST(store::crc32c(std::as_bytes(std::span("123456789", 9))) == 0xE3069283U);
    BOOST_TEST(store::crc32c({}) == 0U);
}

BOOST_AUTO_TEST_CASE(a_masked_checksum_is_turned_and_moved) {
    // 0xE3069283 turned right by 15 bits is 0x2507C60D, and that plus 0xA282EAD8 is 0xC78AB0E5.
    BOOST_TEST(store::masked_crc32c(std::as_bytes(std::span("123456789", 9))) == 0xC78AB0E5U);
}

BOOST_AUTO_TEST_CASE(a_record_is_length_content_and_their_checksums) {
    const std::string record = store::to_record("abc");
    BOOST_TEST_REQUIRE(record.size() == 8U + 4 + 3 + 4);
    BOOST_TEST(record.substr(0, 8) == std::string("\3\0\0\0\0\0\0\0", 8));
    BOOST_TEST(record.substr(12, 3) == "abc");
    const auto number_at = [&](std::size_t at) {
        std::uint32_t number = 0;
        for (std::size_t i = 4; i-- > 0;) number = number << 8U | static_cast<unsigned char>(record[at + i]);
        return number;
    };
    BOOST_TEST(number_at(8) == store::masked_crc32c(std::as_bytes(std::span(record).first(8))));
    BOOST_TEST(number_at(15) == store::masked_crc32c(std::as_bytes(std::span(record).subspan(12, 3))));
}

BOOST_AUTO_TEST_CASE(records_are_read_up_to_the_first_that_is_not_whole) {
    const std::vector<std::string> contents{"one", "", std::string(300, 'x'), std::string("\0\1\2", 3)};
    std::string file;
    std::vector<std::size_t> ends;
    for (const std::string& content : contents) {
        file += store::to_record(content);
        ends.push_back(file.size());
    }
    for (std::size_t size = 0; size <= file.size(); ++size) {
        const auto found = store::records_in(std::string_view(file).substr(0, size));
        const auto whole = std::ranges::count_if(ends, [&](std::size_t end) { return end <= size; });
        BOOST_TEST_REQUIRE(found.size() == static_cast<std::size_t>(whole));
        for (std::size_t i = 0; i < found.size(); ++i) BOOST_TEST(found[i] == contents[i]);
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
        std::string damaged = file;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        const auto before = std::ranges::count_if(ends, [&](std::size_t end) { return end <= at; });
        BOOST_TEST(store::records_in(damaged).size() == static_cast<std::size_t>(before), "byte " << at);
    }
}

BOOST_AUTO_TEST_CASE(a_length_beyond_all_bounds_is_no_record) {
    const std::string length(8, '\xff');
    std::string file = length;
    const std::uint32_t checksum = store::masked_crc32c(std::as_bytes(std::span(length)));
    for (unsigned shift = 0; shift < 32; shift += 8) file += static_cast<char>(checksum >> shift & 0xffU);
    BOOST_TEST(store::records_in(file + std::string(100, '\0')).empty());
}

BOOST_AUTO_TEST_SUITE_END()
