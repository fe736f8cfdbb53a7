#include "data/source.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "data/block.hpp"
#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/generator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(source_tests)

namespace {

using core::Buffer;
using core::Failure;
using data::load;
using data::Source;
using data::Table;
using testing::failure;

/// pack() may return bytes anywhere; whoever shares them puts them on a cache line.
data::SharedBytes aligned_copy(const std::vector<std::byte>& block) {
    return data::share(Buffer<std::byte>(block.begin(), block.end()));
}

void check_equal(const Table& a, const Table& b) {
    BOOST_TEST((a.description().task == b.description().task));
    BOOST_TEST((a.description().element == b.description().element));
    BOOST_TEST((a.shape() == b.shape()));
    BOOST_TEST(a.rows() == b.rows());
    BOOST_TEST(a.outputs() == b.outputs());
    BOOST_TEST(a.description().scale == b.description().scale);
    BOOST_TEST(a.description().offset == b.description().offset);
    BOOST_TEST(std::ranges::equal(a.feature_bytes(), b.feature_bytes()));
    if (a.description().task == task::Kind::classification) {
        BOOST_TEST(std::ranges::equal(a.labels(), b.labels()));
    } else {
        BOOST_TEST(std::ranges::equal(a.targets(), b.targets()));
    }
}

template <class... Words>
void check_refused(const std::string& what, Failure kind, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(load(what, 1)), core::Error, failure(kind, what.c_str(), words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(built_in_sets_have_their_default_sizes) {
    const auto rows = [](const Source& source) {
        return std::pair(source.train.rows(), source.test ? source.test->rows() : 0);
    };
    BOOST_TEST((rows(load("digits", 1)) == std::pair<std::size_t, std::size_t>(6000, 10'000)));
    BOOST_TEST((rows(load("xor", 1)) == std::pair<std::size_t, std::size_t>(4, 0)));
    BOOST_TEST((rows(load("moons", 1)) == std::pair<std::size_t, std::size_t>(1000, 1000)));
    BOOST_TEST((rows(load("spirals", 1)) == std::pair<std::size_t, std::size_t>(1000, 1000)));
    BOOST_TEST((rows(load("digits:train=60,test=10", 1)) == std::pair<std::size_t, std::size_t>(60, 10)));
    BOOST_TEST((rows(load("moons:test=7,noise=0.5", 1)) == std::pair<std::size_t, std::size_t>(1000, 7)));
}

BOOST_AUTO_TEST_CASE(keeps_the_name_as_written) {
    BOOST_TEST(load("digits:test=5,train=10", 1).name == "digits:test=5,train=10");
}

BOOST_AUTO_TEST_CASE(fingerprint_is_equal_exactly_if_the_data_are) {
    const std::string digest = load("digits:train=50,test=20", 1).sha256;
    BOOST_TEST(digest.size() == 64U);
    BOOST_TEST(load("digits:test=20,train=50", 1).sha256 == digest);
    BOOST_TEST(load("digits:train=50,test=20", 2).sha256 != digest);
    BOOST_TEST(load("digits:train=51,test=20", 1).sha256 != digest);
    BOOST_TEST(load("moons:noise=0.2", 1).sha256 == load("moons", 1).sha256);
    BOOST_TEST(load("moons:noise=0.3", 1).sha256 != load("moons", 1).sha256);

    const auto table = [](core::Shape shape, float scale, std::uint8_t pixel, std::int32_t label) {
        return Table({.shape = shape, .rows = 1, .outputs = 2, .scale = scale},
                     data::share(Buffer<std::uint8_t>{1, 2, 3, pixel}), data::share(Buffer<std::int32_t>{label}));
    };
    const std::string plain = data::fingerprint(table({4}, 1, 4, 0), {});
    BOOST_TEST(data::fingerprint(table({4}, 1, 4, 0), {}) == plain);
    BOOST_TEST(data::fingerprint(table({2, 2}, 1, 4, 0), {}) != plain);
    BOOST_TEST(data::fingerprint(table({4}, 2, 4, 0), {}) != plain);
    BOOST_TEST(data::fingerprint(table({4}, 1, 5, 0), {}) != plain);
    BOOST_TEST(data::fingerprint(table({4}, 1, 4, 1), {}) != plain);
    BOOST_TEST(data::fingerprint(table({4}, 1, 4, 0), table({4}, 1, 4, 0)) != plain);
}

// Exactly representable values, so the digest is the same on every machine.
BOOST_AUTO_TEST_CASE(golden_fingerprint) {
    BOOST_TEST(load("xor", 1).sha256 == "bb76099db6298c9355d42144e46f21462fc6d86b94faed456ecfd9e9a0510407");
    BOOST_TEST(load("xor", 2).sha256 == load("xor", 1).sha256);
}

BOOST_AUTO_TEST_CASE(packing_and_unpacking_gives_the_same_source) {
    for (const char* what : {"digits:train=33,test=5", "xor", "moons:train=11,test=3"}) {
        const Source source = load(what, 7);
        const Source copy = data::unpack(aligned_copy(data::pack(source)));
        BOOST_TEST(copy.name == source.name);
        BOOST_TEST(copy.sha256 == source.sha256);
        check_equal(copy.train, source.train);
        BOOST_TEST_REQUIRE(copy.test.has_value() == source.test.has_value());
        if (source.test) check_equal(*copy.test, *source.test);
        BOOST_TEST(data::fingerprint(copy.train, copy.test) == source.sha256);
    }
}

BOOST_AUTO_TEST_CASE(packs_weights_and_groups) {
    Source source = load("moons:train=4,test=3", 7);
    const std::string plain = data::fingerprint(source.train, source.test);
    source.weight_name = "how often";
    source.group_name = "who";
    const data::SharedBytes weights = data::share(Buffer<double>{1, 0, 2.5, 1e300});
    source.train = source.train.with({.weights = weights, .groups = data::share(Buffer<std::uint32_t>{3, 1, 1, 0})});
    source.test = source.test->with({.groups = data::share(Buffer<std::uint32_t>{7, 1, 7})});
    const Source copy = data::unpack(aligned_copy(data::pack(source)));
    check_equal(copy.train, source.train);
    check_equal(*copy.test, *source.test);
    BOOST_TEST((copy.weight_name == "how often" && copy.group_name == "who"));
    BOOST_TEST(copy.train.weights() == source.train.weights(), boost::test_tools::per_element());
    BOOST_TEST(copy.train.groups() == source.train.groups(), boost::test_tools::per_element());
    BOOST_TEST(copy.test->weights().empty());
    BOOST_TEST(copy.test->groups() == source.test->groups(), boost::test_tools::per_element());
    // Of these results are functions as well.
    const std::string whole = data::fingerprint(source.train, source.test);
    BOOST_TEST(whole != plain);
    BOOST_TEST(data::fingerprint(source.train.with({.weights = weights}), source.test) != whole);
    BOOST_TEST(data::fingerprint(copy.train, copy.test) == whole);
    BOOST_CHECK_THROW(static_cast<void>(source.test->with({.weights = weights})), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(packs_regression_and_every_rank) {
    for (const core::Shape& shape :
         {core::Shape{}, core::Shape{6}, core::Shape{2, 3}, core::Shape{1, 2, 3}, core::Shape{1, 2, 1, 3}}) {
        const std::size_t width = shape.elements();
        const Table table({.task = task::Kind::regression,
                           .element = data::Element::f32,
                           .shape = shape,
                           .rows = 2,
                           .outputs = 3,
                           .scale = 0.25F,
                           .offset = -1.0F},
                          data::share(Buffer<float>(2 * width, 1.5F)), data::share(Buffer<float>{1, 2, 3, 4, 5, 6}));
        Source source{"name", "digest", table, {}};
        BOOST_TEST(data::unpack(aligned_copy(data::pack(source))).target_scale.empty());
        source.target_names = {"heat", "", "load, cold"};
        source.target_scale = {.mean = {1, -2e30, 0.1}, .deviation = {1e-12, 3, 1e17}};
        const Source copy = data::unpack(aligned_copy(data::pack(source)));
        check_equal(copy.train, table);
        BOOST_TEST(!copy.test.has_value());
        BOOST_TEST((copy.target_names == source.target_names));
        BOOST_TEST((copy.target_scale.mean == source.target_scale.mean));
        BOOST_TEST((copy.target_scale.deviation == source.target_scale.deviation));
        BOOST_TEST(copy.class_names.empty());
    }
}

BOOST_AUTO_TEST_CASE(an_unpacked_source_views_the_block_and_keeps_it) {
    data::SharedBytes block = aligned_copy(data::pack(load("digits:train=5,test=5", 1)));
    const Source source = data::unpack(block);
    const auto* const begin = block.bytes.data();
    const auto* const end = begin + block.bytes.size();
    BOOST_TEST((source.train.feature_bytes().data() > begin && source.train.feature_bytes().data() < end));
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(source.train.feature_bytes().data()) % core::alignment == 0U);
    const std::weak_ptr<const void> watched = block.owner;
    block = {};
    BOOST_TEST(!watched.expired());
}

BOOST_AUTO_TEST_CASE(refuses_a_block_that_pack_did_not_make) {
    std::vector<std::byte> block = data::pack(load("xor", 1));
    BOOST_CHECK_NO_THROW(static_cast<void>(data::unpack(aligned_copy(block))));
    const std::vector<std::byte> cut(block.begin(), block.begin() + 320);
    BOOST_CHECK_THROW(static_cast<void>(data::unpack(aligned_copy(cut))), core::ContractViolation);
    block[0] ^= std::byte{1};
    BOOST_CHECK_THROW(static_cast<void>(data::unpack(aligned_copy(block))), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(refuses_bad_options_of_built_in_sets) {
    for (const char* count : {"0", "-5", "1e3", "x", "", "99999999999999999999999", "10000001", "1.5", " 5"}) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(std::string("digits:train=") + count, 1)), core::Error,
                              failure(Failure::usage, "digits", "train=", "whole number"));
    }
    for (const char* noise : {"-0.1", "nan", "inf", "x", "11", ""}) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(std::string("moons:noise=") + noise, 1)), core::Error,
                              failure(Failure::usage, "moons", "noise=", "standard deviation"));
    }
    const auto refused = [](const char* what, const char* words) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(what, 1)), core::Error, failure(Failure::usage, words));
    };
    refused("digits:noise=0.1", "digits has train=N and test=N");
    refused("digits:rows=5", "'rows=5'");
    refused("digits:train", "'train'");
    refused("digits:train=5,,test=5", "''");
    refused("digits:train=5,", "''");
    refused("digits:,train=5", "''");
    refused("digits:train=5,train=6", "twice");
    refused("digits:", "nothing after the colon");
    refused("xor:train=5", "xor has no options");
}

