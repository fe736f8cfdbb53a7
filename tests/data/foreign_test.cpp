#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/block.hpp"
#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/generator.hpp"
#include "data/preprocessing.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(foreign_tests)

namespace {

using core::Failure;
using data::load;
using data::load_foreign;
using data::Request;
using data::Source;
using data::Table;
using testing::failure;
using testing::npy;
using Floats = std::vector<float>;

Floats gathered(const Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    Floats values(rows.size() * table.shape().elements());
    table.gather(rows, values.data(), table.shape().elements());
    return values;
}

Source with_foreign(const Request& request, const std::string& what) {
    Source source = load(request);
    source.foreign = load_foreign(what, request, source.train);
    source.foreign_sha256 = data::fingerprint(*source.foreign, {});
    return source;
}

void check_refused(const Request& request, const std::string& what, Failure kind, const char* one, const char* two) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(with_foreign(request, what)), core::Error, failure(kind, one, two));
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_built_in_data_test_rows_are_taken) {
    const Source source = with_foreign({.data = "digits:train=5,test=4"}, "digits:train=3,test=6");
    BOOST_TEST(source.foreign->rows() == 6U);
    BOOST_TEST(source.foreign->outputs() == 10U);
    BOOST_TEST((gathered(*source.foreign) == gathered(*load("digits:train=3,test=6", 1).test)));
    // Where all rows serve every purpose, all.
    BOOST_TEST(with_foreign({.data = "moons:train=9,test=9"}, "xor").foreign->rows() == 4U);
    BOOST_TEST(with_foreign({.data = "digits:train=5,test=4"}, "digits").sha256 == source.sha256);
    check_refused({.data = "moons:train=9,test=9"}, "digits", Failure::usage, "--ood digits: its rows are 28×28",
                  "those of --data moons:train=9,test=9 are 2;");
    check_refused({.data = "moons:train=9,test=9"}, "nowhere", Failure::usage, "--ood nowhere: no such file",
                  "digits, xor, moons, spirals");
}

BOOST_AUTO_TEST_CASE(columns_of_a_text_table_are_those_of_the_training_rows_and_its_target_is_not_read) {
    const testing::Folder folder;
    const std::string train = folder.write_text("train.csv", "id,a,kind,b\n7,1,x,10\n8,2,y,20\n9,4,x,40\n");
    const std::string other = folder.write_text("other.csv", "id,a,kind,b\n1,5,never seen,50\n2,6,,60\n");
    const Request request{.data = train, .target = "kind", .ignore = "id"};
    const Source source = with_foreign(request, other);
    BOOST_TEST((gathered(*source.foreign) == Floats{5, 50, 6, 60}));
    BOOST_TEST(source.foreign->labels().size() == 2U);
    BOOST_TEST_REQUIRE(source.columns.size() == 2U);
    BOOST_TEST((source.columns[0].name == "a" && source.columns[1].name == "b" && source.columns[1].features == 1U));

    // They are standardised as the training rows are: over those, whatever they are themselves.
    const std::vector<std::uint32_t> rows{0, 1, 2};
    const Source seen = data::preprocess(source, rows, {.standardize = data::Standardize::features});
    const Floats scaled = gathered(*seen.foreign);
    const double deviation = std::sqrt(14.0 / 9);
    const std::vector<double> expected{(5 - 7.0 / 3) / deviation, (50 - 70.0 / 3) / (10 * deviation),
                                       (6 - 7.0 / 3) / deviation, (60 - 70.0 / 3) / (10 * deviation)};
    for (std::size_t i = 0; i < 4; ++i)
        BOOST_TEST(double{scaled[i]} == expected[i], boost::test_tools::tolerance(1e-6));
    BOOST_TEST(seen.feature_scale.mean_of(1) == 70.0 / 3, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(seen.feature_scale.deviation_of(1) == 10 * deviation, boost::test_tools::tolerance(1e-12));

    const std::string fewer = folder.write_text("fewer.csv", "id,a,kind\n1,5,x\n2,6,y\n");
    check_refused(request, fewer, Failure::data, "fewer.csv", "b");
    check_refused({.data = "moons:train=9,test=9"}, other, Failure::usage, "is taken for a text table",
                  "--data moons:train=9,test=9 is none");
}

BOOST_AUTO_TEST_CASE(an_array_brings_its_features_alone) {
    const testing::Folder folder;
    folder.write("x.npy", npy<float>("<f4", "(2, 2)", {1, 2, 3, 4}));
    folder.write("y.npy", npy<std::int32_t>("<i4", "(2,)", {0, 1}));
    folder.write("other.npy", npy<double>("<f8", "(3, 2)", {5, 6, 7, 8, 9, 10}));
    folder.write("flat.npy", npy<double>("<f8", "(3,)", {5, 6, 7}));
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const Request request{.data = path("x.npy"), .target = path("y.npy")};
    const Source source = with_foreign(request, path("other.npy"));
    BOOST_TEST((gathered(*source.foreign) == Floats{5, 6, 7, 8, 9, 10}));
    check_refused(request, path("flat.npy"), Failure::data, "flat.npy", "shape (3,)");
    BOOST_TEST(with_foreign({.data = "moons:train=9,test=9"}, path("other.npy")).foreign->rows() == 3U);
}

BOOST_AUTO_TEST_CASE(a_byte_is_as_bright_as_in_the_training_images) {
    const testing::Folder folder;
    // Darker than 128 throughout: by itself it would be taken for images of another range.
    folder.write("dark.npy", npy<std::uint8_t>("|u1", "(2, 28, 28)", std::vector<std::uint8_t>(2UL * 28 * 28, 51)));
    const Source source = with_foreign({.data = "digits:train=5,test=4"}, (folder.path() / "dark.npy").string());
    BOOST_TEST(gathered(*source.foreign).front() == 0.2F, boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(all_ranks_get_them_with_the_names_of_columns) {
    Source source = with_foreign({.data = "moons:train=9,test=9"}, "spirals:train=9,test=5");
    source.columns = {{.name = "first"}, {.name = "", .features = 3}};
    source.feature_scale = {.mean = {1, -2e30}, .deviation = {0, 3}};
    const std::vector<std::byte> block = data::pack(source);
    const Source copy = data::unpack(data::share(core::Buffer<std::byte>(block.begin(), block.end())));
    BOOST_TEST((gathered(*copy.foreign) == gathered(*source.foreign)));
    BOOST_TEST(copy.foreign_sha256 == source.foreign_sha256);
    BOOST_TEST_REQUIRE(copy.columns.size() == 2U);
    BOOST_TEST((copy.columns[0].name == "first" && copy.columns[0].features == 1U));
    BOOST_TEST((copy.columns[1].name.empty() && copy.columns[1].features == 3U));
    BOOST_TEST((copy.feature_scale.mean == source.feature_scale.mean));
    BOOST_TEST((copy.feature_scale.deviation == source.feature_scale.deviation));
    BOOST_TEST(copy.test->rows() == 9U);
    Source lone = load("xor", 1);
    lone.foreign = load_foreign("spirals:train=9,test=5", {.data = "xor"}, lone.train);
    const std::vector<std::byte> other = data::pack(lone);
    const Source without_test = data::unpack(data::share(core::Buffer<std::byte>(other.begin(), other.end())));
    BOOST_TEST(!without_test.test.has_value());
    BOOST_TEST(without_test.foreign->rows() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
