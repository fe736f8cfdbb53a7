// Reads data sets everybody has and compares them with what was published about them.
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "data/published.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(published_data_tests)

namespace {

using data::Source;
using data::Table;

Source load(const std::string& name) {
    return data::load((testing::published_folder() / name).string(), 1);
}

/// MD5 of the uncompressed IDX file that holds `table`'s images: header and bytes.
std::string md5_of_images(const Table& table) {
    std::vector<std::uint8_t> file{0, 0, 8, 3};
    for (const std::size_t extent : {table.rows(), table.shape()[0], table.shape()[1]}) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) file.push_back(static_cast<std::uint8_t>(extent >> shift));
    }
    const auto* const pixels = reinterpret_cast<const std::uint8_t*>(table.feature_bytes().data());
    file.insert(file.end(), pixels, pixels + table.feature_bytes().size());
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    BOOST_TEST_REQUIRE(EVP_Digest(file.data(), file.size(), digest.data(), &size, EVP_md5(), nullptr) == 1);
    std::string words;
    for (const std::uint8_t byte : std::span(digest).first(size)) words += fmt::format("{:02x}", byte);
    return words;
}

std::vector<int> label_counts(const Table& table) {
    std::vector<int> counts(table.outputs());
    for (const std::int32_t label : table.labels()) ++counts.at(static_cast<std::size_t>(label));
    return counts;
}

void check_sizes(const Source& source) {
    BOOST_TEST(source.train.rows() == 60'000U);
    BOOST_TEST_REQUIRE(source.test.has_value());
    BOOST_TEST(source.test->rows() == 10'000U);
    BOOST_TEST((source.train.shape() == core::Shape{28, 28}));
    BOOST_TEST(source.train.outputs() == 10U);
}

}  // namespace

BOOST_AUTO_TEST_CASE(mnist) {
    const Source source = load("mnist");
    check_sizes(source);
    BOOST_TEST(md5_of_images(source.train) == "6bbc9ace898e44ae57da46a324031adb");
    BOOST_TEST(md5_of_images(*source.test) == "2646ac647ad5339dbf082846283269ea");
    const std::vector<int> train{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
    const std::vector<int> test{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};
    BOOST_TEST(label_counts(source.train) == train, boost::test_tools::per_element());
    BOOST_TEST(label_counts(*source.test) == test, boost::test_tools::per_element());
    const auto first = source.train.labels().first(5);
    BOOST_TEST(std::vector<int>(first.begin(), first.end()) == (std::vector<int>{5, 0, 4, 1, 9}));
}

BOOST_AUTO_TEST_CASE(fashion_mnist) {
    const Source source = load("fashion-mnist");
    check_sizes(source);
    BOOST_TEST(md5_of_images(source.train) == "f4a8712d7a061bf5bd6d2ca38dc4d50a");
    BOOST_TEST(md5_of_images(*source.test) == "8181f5470baa50b63fa0f6fddb340f0a");
    BOOST_TEST(label_counts(source.train) == std::vector<int>(10, 6000), boost::test_tools::per_element());
    BOOST_TEST(label_counts(*source.test) == std::vector<int>(10, 1000), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

int main(int argc, char* argv[]) {
    return testing::run_or_skip({"mnist", "fashion-mnist"}, argc, argv);
}