BOOST_AUTO_TEST_CASE(hints_at_the_name_that_was_meant) {
    check_refused("digist", Failure::usage, "did you mean 'digits'?");
    check_refused("digit:train=100", Failure::usage, "'digit'", "did you mean 'digits'?");
    check_refused("moon", Failure::usage, "did you mean 'moons'?");
    check_refused("spiral", Failure::usage, "did you mean 'spirals'?");
    check_refused("xro:", Failure::usage, "built in are digits, xor, moons, spirals");
    check_refused("mnist:train=5", Failure::usage, "built in are digits, xor, moons, spirals");
}

BOOST_AUTO_TEST_CASE(refuses_what_does_not_exist_and_names_the_built_in_sets) {
    for (const char* what : {"", "no_such_directory", "/no/such/directory", "./digits"}) {
        check_refused(what, Failure::data, "no such file or directory", "digits, xor, moons, spirals");
    }
}

BOOST_AUTO_TEST_CASE(loads_a_text_table_of_any_name) {
    const testing::Folder folder;
    for (const char* name : {"table.csv", "table.txt", "table", "table.tsv"}) {
        const Source source = load(folder.write_text(name, "1,2,a\n3,4,b\n5,6,a\n"), 1);
        BOOST_TEST(source.train.rows() == 3U);
        BOOST_TEST(source.arbitrary_units);
        BOOST_TEST((source.class_names == std::vector<std::string>{"a", "b"}));
        BOOST_TEST(!source.test.has_value());
    }
    folder.write("table.csv.gz", testing::gzip({'1', ',', '2', '\n', '3', ',', '4', '\n', '1', ',', '2', '\n'}));
    BOOST_TEST(load((folder.path() / "table.csv.gz").string(), 1).train.rows() == 3U);
    BOOST_TEST(load((folder.path() / "table.csv.gz").string(), 9).sha256 ==
               load((folder.path() / "table.csv.gz").string(), 1).sha256);
}

