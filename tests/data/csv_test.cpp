#include "data/csv.hpp"

#include <cstring>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"

BOOST_AUTO_TEST_SUITE(csv_tests)

namespace {

using core::Failure;
using data::Task;
using data::TextRequest;
using data::TextTables;
using testing::failure;
using Values = std::vector<double>;

Values features(const data::Table& table) {
    Values made(table.feature_bytes().size() / sizeof(double));
    std::memcpy(made.data(), table.feature_bytes().data(), table.feature_bytes().size());
    return made;
}

std::vector<int> labels(const data::Table& table) {
    return {table.labels().begin(), table.labels().end()};
}

struct Texts {
    std::string train;
    std::string test = "";
    std::string target = "";
    std::optional<Task> task = {};
};

TextTables read(const Texts& texts) {
    const testing::Folder folder;
    TextRequest request{
        .train = folder.write_text("train.csv", texts.train), .test = {}, .target = texts.target, .task = texts.task};
    if (!texts.test.empty()) request.test = folder.write_text("test.csv", texts.test);
    return data::read_text_tables(request);
}

template <class... Words>
void check_refused(const Texts& texts, Failure kind, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(read(texts)), core::Error, failure(kind, words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_numbers_and_the_last_column_as_target) {
    const TextTables tables = read({"1,2.5,x\n-3,4e2,y\n5,0.1,x\n"});
    const data::Description& d = tables.train.description();
    BOOST_TEST((d.task == Task::classification && d.element == data::Element::f64));
    BOOST_TEST((d.shape == core::Shape{2}));
    BOOST_TEST((d.rows == 3U && d.outputs == 2U && d.scale == 1 && d.offset == 0));
    BOOST_TEST((features(tables.train) == Values{1, 2.5, -3, 400, 5, 0.1}));
    BOOST_TEST((labels(tables.train) == std::vector<int>{0, 1, 0}));
    BOOST_TEST((tables.class_names == std::vector<std::string>{"x", "y"}));
    BOOST_TEST(!tables.test.has_value());
}

BOOST_AUTO_TEST_CASE(a_target_anywhere_by_number_or_name) {
    const std::string text = "size,kind,\"the age\"\n1,a,3\n4,b,6\n7,a,9\n";
    for (const char* target : {"2", "kind"}) {
        const TextTables tables = read({text, "", target});
        BOOST_TEST((features(tables.train) == Values{1, 3, 4, 6, 7, 9}));
        BOOST_TEST((labels(tables.train) == std::vector<int>{0, 1, 0}));
    }
    const TextTables regression = read({"a,b,\"the age\"\n1,2,3.5\n4,5,6\n", "", "the age"});
    BOOST_TEST((regression.train.description().task == Task::regression));
    BOOST_TEST(regression.train.targets()[0] == 3.5F);
    // A series with its label in front, as the UCR archive has them.
    const TextTables series = read({"  2.0e+00 1 2\n  1.0e+00 3 4\n 1.0 5 6\n 2.0 7 8", "", "1"});
    BOOST_TEST((labels(series.train) == std::vector<int>{1, 0, 0, 1}));
    BOOST_TEST((series.class_names == std::vector<std::string>{"1", "2"}));
    // A number is a place even if a column has that name.
    BOOST_TEST((features(read({"kind,1,2\n0,3,4\n1,5,6\n", "", "1"}).train) == Values{3, 4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(takes_the_first_line_for_a_header_if_it_looks_like_one) {
    const auto rows = [](const std::string& text, const char* target = "") {
        return read({text, "", target}).train.rows();
    };
    BOOST_TEST(rows("a,b,c\n1,2,x\n3,4,y\n") == 2U);
    BOOST_TEST(rows("1,2,x\n3,4,y\n") == 2U);
    BOOST_TEST(rows("1,2,0\n3,4,1\n5,6,0\n7,8,1\n") == 4U);
    BOOST_TEST(rows("0,1,label\n3,4,1\n5,6,0\n7,8,1\n1,1,0\n") == 4U);  // names that are numbers
    BOOST_TEST(rows("label,0,1\n1,3,4\n0,5,6\n0,5,6\n1,5,6\n", "label") == 4U);
    BOOST_TEST(rows("label,0,1\nx,3,4\ny,5,6\n", "label") == 2U);  // asked for by name
    BOOST_TEST(rows(",a,kind\n0,3,x\n1,5,y\n") == 2U);             // an index without a name
    BOOST_TEST(rows("# a comment\n\na b kind\n0 3 x\n1 5 y\n") == 2U);
}

BOOST_AUTO_TEST_CASE(test_rows_come_from_a_file_of_their_own) {
    const TextTables tables = read({"a,b,kind\n1,2,x\n3,4,y\n", "5;6;y\n7;8;x\n9;9;y\n", "kind"});
    BOOST_TEST_REQUIRE(tables.test.has_value());
    BOOST_TEST((features(*tables.test) == Values{5, 6, 7, 8, 9, 9}));
    BOOST_TEST((labels(*tables.test) == std::vector<int>{1, 0, 1}));
    BOOST_TEST(tables.test->outputs() == 2U);
    BOOST_TEST(read({"a,b\n1,x\n3,y\n", "a,b\n1,x\n"}).test->rows() == 1U);
    BOOST_TEST(read({"0,label\n1,x\n3,y\n", "0,label\n1,x\n", "label"}).test->rows() == 1U);
    BOOST_TEST(read({"1,x\n3,y\n", "a,b\n1,x\n"}).test->rows() == 1U);
    check_refused({"a,b\n1,x\n3,y\n", "1,2,x\n"}, Failure::data, "test.csv, line 1: has 3 fields separated by commas",
                  "train.csv has 2");
    check_refused({"a,b,c\n1,2,x\n3,4,y\n", "a,d,c\n1,2,x\n"}, Failure::data,
                  "test.csv, line 1: column 2 is 'd', but 'b' in", "train.csv");
    check_refused({"1,x\n3,y\n", "1,z\n"}, Failure::data, "test.csv, line 1, column 2: class 'z' does not occur in");
}

BOOST_AUTO_TEST_CASE(numbers_keep_every_bit) {
    const TextTables tables = read({"1600000001.25,a\n1600000002.5,b\n"});
    BOOST_TEST((features(tables.train) == Values{1600000001.25, 1600000002.5}));
}

BOOST_AUTO_TEST_CASE(mistakes_in_a_file_are_named_with_file_line_and_column) {
    const auto refused = [](const std::string& text, auto... words) {
        check_refused({text}, Failure::data, "train.csv", words...);
    };
    refused("", ": holds no rows");
    refused("\n# only a comment\n", ": holds no rows");
    refused("a,b,c\n", ": holds a header and no rows");
    refused("1\n2\n", "line 1: has one column");
    refused("1,2,x\n3,y\n", "line 2: has 2 fields separated by commas, but line 1 has 3");
    refused("a,b,c\n1,2,x\n\n3,4,5,y\n", "line 4: has 4 fields", "line 1 has 3");
    refused("a,b,c\n1,2,x\n3,dog,y\n", "line 3, column 2 ('b'): 'dog' is not a number", "encode words as numbers");
    refused("1,2,x\n3,dog,y\n", "line 2, column 2: 'dog' is not a number");
    for (const char* gap : {"", "?", "NA", "nan", "NaN", "null", "-"}) {
        refused(std::string("a,b,c\n1,") + gap + ",x\n3,4,y\n", "line 2, column 2 ('b')", "a value is missing");
    }
    refused("a,b,c\n1,inf,x\n3,4,y\n", "'inf' is not a number", "finite");
    refused("1,5;2;x\n3;4;y\n", "line 1, column 1: '1,5' is not a number; write the decimal point as '.'");
    refused("1,2,?,x\n3,4,5,y\n", "line 1, column 3: '?'", "it is no header");
    refused("a,b,c\n1,2,x\n3,4,\n", "line 3, column 3 ('c'): the target is missing");
    refused("a,b\n1,\"x\n", "line 2: a quote is opened and never closed");
    refused(std::string("1,2\n\0", 5), "byte 4 is zero");
}

BOOST_AUTO_TEST_CASE(a_target_that_is_not_there_is_wrong_usage) {
    const std::string named = "size,kind\n1,a\n2,b\n";
    check_refused({named, "", "kin"}, Failure::usage, "--target kin", "no column of that name",
                  "its first line has size, kind");
    check_refused({"1,2\n3,4\n", "", "kind"}, Failure::usage, "--target kind", "number from 1 to 2");
    for (const char* number : {"0", "3", "99999999999999999999999"}) {
        check_refused({named, "", number}, Failure::usage, "--target", "columns 1 to 2; they are counted from 1");
    }
    check_refused({"kind,kind,x\n1,2,3\n", "", "kind"}, Failure::usage, "several columns of that name");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_named) {
    const testing::Folder folder;
    const auto path = folder.path() / "none.csv";
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(data::read_text_tables({.train = path, .test = {}, .target = "", .task = {}})), core::Error,
        failure(Failure::data, "none.csv: No such file"));
    const std::string train = folder.write_text("train.csv", "1,a\n2,b\n");
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(data::read_text_tables({.train = train, .test = path, .target = "", .task = {}})),
        core::Error, failure(Failure::data, "none.csv: No such file"));
}

BOOST_AUTO_TEST_SUITE_END()
