#include "data/npy.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"

BOOST_AUTO_TEST_SUITE(npy_tests)

namespace {

using core::Failure;
using data::Element;
using data::NpyTables;
using data::Task;
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
    std::optional<Task> task = {};
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
        const NpyTables tables = read({x, two_labels, {}, {}, Task::classification});
        BOOST_TEST((tables.train.description().element == element));
        BOOST_TEST((tables.train.shape() == core::Shape{2}));
        BOOST_TEST(gathered(tables.train) == expected, boost::test_tools::per_element());
        BOOST_TEST(tables.train.labels()[1] == 1);
    };
    check(npy<std::uint8_t>("|u1", "(2, 2)", {1, 2, 3, 4}), Element::u8);
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
    BOOST_TEST((numbers.train.description().task == Task::regression));
    BOOST_TEST(numbers.train.targets()[1] == 0.25F);
    const NpyTables pairs = read({x, npy<float>("<f4", "(4, 2)", {1, 2, 3, 4, 5, 6, 7, 8})});
    BOOST_TEST((pairs.train.description().task == Task::regression));
    BOOST_TEST(pairs.train.outputs() == 2U);
    BOOST_TEST(pairs.train.targets()[7] == 8.0F);
    const NpyTables chosen = read({x, npy<std::uint8_t>("|u1", "(4,)", {1, 2, 1, 2}), {}, {}, Task::regression});
    BOOST_TEST(chosen.train.targets()[1] == 2.0F);
}

BOOST_AUTO_TEST_CASE(test_rows_come_from_files_of_their_own) {
    const Bytes x = npy<float>("<f4", "(2, 1)", {1, 2});
    const NpyTables tables = read({x, npy<std::int32_t>("<i4", "(2,)", {5, 6}), npy<float>("<f4", "(1, 1)", {9}),
                                   npy<std::int32_t>("<i4", "(1,)", {6}), Task::classification});
    BOOST_TEST_REQUIRE(tables.test.has_value());
    BOOST_TEST(tables.test->labels()[0] == 1);
    BOOST_TEST(gathered(*tables.test)[0] == 9.0F);
    const Bytes one = npy<std::int32_t>("<i4", "(1,)", {0});
    check_refused({x, two_labels, npy<float>("<f4", "(1, 2)", {9, 9}), one}, "tx.npy holds rows of 2 as <f4", "of 1");
    check_refused({x, two_labels, npy<double>("<f8", "(1, 1)", {9}), one}, "tx.npy holds rows of 1 as <f8", "<f4");
    check_refused({x, two_labels, npy<float>("<f4", "(1, 1)", {9}), two_labels}, "tx.npy", "has 1 rows", "has 2");
    check_refused({x, two_labels, npy<float>("<f4", "(1, 1)", {9}), npy<float>("<f4", "(1, 2)", {1, 2})},
                  "ty.npy has shape (1, 2)", "1 columns");
    check_refused({x, two_labels, npy<float>("<f4", "(1, 1)", {std::nanf("")}), one},
                  "tx.npy: row 0, element 0 is nan");
    check_refused(
        {x, two_labels, npy<float>("<f4", "(1, 1)", {1}), npy<std::int32_t>("<i4", "(1,)", {3}), Task::classification},
        "ty.npy, row 0: class '3' does not occur");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_with_the_cure) {
    const Bytes x = npy<float>("<f4", "(2, 2)", {1, 2, 3, 4});
    check_refused({npy<double>(">f8", "(2, 2)", {1, 2, 3, 4}), two_labels}, "x.npy: holds elements of type >f8",
                  ".astype('<f4')");
    check_refused({npy<std::uint8_t>("|b1", "(2, 2)", {1, 0, 1, 1}), two_labels}, "|b1");
    Bytes fortran = x;
    const std::string text(fortran.begin(), fortran.end());
    fortran.at(text.find("False")) = 'T';
    std::memcpy(fortran.data() + text.find("False"), "True ", 5);
    check_refused({fortran, two_labels}, "x.npy: is in Fortran order", "ascontiguousarray");
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
    check_refused({x, npy<float>("<f4", "(2, 2)", {1, 0, 0, 1}), {}, {}, Task::classification}, "y.npy: has 2 columns",
                  "argmax");
    check_refused({x, {'n', 'o'}}, "y.npy' is not a NumPy file");
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