BOOST_AUTO_TEST_CASE(loads_text_and_npy_with_test_rows_of_their_own) {
    const testing::Folder folder;
    const std::string train = folder.write_text("train.csv", "1,2,a\n3,4,b\n5,6,a\n");
    const std::string test = folder.write_text("test.csv", "7;8;b\n");
    const Source text = load({.data = train, .test = test});
    BOOST_TEST_REQUIRE(text.test.has_value());
    BOOST_TEST(text.test->labels()[0] == 1);

    folder.write("x.npy", testing::npy<std::uint8_t>("|u1", "(2, 2, 2)", {1, 2, 3, 4, 5, 6, 7, 8}));
    folder.write("y.npy", testing::npy<std::int32_t>("<i4", "(2,)", {4, 5}));
    const std::string x = (folder.path() / "x.npy").string();
    // The targets are found beside the features.
    const Source images = load({.data = x, .test = x, .target = "y.npy", .test_target = "y.npy"});
    BOOST_TEST((images.train.shape() == core::Shape{2, 2}));
    BOOST_TEST(!images.arbitrary_units);
    BOOST_TEST(images.test->rows() == 2U);
    BOOST_TEST(images.name == x);
    const data::Source copy = data::unpack(aligned_copy(data::pack(text)));
    BOOST_TEST((copy.class_names == text.class_names));
    BOOST_TEST(!copy.arbitrary_units);
    check_equal(*copy.test, *text.test);
}

