#include "data/long_form.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(long_form_tests)

namespace {

using core::Failure;
using data::Request;
using data::Source;
using testing::failure;

const float nan = std::numeric_limits<float>::quiet_NaN();

/// Sequences a, b and c of 2, 3 and 1 steps; the file says nothing of where they end.
const std::string table =
    "word,x,y,speaker\n"
    "a,1,-1,ann\na,2,-2,ann\n"
    "b,3,-3,bob\nb,4,-4,bob\nb,5,-5,bob\n"
    "c,7.5,-6,ann\n";

std::vector<float> gathered(const data::Table& from) {
    std::vector<std::uint32_t> rows(from.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    std::vector<float> values(rows.size() * from.shape().elements());
    from.gather(rows, values.data(), from.shape().elements());
    return values;
}

template <class Real>
bool same(const std::vector<Real>& a, const std::vector<Real>& b) {
    return std::ranges::equal(a, b, [](Real x, Real y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

struct Loaded {
    testing::Folder folder;
    Request request;

    explicit Loaded(const std::string& train, const std::string& test = "") {
        request = {.data = folder.write_text("t.csv", train), .target = "speaker", .sequence = "word"};
        if (!test.empty()) request.test = folder.write_text("test.csv", test);
    }

    template <class... Words>
    void refused(Failure kind, Words... words) const {
        BOOST_CHECK_EXCEPTION(static_cast<void>(data::load(request)), core::Error, failure(kind, words...));
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(steps_one_after_the_other_are_a_sequence) {
    const Source source = data::load(Loaded(table).request);
    BOOST_TEST((source.train.shape() == core::Shape{3, 2}));
    BOOST_TEST(source.train.description().ragged);
    BOOST_TEST(
        same(gathered(source.train), {1, -1, 2, -2, nan, nan, 3, -3, 4, -4, 5, -5, 7.5F, -6, nan, nan, nan, nan}));
    BOOST_TEST((source.class_names == std::vector<std::string>{"ann", "bob"}));
    BOOST_TEST(source.train.labels()[1] == 1);
    BOOST_TEST(source.train.labels()[2] == 0);
    BOOST_TEST((source.channels == std::vector<std::string>{"x", "y"}));
    BOOST_TEST(source.notes.empty());
    BOOST_TEST(source.columns.empty());
}

BOOST_AUTO_TEST_CASE(test_rows_may_go_on_for_longer) {
    const Source source =
        data::load(Loaded(table, "word,x,y,speaker\nd,1,1,bob\nd,1,2,bob\nd,1,3,bob\nd,1,4,bob\ne,2,2,ann\n").request);
    BOOST_TEST(source.train.shape()[0] == 4U);
    BOOST_TEST((source.test->shape() == core::Shape{4, 2}));
    BOOST_TEST(source.test->rows() == 2U);
}

BOOST_AUTO_TEST_CASE(numbers_to_be_learnt_and_columns_left_out) {
    Loaded loaded("id;t;x;y\n1;0;3;0.25\n1;1;4;0.25\n2;0;5;0.5\n");
    loaded.request.target = "y";
    loaded.request.sequence = "id";
    loaded.request.ignore = "t";
    const Source source = data::load(loaded.request);
    BOOST_TEST((source.train.shape() == core::Shape{2, 1}));
    BOOST_TEST(source.train.targets()[0] == 0.25F);
    BOOST_TEST(source.train.targets()[1] == 0.5F);
    BOOST_TEST((source.target_names == std::vector<std::string>{"y"}));
    loaded.request.sequence = "1";  // a column by its number
    BOOST_TEST(data::load(loaded.request).train.rows() == 2U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused_with_its_line) {
    const std::string head = "word,x,y,speaker\n";
    Loaded(head + "a,1,2,ann\na,3,4,ann\na,5,6,bob\nb,7,8,bob\n")
        .refused(Failure::data, "t.csv, line 4", "'speaker'",
                 "is 'bob', but in line 2, where sequence 'a' begins, it is 'ann'");
    Loaded(head + "a,1,2,ann\na,,4,ann\nb,5,6,bob\n").refused(Failure::data, "line 3", "'x'", "has no value");
    Loaded(head + "a,red,2,ann\na,blue,4,ann\nb,red,6,bob\nb,blue,1,bob\n")
        .refused(Failure::data, "'x'", "holds categories", "--ignore");
    Loaded unknown(table);
    unknown.request.sequence = "sentence";
    unknown.refused(Failure::usage, "sentence");
    Loaded aimless(table);
    aimless.request.target = "";
    aimless.refused(Failure::usage, "--sequence word", "--target");
    Loaded other(table);
    other.request.data = "xor";
    other.request.target = "";
    other.refused(Failure::usage, "--sequence word", "belongs to text tables");
    const Source parted = data::load(Loaded(table + "a,1,1,ann\n").request);
    BOOST_TEST(parted.train.rows() == 4U);
    BOOST_TEST_REQUIRE(parted.notes.size() == 1U);
    BOOST_TEST(parted.notes[0].find("line 8: 'a' comes back after others") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_sequence_has_one_weight_and_one_group) {
    const std::string weighed =
        "word,x,w,who,speaker\n"
        "a,1,2,g,ann\na,2,2,g,ann\n"
        "b,3,0.5,h,bob\n"
        "c,7,1,g,ann\nc,8,1,g,ann\n";
    Loaded loaded(weighed, "word,x,w,who,speaker\nd,1,1,h,bob\nd,1,1,h,bob\n");
    loaded.request.weight = "w";
    loaded.request.group = "who";
    const Source source = data::load(loaded.request);
    BOOST_TEST(source.weight_name == "w");
    BOOST_TEST(source.group_name == "who");
    BOOST_TEST(source.train.shape().text() == "2×1");
    BOOST_TEST(source.train.weights() == (std::vector<double>{2, 0.5, 1}), boost::test_tools::per_element());
    BOOST_TEST(source.train.groups() == (std::vector<std::uint32_t>{0, 1, 0}), boost::test_tools::per_element());
    BOOST_TEST(source.test->groups() == (std::vector<std::uint32_t>{1}), boost::test_tools::per_element());
    BOOST_TEST_REQUIRE(source.notes.size() == 1U);
    BOOST_TEST(source.notes.front().find("1 of 1 rows are of 1 group that") != std::string::npos);
    Loaded changing("word,x,w,speaker\na,1,2,ann\na,2,3,ann\nb,1,1,bob\n");
    changing.request.weight = "w";
    changing.refused(Failure::data, "line 3, column 3 ('w')", "is '3'", "it is '2'", "a sequence has one weight");
}

BOOST_AUTO_TEST_CASE(new_sequences_are_read_one_by_one) {
    const testing::Folder folder;
    const auto read = [&](const std::string& text, std::size_t most, std::size_t steps = 3) {
        const data::SequenceRowRequest request{.shape = {steps, 2},
                                               .sequence = "word",
                                               .rows = {.columns = {{.name = "x"}, {.name = "y"}},
                                                        .targets = {"speaker"},
                                                        .classes = {"ann", "bob"},
                                                        .read_truth = true}};
        const auto rows = data::open_sequence_rows(folder.write_text("new.csv", text), request);
        data::RowBlock all;
        data::RowBlock block;
        while (rows->next(most, block)) {
            BOOST_TEST(block.rows <= most);
            all.values.insert(all.values.end(), block.values.begin(), block.values.end());
            all.truth.insert(all.truth.end(), block.truth.begin(), block.truth.end());
            for (std::size_t row = 0; row < block.rows; ++row) all.kept += std::string(block.kept_of(row)) + "|";
            all.rows += block.rows;
        }
        return all;
    };
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    for (const std::size_t most : {1U, 2U, 100U}) {
        const data::RowBlock block = read(table, most);
        BOOST_TEST(block.rows == 3U);
        BOOST_TEST(
            same(block.values, {1, -1, 2, -2, none, none, 3, -3, 4, -4, 5, -5, 7.5, -6, none, none, none, none}));
        BOOST_TEST((block.truth == std::vector<double>{0, 1, 0}));
        BOOST_TEST(block.kept == "a|b|c|");
    }
    // Columns in another order, and names with separators in them.
    const data::RowBlock quoted = read("y,speaker,word,x\n2,ann,\"a,1\",1\n4,ann,\"a,1\",3\n6,bob,\"a,\"\"2\",5\n", 9);
    BOOST_TEST(quoted.rows == 2U);
    BOOST_TEST(quoted.kept == "\"a,1\"|\"a,\"\"2\"|");
    BOOST_TEST(quoted.values[0] == 1);
    BOOST_CHECK_EXCEPTION(static_cast<void>(read(table, 9, 2)), core::Error,
                          failure(Failure::data, "sequence 'b' has more than 2 steps", "with 2 at most"));
    BOOST_CHECK_EXCEPTION(static_cast<void>(read("word,x,y\na,1,2\na,,3\n", 9)), core::Error,
                          failure(Failure::data, "sequence 'a', step 2: 'x' has no value"));
    BOOST_CHECK_EXCEPTION(static_cast<void>(read("x,y\n1,2\n", 9)), core::Error,
                          failure(Failure::usage, "--sequence word"));
    // More steps than are read at a time.
    std::string many = "word,x,y\n";
    for (int i = 0; i < 5000; ++i) many += (i < 1800 ? "a," : "b,") + std::to_string(i) + ",1\n";
    BOOST_TEST(read(many, 9, 3200).rows == 2U);
    BOOST_TEST(read(many, 9, 3200).values[6400] == 1800);
}

BOOST_AUTO_TEST_SUITE_END()
