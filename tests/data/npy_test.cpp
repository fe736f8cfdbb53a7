#include "data/npy.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(npy_tests)

namespace {

using core::Failure;
using data::Element;
using data::NpyTables;
using task::Kind;
using testing::Bytes;
using testing::failure;
using testing::npy;

std::vector<float> gathered(const data::Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
    std::vector<float> values(rows.size() * table.shape().elements());
    table.gather(rows, values.data(), table.shape().elements());
    return values;
}

struct Files {
    Bytes x;
    Bytes y;
    Bytes test_x = {};
    Bytes test_y = {};
    std::optional<task::Kind> task = {};
};

NpyTables read(const Files& files) {
    const testing::Folder folder;
    folder.write("x.npy", files.x);
    folder.write("y.npy", files.y);
    data::NpyRequest request{.train = folder.path() / "x.npy",
                             .train_target = folder.path() / "y.npy",
                             .test = {},
                             .test_target = {},
                             .task = files.task};
    if (!files.test_x.empty()) {
        folder.write("tx.npy", files.test_x);
        folder.write("ty.npy", files.test_y);
        request.test = folder.path() / "tx.npy";
        request.test_target = folder.path() / "ty.npy";
    }
    return data::read_npy_tables(request);
}

const Bytes two_labels = npy<std::int32_t>("<i4", "(2,)", {0, 1});

template <class... Words>
void check_refused(const Files& files, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(read(files)), core::Error, failure(Failure::data, words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_every_type) {
    const std::vector<float> expected{1, 2, 3, 4};
    const auto check = [&](const Bytes& x, Element element) {
        const NpyTables tables = read({x, two_labels, {}, {}, task::Kind::classification});
        BOOST_TEST((tables.train.description().element == element));
        BOOST_TEST((tables.train.shape() == core::Shape{2}));
        BOOST_TEST(gathered(tables.train) == expected, boost::test_tools::per_element());
        BOOST_TEST(tables.train.labels()[1] == 1);
    };
    check(npy<std::uint8_t>("|u1", "(2, 2)", {1, 2, 3, 4}), Element::u8);
    check(npy<std::int8_t>("|i1", "(2, 2)", {1, 2, 3, 4}), Element::f32);
    check(npy<std::uint16_t>("<u2", "(2, 2)", {1, 2, 3, 4}), Element::f32);
    check(npy<std::int16_t>("<i2", "(2, 2)", {1, 2, 3, 4}), Element::f32);
    check(npy<std::uint32_t>("<u4", "(2, 2)", {1, 2, 3, 4}), Element::f64);
    check(npy<std::uint64_t>("<u8", "(2, 2)", {1, 2, 3, 4}), Element::f64);
    check(npy<std::uint16_t>("<f2", "(2, 2)", {0x3c00, 0x4000, 0x4200, 0x4400}), Element::f32);
    check(npy<std::uint16_t>(">f2", "(2, 2)", {0x003c, 0x0040, 0x0042, 0x0044}), Element::f32);
    check(npy<std::uint16_t>(">i2", "(2, 2)", {0x0100, 0x0200, 0x0300, 0x0400}), Element::f32);
    check(npy<std::uint32_t>(">f4", "(2, 2)", {0x803f, 0x40, 0x4040, 0x8040}), Element::f32);
    check(npy<std::int32_t>("<i4", "(2, 2)", {1, 2, 3, 4}), Element::f64);
    check(npy<std::int64_t>("<i8", "(2, 2)", {1, 2, 3, 4}), Element::f64);
    check(npy<float>("<f4", "(2, 2)", {1, 2, 3, 4}), Element::f32);
    check(npy<double>("<f8", "(2, 2)", {1, 2, 3, 4}), Element::f64);
}

BOOST_AUTO_TEST_CASE(reads_sequences_and_images) {
    const std::vector<std::uint8_t> bytes{0, 51, 102, 153, 204, 255, 0, 0};
    const NpyTables grey = read({npy("|u1", "(2, 2, 2)", bytes), two_labels});
    BOOST_TEST((grey.train.shape() == core::Shape{2, 2}));
    BOOST_TEST(std::abs(gathered(grey.train)[1] - 0.2F) < 1e-6F);
    const NpyTables colour = read({npy("|u1", "(2, 1, 2, 2)", bytes), two_labels});
    BOOST_TEST((colour.train.shape() == core::Shape{1, 2, 2}));
    BOOST_TEST(gathered(colour.train)[5] == 1.0F);
    const NpyTables sequences = read({npy<float>("<f4", "(2, 3, 1)", {1, 2, 3, 4, 5, 6}), two_labels});
    BOOST_TEST((sequences.train.shape() == core::Shape{3, 1}));
    BOOST_TEST(gathered(sequences.train)[5] == 6.0F);
}

BOOST_AUTO_TEST_CASE(values_may_begin_anywhere) {
    Bytes odd = npy<float>("<f4", "(2, 2)", {1, 2, 3, 4});
    odd.erase(odd.begin() + 120);  // one blank of the header
    --odd[8];
    BOOST_TEST(gathered(read({odd, two_labels}).train) == (std::vector<float>{1, 2, 3, 4}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(targets_of_every_kind) {
    const Bytes x = npy<float>("<f4", "(4, 1)", {1, 2, 3, 4});
    const NpyTables classes = read({x, npy<std::int64_t>("<i8", "(4, 1)", {7, 3, 7, 3})});
    BOOST_TEST((classes.class_names == std::vector<std::string>{"3", "7"}));
    BOOST_TEST(classes.train.labels()[0] == 1);
    BOOST_TEST(read({x, npy<float>("<f4", "(4,)", {1, 0, 1, 0})}).train.labels()[0] == 1);
    const NpyTables numbers = read({x, npy<double>("<f8", "(4,)", {0.5, 0.25, 1, 2})});
    BOOST_TEST((numbers.train.description().task == task::Kind::regression));
    BOOST_TEST(numbers.train.targets()[1] == 0.25F);
    BOOST_TEST((numbers.target_names == std::vector<std::string>{"target"}));
    BOOST_REQUIRE_EQUAL(numbers.notes.size(), 1U);
    BOOST_TEST(numbers.notes[0].find("y.npy: the target is a number, so this is regression") != std::string::npos);
    const NpyTables pairs = read({x, npy<float>("<f4", "(4, 2)", {1, 2, 3, 4, 5, 6, 7, 8})});
    BOOST_TEST((pairs.train.description().task == task::Kind::regression));
    BOOST_TEST(pairs.train.outputs() == 2U);
    BOOST_TEST(pairs.train.targets()[7] == 8.0F);
    BOOST_TEST((pairs.target_names == std::vector<std::string>{"target 1", "target 2"}));
    BOOST_REQUIRE_EQUAL(pairs.notes.size(), 1U);
    BOOST_TEST(pairs.notes[0].find("y.npy: not every row is a single 1 among zeros") != std::string::npos);
    const NpyTables chosen = read({x, npy<std::uint8_t>("|u1", "(4,)", {1, 2, 1, 2}), {}, {}, task::Kind::regression});
    BOOST_TEST(chosen.train.targets()[1] == 2.0F);
}

BOOST_AUTO_TEST_CASE(several_targets_are_numbers_of_single_precision) {
    const Bytes x = npy<float>("<f4", "(3, 1)", {1, 2, 3});
    const auto doubles = [&](const std::vector<double>& y) {
        return Files{x, npy("<f8", "(3, 2)", y), {}, {}, task::Kind::regression};
    };
    BOOST_TEST(read(doubles({0.5, 1, 2, 3, 4, 5})).notes.empty());
    check_refused(doubles({1, 2, 3, 4, 5, 1e39}), "y.npy: row 2, element 1 is 1e+39, too large");
    check_refused(doubles({1, 2, 3, 4, std::nan(""), 6}), "y.npy: row 2, element 0 is nan");
    check_refused(doubles({1, 1e9, 2, 1e9 + 1, 3, 1e9 + 2}), "y.npy, target 2: numbers from 1000000000 to 1000000002");
    const NpyTables rounded = read(doubles({1, 1e6, 2, 1e6 + 0.1, 3, 1e6 + 0.2}));
    BOOST_REQUIRE_EQUAL(rounded.notes.size(), 1U);
    BOOST_TEST(rounded.notes[0].find("y.npy, target 2: targets are learnt in single") != std::string::npos);
    const NpyTables tested = read({x, npy<std::int64_t>("<i8", "(3, 2)", {1, 2, 3, 4, 5, 6}),
                                   npy<float>("<f4", "(1, 1)", {9}), npy<double>("<f8", "(1, 2)", {1.5, 2.5})});
    BOOST_TEST(tested.test->targets()[1] == 2.5F);
}

BOOST_AUTO_TEST_CASE(test_rows_come_from_files_of_their_own) {
    const Bytes x = npy<float>("<f4", "(2, 1)", {1, 2});
    const NpyTables tables = read({x, npy<std::int32_t>("<i4", "(2,)", {5, 6}), npy<float>("<f4", "(1, 1)", {9}),
                                   npy<std::int32_t>("<i4", "(1,)", {6}), task::Kind::classification});
    BOOST_TEST_REQUIRE(tables.test.has_value());
    BOOST_TEST(tables.test->labels()[0] == 1);
    BOOST_TEST(gathered(*tables.test)[0] == 9.0F);
    const Bytes one = npy<std::int32_t>("<i4", "(1,)", {0});
    check_refused({x, two_labels, npy<float>("<f4", "(1, 2)", {9, 9}), one}, "tx.npy holds rows of 2, but", "of 1");
    check_refused({x, two_labels, npy<float>("<f4", "(1, 1)", {9}), two_labels}, "tx.npy", "has 1 rows", "has 2");
    check_refused({x, two_labels, npy<float>("<f4", "(1, 1)", {9}), npy<float>("<f4", "(1, 2)", {1, 2})},
                  "ty.npy has shape (1, 2)", "1 columns");
    check_refused({x, two_labels, npy<float>("<f4", "(1, 1)", {std::nanf("")}), one},
                  "tx.npy: row 0, element 0 is nan");
    check_refused({x, two_labels, npy<float>("<f4", "(1, 1)", {1}), npy<std::int32_t>("<i4", "(1,)", {3}),
                   task::Kind::classification},
                  "ty.npy, row 0: class '3' does not occur");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_with_the_cure) {
    const Bytes x = npy<float>("<f4", "(2, 2)", {1, 2, 3, 4});
    check_refused({npy<float>("<f4", "(4,)", {1, 2, 3, 4}), npy<std::int32_t>("<i4", "(4,)", {0, 1, 0, 1})},
                  "x.npy: has shape (4,)", "rows × features");
    check_refused({npy<float>("<f4", "(2, 1, 1, 1, 1)", {1, 2}), two_labels}, "has shape (2, 1, 1, 1, 1)", "reshape");
    check_refused({npy<float>("<f4", "(0, 2)", {}), two_labels}, "x.npy: has shape (0, 2)", "nothing to learn from");
    check_refused({npy<float>("<f4", "()", {1}), two_labels}, "x.npy: has shape ()");
    check_refused({npy<float>("<f4", "(2, 3)", {1, 2, 3, 4}), two_labels}, "x.npy: has 16 bytes after its header",
                  "cut short or damaged");
    check_refused({npy<float>("<f4", "(4611686018427387904, 2)", {}), two_labels}, "x.npy: has 0 bytes");
    check_refused({x, npy<std::int32_t>("<i4", "(3,)", {0, 1, 0})}, "x.npy has 2 rows, but", "y.npy has 3");
    check_refused({x, npy<std::int32_t>("<i4", "(2, 1, 1)", {0, 1})}, "y.npy: has shape (2, 1, 1)",
                  "one number per row");
    check_refused({npy<float>("<f4", "(2, 2)", {1, 2, 3, std::numeric_limits<float>::infinity()}), two_labels},
                  "x.npy: row 1, element 1 is inf");
    check_refused({x, npy<float>("<f4", "(2,)", {1, std::nanf("")})}, "y.npy: row 1, element 0 is nan");
    check_refused({x, npy<float>("<f4", "(2, 2)", {1, 2, 3, std::nanf("")})}, "y.npy: row 1, element 1 is nan");
    check_refused({x, npy<float>("<f4", "(2, 2)", {1, 0, 1, 1}), {}, {}, task::Kind::classification},
                  "y.npy: has 2 columns", "argmax");
    check_refused({x, npy<std::int32_t>("<i4", "(1, 2)", {0, 1})}, "y.npy: has shape (1, 2)", "y.ravel()");
    const auto typed = [](const char* type) { return npy<double>(type, "(2, 1)", {1, 2}); };
    check_refused({typed("|O"), two_labels}, "x.npy: holds Python objects (|O)", "astype(str)");
    check_refused({typed("<c8"), two_labels}, "complex", "features of their own");
    check_refused({typed("<M8[ns]"), two_labels}, "dates", "astype('i8')");
    check_refused({typed("<f16"), two_labels}, "longer than double", "astype('f8')");
    check_refused({typed("<U2"), two_labels}, "x.npy: holds words (<U2)", "features are numbers", "numpy.unique");
    check_refused({x, {'n', 'o'}}, "y.npy: is text, no NumPy array");
    check_refused({x, {0, 1, 2}}, "y.npy' is not a NumPy file");
}

BOOST_AUTO_TEST_CASE(arrays_in_fortran_order_are_turned) {
    const auto fortran = [](Bytes file) {
        const std::string text(file.begin(), file.end());
        std::memcpy(file.data() + text.find("False"), "True ", 5);
        return file;
    };
    const std::vector<float> in_order{1, 2, 3, 4, 5, 6};
    const auto two = fortran(npy<double>("<f8", "(2, 3)", {1, 4, 2, 5, 3, 6}));
    BOOST_TEST(gathered(read({two, two_labels}).train) == in_order, boost::test_tools::per_element());
    const auto twice = fortran(npy<float>("<f4", "(2, 3, 1)", {1, 4, 2, 5, 3, 6}));
    BOOST_TEST(gathered(read({twice, two_labels}).train) == in_order, boost::test_tools::per_element());
    // Truth values are bytes.
    const NpyTables truth = read({npy<std::uint8_t>("|b1", "(2, 2)", {1, 0, 1, 1}), two_labels});
    BOOST_TEST((truth.train.description().element == Element::u8));
    BOOST_TEST(gathered(truth.train) == (std::vector<float>{1, 0, 1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(labels_of_every_type_name_classes) {
    const Bytes x = npy<float>("<f4", "(4, 1)", {1, 2, 3, 4});
    const auto names = [&](const Bytes& y) { return read({x, y, {}, {}, task::Kind::classification}).class_names; };
    using Names = std::vector<std::string>;
    BOOST_TEST((names(npy<std::uint32_t>("<U2", "(4,)", {'b', 0, 0xe9, 'a', 'b', 0, 0xe9, 'a'})) == Names{"b", "éa"}));
    BOOST_TEST((names(npy<char>("|S2", "(4,)", {'b', 0, 'a', 'c', 'b', 0, 'a', 'c'})) == Names{"ac", "b"}));
    BOOST_TEST((names(npy<std::int64_t>("<i8", "(4,)", {9007199254740993, 9007199254740992, 9007199254740993, 1})) ==
                Names{"1", "9007199254740992", "9007199254740993"}));
    BOOST_TEST((names(npy<std::uint64_t>(">u8", "(4, 1)", {1ULL << 56U, 1ULL << 57U, 1ULL << 56U, 1ULL << 57U})) ==
                Names{"1", "2"}));
    BOOST_TEST(names(npy<std::uint8_t>("|b1", "(4,)", {0, 1, 0, 1})).size() == 2U);
    const NpyTables hot = read({x, npy<std::uint8_t>("|u1", "(4, 3)", {0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0})});
    BOOST_TEST((hot.train.description().task == task::Kind::classification));
    BOOST_TEST((hot.class_names == Names{"0", "2"}));
    BOOST_TEST(hot.train.labels()[0] == 1);
    BOOST_TEST_REQUIRE(hot.notes.size() == 1U);
    BOOST_TEST(hot.notes[0].find("single 1 among 3 columns") != std::string::npos);
    const NpyTables numbers =
        read({x, npy<std::uint8_t>("|u1", "(4, 2)", {0, 1, 1, 0, 0, 1, 1, 0}), {}, {}, task::Kind::regression});
    BOOST_TEST(numbers.train.outputs() == 2U);
}

BOOST_AUTO_TEST_CASE(test_rows_may_be_of_another_type) {
    const Bytes one = npy<std::int32_t>("<i4", "(1,)", {0});
    const auto element = [&](const Bytes& x, const Bytes& test) {
        const NpyTables tables = read({x, two_labels, test, one, task::Kind::classification});
        BOOST_TEST((tables.train.description().element == tables.test->description().element));
        BOOST_TEST(gathered(*tables.test)[0] == 3.0F);
        return tables.train.description().element;
    };
    const Bytes f8 = npy<double>("<f8", "(2, 1)", {1, 2});
    BOOST_TEST((element(f8, npy<float>("<f4", "(1, 1)", {3})) == Element::f64));
    BOOST_TEST((element(npy<float>("<f4", "(2, 1)", {1, 2}), npy<double>("<f8", "(1, 1)", {3})) == Element::f64));
    BOOST_TEST((element(npy<std::uint8_t>("|u1", "(2, 1)", {1, 2}), npy<float>("<f4", "(1, 1)", {3})) == Element::f32));
    const Bytes images = npy<std::uint8_t>("|u1", "(2, 2, 2)", {0, 255, 0, 51, 0, 0, 51, 0});
    const NpyTables whole =
        read({images, two_labels, npy<float>("<f4", "(1, 2, 2)", {0, 51, 255, 0}), one, task::Kind::classification});
    BOOST_TEST((whole.test->description().element == Element::u8));
    BOOST_TEST(gathered(*whole.test)[2] == 1.0F);
    check_refused(
        {images, two_labels, npy<float>("<f4", "(1, 2, 2)", {0, 0.2F, 1, 0}), one, task::Kind::classification},
        "tx.npy: row 0, element 1 is 0.2", "holds bytes from 0 to 255");
}

BOOST_AUTO_TEST_CASE(images_are_read_by_what_they_hold) {
    // Bytes of 0 to 16 are seen as 0 to 1, and this is told.
    const NpyTables small =
        read({npy<std::uint8_t>("|u1", "(2, 1, 2)", {0, 16, 8, 4}), two_labels, {}, {}, Kind::classification});
    BOOST_TEST(gathered(small.train) == (std::vector<float>{0, 1, 0.5F, 0.25F}), boost::test_tools::per_element());
    BOOST_TEST(small.notes.front().find("bytes from 0 to 16") != std::string::npos);
    // Channels first become channels last.
    std::vector<std::uint8_t> first(2 * 3 * 5 * 6);
    for (std::size_t i = 0; i < first.size(); ++i) first[i] = static_cast<std::uint8_t>(i);
    const NpyTables images = read({npy("|u1", "(2, 3, 5, 6)", first), two_labels, {}, {}, Kind::classification});
    BOOST_TEST((images.train.shape() == core::Shape{5, 6, 3}));
    BOOST_TEST(std::to_integer<int>(images.train.feature_bytes()[1]) == 30);
    BOOST_TEST(std::to_integer<int>(images.train.feature_bytes()[3]) == 1);
    BOOST_TEST(std::to_integer<int>(images.train.feature_bytes()[91]) == 120);
    BOOST_TEST(images.notes.front().find("moveaxis(x, 1, -1)") != std::string::npos);
    const NpyTables last = read({npy("|u1", "(2, 5, 6, 3)", first), two_labels, {}, {}, Kind::classification});
    BOOST_TEST((last.train.shape() == core::Shape{5, 6, 3}));
    BOOST_TEST(last.notes.empty());
    // Both could be channels: told, and read as they stand.
    const NpyTables both = read(
        {npy("|u1", "(20, 3, 1, 3)", first),
         npy("|u1", "(20,)", std::vector<std::uint8_t>{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1})});
    BOOST_TEST((both.train.shape() == core::Shape{3, 1, 3}));
    BOOST_TEST(both.notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(test_images_on_another_scale_are_refused) {
    const Bytes one = npy<std::int32_t>("<i4", "(1,)", {1});
    const auto bytes = [](std::uint8_t high) { return npy<std::uint8_t>("|u1", "(1, 2, 2)", {0, high, 0, high}); };
    const Bytes images = npy<std::uint8_t>("|u1", "(2, 2, 2)", {0, 16, 2, 3, 4, 5, 6, 16});
    check_refused({images, two_labels, bytes(255), one}, "tx.npy: its values go from 0 to 255", "from 0 to 16");
    BOOST_TEST(read({images, two_labels, bytes(12), one}).test->rows() == 1U);
    const Bytes colours = npy<float>("<f4", "(2, 1, 1, 2)", {0, 1, 0.5F, 0.2F});
    check_refused({colours, two_labels, npy<float>("<f4", "(1, 1, 1, 2)", {0, 255}), one}, "tx.npy", "one scale");
    std::vector<float> flat(2 * 64, 0.95F);
    flat[5] = 1;
    check_refused({npy<float>("<f4", "(2, 64)", flat), two_labels,
                   npy<std::uint8_t>("|u1", "(1, 64)", std::vector<std::uint8_t>(64, 200)), one},
                  "tx.npy: its values go from 200 to 200", "one scale");
}

BOOST_AUTO_TEST_CASE(whole_numbers_that_are_rounded_are_told) {
    const NpyTables tables = read(
        {npy<std::int64_t>("<i8", "(2, 2)", {1, 2, 3, 9007199254740993}), two_labels, {}, {}, Kind::classification});
    BOOST_TEST_REQUIRE(tables.notes.size() == 1U);
    BOOST_TEST(tables.notes[0].find("row 1, element 1 is 9007199254740993") != std::string::npos);
    BOOST_TEST(read({npy<std::int64_t>("<i8", "(2, 1)", {-9007199254740992, 9007199254740994}),
                     two_labels,
                     {},
                     {},
                     Kind::classification})
                   .notes.empty());
}

BOOST_AUTO_TEST_CASE(every_length_but_the_right_one_is_refused) {
    const Bytes whole = npy<float>("<f4", "(2, 2)", {1, 2, 3, 4});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        check_refused({cut, two_labels}, "x.npy");
    }
    Bytes longer = whole;
    longer.push_back(0);
    check_refused({longer, two_labels}, "x.npy: has 17 bytes");
}

BOOST_AUTO_TEST_SUITE_END()