BOOST_AUTO_TEST_CASE(refuses_options_that_the_kind_of_data_does_not_have) {
    const testing::Folder folder;
    const std::string table = folder.write_text("table.csv", "1,2,a\n3,4,b\n");
    const auto refused = [](const data::Request& request, auto... words) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(request)), core::Error, failure(Failure::usage, words...));
    };
    refused({.data = "digits", .test = table}, "--test " + table, "no effect on --data digits");
    refused({.data = "moons:train=20", .target = "y"}, "--target y: has no effect");
    refused({.data = folder.path().string(), .test_target = "y"}, "--test-target y: has no effect");
    refused({.data = "digits", .task = task::Kind::regression}, "--task regression", "has classes");
    refused({.data = table, .test_target = "y"}, "--test-target y", ".npy");
    refused({.data = "digits", .ignore = "Id"}, "--ignore Id: has no effect on --data digits");
    refused({.data = "digits", .header = data::Header::yes}, "--header: has no effect on --data digits");
    folder.write("x.npy", testing::npy<float>("<f4", "(1, 2)", {1, 2}));
    const std::string x = (folder.path() / "x.npy").string();
    refused({.data = table, .test = x}, "is a .npy, but --data");
    refused({.data = x, .target = "y.npy", .header = data::Header::no}, "--header: has no effect");
    refused({.data = x, .target = "y.npy", .ignore = "1"}, "--ignore 1: has no effect");
    refused({.data = x}, "a .npy holds features only", "--target");
    refused({.data = x, .test = x, .target = "y.npy"}, "need both");
    refused({.data = x, .target = "y.npy", .test_target = "y.npy"}, "need both");
    refused({.data = x, .test = table, .target = "y.npy", .test_target = "y.npy"}, "is no .npy");
    BOOST_CHECK_NO_THROW(static_cast<void>(load({.data = "xor", .task = task::Kind::classification})));
    BOOST_CHECK_EXCEPTION(static_cast<void>(load({.data = x, .target = "y.npy"})), core::Error,
                          failure(Failure::data, "y.npy", "No such file"));
}

BOOST_AUTO_TEST_CASE(a_resolved_request_holds_anywhere) {
    const testing::Folder folder;
    folder.write("x.npy", {1});
    folder.write("y.npy", {1});
    const std::string x = (folder.path() / "." / "x.npy").string();
    const auto request = data::resolved({.data = x, .test = x, .target = "y.npy", .test_target = "none.npy"});
    BOOST_TEST(request.data == (folder.path() / "x.npy").string());
    BOOST_TEST(request.test == request.data);
    BOOST_TEST(request.target == (folder.path() / "y.npy").string());
    BOOST_TEST(request.test_target == "none.npy");
    // A column's name stays one, and so does the name of a built-in set.
    BOOST_TEST(data::resolved({.data = "digits", .target = "/"}).data == "digits");
    BOOST_TEST(data::resolved({.data = "table.csv", .target = "."}).target == ".");
}

BOOST_AUTO_TEST_CASE(loads_a_directory) {
    const testing::Folder folder;
    folder.write("train-images-idx3-ubyte", testing::idx({2, 1, 2}, {1, 2, 3, 4}));
    folder.write("train-labels-idx1-ubyte", testing::idx({2}, {0, 1}));
    folder.write("t10k-images-idx3-ubyte", testing::idx({1, 1, 2}, {5, 6}));
    folder.write("t10k-labels-idx1-ubyte", testing::idx({1}, {1}));
    const Source source = load(folder.path().string(), 1);
    BOOST_TEST(source.name == folder.path().string());
    BOOST_TEST(source.train.rows() == 2U);
    BOOST_TEST_REQUIRE(source.test.has_value());
    BOOST_TEST(source.test->rows() == 1U);
    BOOST_TEST(load(folder.path().string() + "/", 2).sha256 == source.sha256);
}

BOOST_AUTO_TEST_CASE(a_directory_without_sets_is_refused_by_what_it_holds) {
    const testing::Folder folder;
    const auto refused = [&](const char* words) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(folder.path().string(), 1)), core::Error,
                              failure(Failure::data, words));
    };
    folder.write("notes.md", {'1', ',', '2', '\n'});
    refused("holds no data");
    folder.write("b.csv.gz", {'1', ',', '2', '\n'});
    folder.write("c.csv", {'1', ',', '2', '\n'});
    refused("is a directory; name the file with the rows, such as");
    refused("/b.csv.gz");
    folder.write("t10k-labels-idx1-ubyte", testing::idx({1}, {1}));
    refused("train-images-idx3-ubyte is missing");
}

BOOST_AUTO_TEST_SUITE_END()
