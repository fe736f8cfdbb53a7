#include "store/png.hpp"

#include <zlib.h>

#include <string>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(png_tests)

namespace {

using store::Picture;

std::uint32_t number_at(const std::string& file, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8U | static_cast<unsigned char>(file.at(at + i));
    return number;
}

/// Takes a chunk off the file, which must be one of this name with the checksum that belongs to it.
std::string take_chunk(std::string& file, const std::string& name) {
    const std::size_t size = number_at(file, 0);
    BOOST_TEST_REQUIRE(file.size() >= size + 12);
    BOOST_TEST(file.substr(4, 4) == name);
    const auto* body = reinterpret_cast<const Bytef*>(file.data()) + 4;
    BOOST_TEST(number_at(file, 8 + size) == ::crc32(0, body, static_cast<uInt>(size + 4)));
    std::string content = file.substr(8, size);
    file.erase(0, size + 12);
    return content;
}

/// The rows as they are stored, each behind the number of its filter.
std::string rows_in(const std::string& compressed, std::size_t size) {
    std::string rows(size + 1, '\0');
    uLongf found = rows.size();
    BOOST_TEST(::uncompress(reinterpret_cast<Bytef*>(rows.data()), &found,
                            reinterpret_cast<const Bytef*>(compressed.data()), compressed.size()) == Z_OK);
    rows.resize(found);
    return rows;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_chunks_of_a_picture) {
    for (const std::size_t channels : {1U, 3U}) {
        Picture picture{.height = 2, .width = 300, .channels = channels, .pixels = {}};
        for (std::size_t i = 0; i < 2 * 300 * channels; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(7 * i));
        std::string file = store::to_png(picture);
        BOOST_TEST(file.substr(0, 8) == "\x89PNG\r\n\x1a\n");
        file.erase(0, 8);
        const std::string header = take_chunk(file, "IHDR");
        BOOST_TEST_REQUIRE(header.size() == 13U);
        BOOST_TEST(number_at(header, 0) == 300U);
        BOOST_TEST(number_at(header, 4) == 2U);
        const std::string kind{8, static_cast<char>(channels == 1 ? 0 : 2), 0, 0, 0};
        BOOST_TEST((header.substr(8) == kind));
        const std::string pixels(picture.pixels.begin(), picture.pixels.end());
        const std::size_t half = pixels.size() / 2;
        const std::string expected =
            std::string(1, '\0') + pixels.substr(0, half) + std::string(1, '\0') + pixels.substr(half);
        BOOST_TEST((rows_in(take_chunk(file, "IDAT"), expected.size()) == expected));
        BOOST_TEST(take_chunk(file, "IEND").empty());
        BOOST_TEST(file.empty());
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_picture) {
    BOOST_CHECK_THROW(static_cast<void>(store::to_png({.height = 2, .width = 2, .channels = 1, .pixels = {1, 2, 3}})),
                      core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(store::to_png({.height = 1, .width = 1, .channels = 2, .pixels = {1, 2}})),
                      core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(store::to_png({.height = 0, .width = 4, .channels = 1, .pixels = {}})),
                      core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
