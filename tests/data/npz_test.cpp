#include "data/npz.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/source.hpp"
#include "data/zip.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(npz_tests)

namespace {

using core::Failure;
using data::load;
using data::Request;
using data::Source;
using data::Table;
using testing::Bytes;
using testing::failure;
using testing::npy;
using testing::ZipFile;
using Floats = std::vector<float>;

const Bytes four_rows = npy<double>("<f8", "(4, 2)", {1, 2, 3, 4, 5, 6, 7, 8});
const Bytes four_labels = npy<std::int32_t>("<i4", "(4,)", {0, 1, 0, 1});
const Bytes two_rows = npy<double>("<f8", "(2, 2)", {9, 10, 11, 12});
const Bytes two_labels = npy<std::int32_t>("<i4", "(2,)", {1, 1});

Floats gathered(const Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    Floats values(rows.size() * table.shape().elements());
    table.gather(rows, values.data(), table.shape().elements());
    return values;
}

/// Writes the archives of training and test rows and loads them.
struct Loaded {
    testing::Folder folder;
    Request request;

    explicit Loaded(const std::vector<ZipFile>& train, const std::vector<ZipFile>& test = {}) {
        folder.write("d.npz", testing::zip(train));
        request.data = (folder.path() / "d.npz").string();
        if (test.empty()) return;
        folder.write("t.npz", testing::zip(test));
        request.test = (folder.path() / "t.npz").string();
    }
    Source operator()() const { return load(request); }

    template <class... Words>
    void refused(Failure kind, Words... words) const {
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(request)), core::Error, failure(kind, words...));
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(arrays_are_found_by_their_names) {
    for (const auto& [x, y] : {std::pair("x", "y"), {"X", "target"}, {"data", "labels"}, {"x_train", "y_train"}}) {
        for (const bool deflated : {false, true}) {
            const Loaded loaded(
                {{x + std::string(".npy"), four_rows, deflated}, {y + std::string(".npy"), four_labels, deflated}});
            const Source source = loaded();
            BOOST_TEST((gathered(source.train) == Floats{1, 2, 3, 4, 5, 6, 7, 8}));
            BOOST_TEST(source.train.labels()[1] == 1);
            BOOST_TEST(!source.test.has_value());
            BOOST_TEST(source.arbitrary_units);
            BOOST_TEST(source.notes.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(test_rows_lie_beside_the_others_or_in_an_archive_of_their_own) {
    const std::vector<ZipFile> train{{"x.npy", four_rows}, {"y.npy", four_labels}};
    std::vector<ZipFile> both = train;
    both.push_back({"x_test.npy", two_rows});
    both.push_back({"y_test.npy", two_labels});
    const std::vector<ZipFile> named{{"x.npy", two_rows}, {"y.npy", two_labels}};
    const std::vector<ZipFile> other{{"x_test.npy", two_rows}, {"y_test.npy", two_labels}};
    for (const auto& loaded : {std::pair(both, std::vector<ZipFile>{}), {train, named}, {train, other}}) {
        const Source source = Loaded(loaded.first, loaded.second)();
        BOOST_TEST_REQUIRE(source.test.has_value());
        BOOST_TEST((gathered(*source.test) == Floats{9, 10, 11, 12}));
        BOOST_TEST(source.test->labels()[0] == 1);
    }
    BOOST_TEST(Loaded(both, named)().notes.size() == 1U);  // those in the first archive are left out
}

BOOST_AUTO_TEST_CASE(another_target_and_what_is_left_out) {
    Loaded loaded({{"x.npy", four_rows},
                   {"y.npy", four_labels},
                   {"mass.npy", npy<float>("<f4", "(4,)", {0.5F, 1.25F, 2.5F, 4.75F})},
                   {"read.me", Bytes{1, 2}}});
    BOOST_TEST(loaded().notes.front().ends_with("d.npz: nothing is made of its array mass"));
    loaded.request.target = "mass";
    const Source source = loaded();
    BOOST_TEST(source.train.targets()[3] == 4.75F);
    loaded.request.target = "age";
    loaded.refused(Failure::data, "what --target wants (age)", "it holds x (4, 2), y (4,), mass (4,)");
}

BOOST_AUTO_TEST_CASE(says_what_an_archive_holds_where_an_array_is_missing) {
    Loaded({{"a.npy", four_rows}, {"b.npy", {'n', 'o'}}})
        .refused(Failure::data, "has no array of features (x, X", "it holds a (4, 2), b (which cannot be read)");
    Loaded({{"readme", {'n', 'o'}}}).refused(Failure::data, "it holds no arrays");
    Loaded({{"x.npy", four_rows}, {"data.npy", four_rows}, {"y.npy", four_labels}})
        .refused(Failure::data, "holds both x and data");
    Loaded({{"x.npy", four_rows}, {"y.npy", four_labels}, {"x_test.npy", two_rows}})
        .refused(Failure::data, "targets of test rows (y_test, Y_test)");
    Loaded({{"x.npy", four_rows}, {"y.npy", two_labels}})
        .refused(Failure::data, "d.npz, x.npy has 4 rows, but", "has 2");
    Loaded loaded({{"x.npy", four_rows}, {"y.npy", four_labels}});
    loaded.request.test_target = "y.npy";
    loaded.refused(Failure::usage, "--test-target y.npy: has no effect");
    loaded.request.test_target = "";
    loaded.request.test = "t.csv";
    loaded.refused(Failure::usage, "--test t.csv: is no .npz");
}

BOOST_AUTO_TEST_CASE(rows_from_elsewhere_need_no_targets) {
    const Loaded loaded({{"x.npy", four_rows}, {"y.npy", four_labels}}, {{"x.npy", two_rows}});
    Request request = loaded.request;
    request.test = "";
    const Table foreign = data::load_foreign(loaded.request.test, request, load(request).train);
    BOOST_TEST((gathered(foreign) == Floats{9, 10, 11, 12}));
}

namespace {

const float infinite = std::numeric_limits<float>::infinity();
const float nan = std::numeric_limits<float>::quiet_NaN();

/// Three rows of up to three steps of two features, with anything behind their ends 2, 1 and 2.
Bytes sequences(const std::string& shape = "(3, 3, 2)") {
    return npy<float>("<f4", shape, {1, 2, 3, 4, nan, 9, 5, 6, infinite, 0, 7, 7, 8, 9, 10, 12, -infinite, nan});
}

template <class Value>
Bytes lengths(const char* type, const std::vector<Value>& values) {
    return npy<Value>(type, "(" + std::to_string(values.size()) + ",)", values);
}

const Bytes three_labels = npy<std::int32_t>("<i4", "(3,)", {0, 1, 0});

bool same(const Floats& a, const Floats& b) {
    return std::ranges::equal(a, b, [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

}  // namespace

/// What is behind the end of a row is NaN whatever it was, and steps that no row has are cut off.
BOOST_AUTO_TEST_CASE(sequences_of_different_lengths) {
    for (const bool deflated : {false, true}) {
        const Source source = Loaded({{"x.npy", sequences(), deflated},
                                      {"lengths.npy", lengths<std::int64_t>("<i8", {2, 1, 2}), deflated},
                                      {"y.npy", three_labels}})();
        BOOST_TEST(source.train.description().ragged);
        BOOST_TEST((source.train.shape() == core::Shape{2, 2}));
        BOOST_TEST(same(gathered(source.train), {1, 2, 3, 4, 5, 6, nan, nan, 8, 9, 10, 12}));
        BOOST_TEST(source.notes.size() == 1U);  // that few labels are taken for numbers
    }
    // Of bytes there is none for no number; a list of numbers is a sequence of these.
    const Source bytes = Loaded({{"x.npy", npy<std::uint8_t>("|u1", "(3, 2)", {1, 2, 3, 4, 5, 6})},
                                 {"lengths.npy", lengths<double>("<f8", {2, 1, 2})},
                                 {"y.npy", three_labels}})();
    BOOST_TEST((bytes.train.shape() == core::Shape{2, 1}));
    BOOST_TEST(same(gathered(bytes.train), {1, 2, 3, nan, 5, 6}));
    // Its content decides, not by how much it is filled up.
    const auto digest = [](const Bytes& x) {
        return Loaded(
                   {{"x.npy", x}, {"lengths.npy", lengths<std::int32_t>("<i4", {1, 1, 1})}, {"y.npy", three_labels}})()
            .sha256;
    };
    BOOST_TEST(digest(npy<float>("<f4", "(3, 2, 1)", {1, 7, 2, 8, 3, 9})) ==
               digest(npy<float>("<f4", "(3, 3, 1)", {1, 0, 0, 2, 0, 0, 3, nan, 0})));
    // Targets may be called so.
    Loaded named({{"x.npy", four_rows}, {"lengths.npy", npy<double>("<f8", "(4,)", {1.5, 2, 3, 99})}});
    named.request.target = "lengths";
    BOOST_TEST(!named().train.description().ragged);
}

BOOST_AUTO_TEST_CASE(test_rows_may_have_other_lengths) {
    const std::vector<ZipFile> train{
        {"x.npy", sequences()}, {"lengths.npy", lengths<std::int32_t>("<i4", {2, 1, 1})}, {"y.npy", three_labels}};
    const Bytes longer = npy<float>("<f4", "(2, 4, 2)", {1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8});
    std::vector<ZipFile> both = train;
    both.push_back({"x_test.npy", longer});
    both.push_back({"y_test.npy", two_labels});
    both.push_back({"lengths_test.npy", lengths<std::int32_t>("<i4", {3, 1})});
    const std::vector<ZipFile> own{
        {"x.npy", longer}, {"y.npy", two_labels}, {"lengths.npy", lengths<std::int32_t>("<i4", {3, 1})}};
    for (const auto& files : {std::pair(both, std::vector<ZipFile>{}), {train, own}}) {
        const Source source = Loaded(files.first, files.second)();
        BOOST_TEST((source.train.shape() == core::Shape{3, 2}));
        BOOST_TEST((source.test->shape() == core::Shape{3, 2}));
        BOOST_TEST(
            same(gathered(source.train), {1, 2, 3, 4, nan, nan, 5, 6, nan, nan, nan, nan, 8, 9, nan, nan, nan, nan}));
        BOOST_TEST(same(gathered(*source.test), {1, 1, 2, 2, 3, 3, 5, 5, nan, nan, nan, nan}));
    }
    // Without lengths of their own they have all their steps.
    both.pop_back();
    BOOST_TEST(Loaded(both)().test->shape()[0] == 4U);
    both[3].content = npy<float>("<f4", "(2, 1, 3)", {1, 1, 2, 2, 3, 3});
    Loaded(both).refused(Failure::data, "has steps of 3 features");
}

BOOST_AUTO_TEST_CASE(lengths_that_cannot_be_are_refused_with_their_row) {
    const auto refused = [](const Bytes& ends, auto... words) {
        Loaded({{"x.npy", sequences()}, {"y.npy", three_labels}, {"lengths.npy", ends}})
            .refused(Failure::data, words...);
    };
    refused(lengths<std::int32_t>("<i4", {2, 0, 1}), "lengths.npy: row 1 has the length 0", "from 1 to 3 steps");
    refused(lengths<std::int32_t>("<i4", {2, 1, 4}), "row 2 has the length 4", "from 1 to 3 steps");
    refused(lengths<std::int32_t>("<i4", {-1, 1, 2}), "row 0 has the length -1");
    refused(lengths<double>("<f8", {2, 1.5, 2}), "row 1 has the length 1.5");
    refused(lengths<double>("<f8", {2, NAN, 2}), "row 1, element 0 is nan");
    refused(lengths<std::int64_t>("<i8", {2, 1, INT64_MAX}), "row 2 has the length 9");
    refused(lengths<std::int32_t>("<i4", {2, 1}), "lengths.npy: has shape (2,)", "has 3 rows");
    refused(npy<std::int32_t>("<i4", "(3, 2)", {1, 1, 1, 1, 1, 1}), "has shape (3, 2)", "of shape (3,)");
    refused(Bytes{'n', 'o'}, "lengths.npy");
    // A number that counts is looked at as ever.
    refused(lengths<std::int32_t>("<i4", {3, 1, 2}), "row 0, element 4 is nan");
    Loaded({{"x.npy", npy<float>("<f4", "(1, 2, 2, 3)", Floats(12))},
            {"y.npy", npy<std::int32_t>("<i4", "(1,)", {1})},
            {"lengths.npy", lengths<std::int32_t>("<i4", {1})}})
        .refused(Failure::data, "has shape (1, 2, 2, 3)", "rows × T × F");
    Loaded loaded(
        {{"x.npy", sequences()}, {"y.npy", three_labels}, {"lengths.npy", lengths<std::int32_t>("<i4", {2, 1, 2})}});
    const Source source = loaded();
    BOOST_CHECK_EXCEPTION(static_cast<void>(data::load_foreign(loaded.request.data, loaded.request, source.train)),
                          core::Error, failure(Failure::usage, "--ood", "sequences of different lengths"));
}

BOOST_AUTO_TEST_CASE(archives_that_cannot_be_are_refused) {
    Loaded({{"x.npy", four_rows, false, 1}, {"y.npy", four_labels}}).refused(Failure::data, "x.npy: is encrypted");
    Loaded({{"x.npy", four_rows, true, 0, 4'000'000'000U}, {"y.npy", four_labels}})
        .refused(Failure::data, "is declared to have 4000000000 bytes, which its");
    Loaded({{"x.npy", four_rows, false, 0, 500}, {"y.npy", four_labels}})
        .refused(Failure::data, "is declared to have 500 bytes");
    const testing::Folder folder;
    const std::string text = folder.write_text("x.npz", "a,b\n1,2\n");
    BOOST_CHECK_EXCEPTION(static_cast<void>(load(Request{.data = text})), core::Error,
                          failure(Failure::data, "x.npz: cannot be read as a zip archive: Not a zip archive"));
}

BOOST_AUTO_TEST_CASE(damage_is_noticed_wherever_it_is) {
    for (const bool deflated : {false, true}) {
        const Bytes whole = testing::zip({{"x.npy", four_rows, deflated}, {"y.npy", four_labels, deflated}});
        const testing::Folder folder;
        const Request request{.data = (folder.path() / "d.npz").string()};
        for (std::size_t length = 0; length < whole.size(); ++length) {
            folder.write("d.npz", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
            BOOST_CHECK_EXCEPTION(static_cast<void>(load(request)), core::Error, failure(Failure::data, "d.npz"));
        }
        // A wrong byte of the numbers goes against the checksum.
        Bytes wrong = whole;
        wrong[30 + 5 + (deflated ? 60 : four_rows.size() - 3)] ^= 4;
        folder.write("d.npz", wrong);
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(request)), core::Error, failure(Failure::data, "x.npy"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
