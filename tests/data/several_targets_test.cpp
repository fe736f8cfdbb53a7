#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "data/csv.hpp"
#include "data/failure.hpp"
#include "data/folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(several_targets_tests)

namespace {

using core::Failure;
using data::TextTables;
using testing::failure;
using Names = std::vector<std::string>;
using Floats = std::vector<float>;

struct Texts {
    std::string train;
    std::string target;
    std::string test = "";
    std::optional<task::Kind> task = {};
    std::string ignore = "";
    data::Header header = data::Header::automatic;
};

TextTables read(const Texts& texts) {
    const testing::Folder folder;
    data::TextRequest request{.train = folder.write_text("train.csv", texts.train),
                              .test = {},
                              .target = texts.target,
                              .task = texts.task,
                              .header = texts.header,
                              .ignore = texts.ignore};
    if (!texts.test.empty()) request.test = folder.write_text("test.csv", texts.test);
    return data::read_text_tables(request);
}

Floats targets(const data::Table& table) {
    return {table.targets().begin(), table.targets().end()};
}

std::vector<double> features(const data::Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
    std::vector<double> values(rows.size() * table.shape().elements());
    table.gather(rows, values);
    return values;
}

template <class... Words>
void check_refused(const Texts& texts, Failure kind, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(read(texts)), core::Error, failure(kind, words...));
}

/// The task that several columns have, told from what is read.
void check_regression(const TextTables& tables, const Floats& expected) {
    BOOST_TEST((tables.train.description().task == task::Kind::regression));
    BOOST_TEST(targets(tables.train) == expected, boost::test_tools::per_element());
    BOOST_TEST(tables.class_names.empty());
}

const std::string energy = "wall,roof,heat,\"load, cold\",glass\n1,2,30,40,5\n2,3,31,44,6\n3,5,35,42,9\n";

}  // namespace

BOOST_AUTO_TEST_CASE(columns_by_name_or_number_in_the_order_in_which_they_are_asked_for) {
    for (const char* wanted : {"heat,roof", "3,2", "heat, 2", " 3 ,\"roof\""}) {
        BOOST_TEST_CONTEXT(wanted) {
            const TextTables tables = read({energy, wanted});
            check_regression(tables, {30, 2, 31, 3, 35, 5});
            BOOST_TEST(tables.train.outputs() == 2U);
            BOOST_TEST((tables.target_names == Names{"heat", "roof"}));
            BOOST_TEST((features(tables.train) == std::vector<double>{1, 40, 5, 2, 44, 6, 3, 42, 9}));
            BOOST_TEST(tables.notes.empty());
        }
    }
    // A name with a comma: in quotes in a list, or alone as it stands.
    check_regression(read({energy, "\"load, cold\",heat"}), {40, 30, 44, 31, 42, 35});
    check_regression(read({energy, "load, cold", "", task::Kind::regression}), {40, 44, 42});
    check_regression(read({energy, "\"load, cold\"", "", task::Kind::regression}), {40, 44, 42});
    // All that are left but one.
    BOOST_TEST(read({energy, "5,1,2", "", {}, "3"}).train.shape().elements() == 1U);
}

BOOST_AUTO_TEST_CASE(columns_without_names_are_called_by_their_numbers) {
    const TextTables tables = read({"1.5 7.5 -3.5 4.5\n2.5 3.25 4.25 5.5\n3.5 1 2 3\n", "4,2"});
    BOOST_TEST((tables.target_names == Names{"column 4", "column 2"}));
    check_regression(tables, {4.5, 7.5, 5.5, 3.25, 3, 1});
    const TextTables one = read({"1.5 7.5\n2.5 3.25\n", ""});
    BOOST_TEST((one.target_names == Names{"column 2"}));
    BOOST_TEST((read({"a,b\n1,x\n2,y\n", ""}).target_names == Names{"b"}));
    // Names that are one, or no text, are told apart and can be written.
    BOOST_TEST((read({"a,y,y\n1,2,3\n2,5,5\n", "2,3"}).target_names == Names{"column 2 ('y')", "column 3 ('y')"}));
    BOOST_TEST((read({"a,Gr\xf6\xdf"
                      "e\n1,2.5\n2,5\n",
                      ""})
                    .target_names == Names{"Gr\\xF6\\xDFe"}));
}

BOOST_AUTO_TEST_CASE(whole_numbers_that_recur_are_numbers_where_there_are_several_targets) {
    std::string text;
    for (int row = 0; row < 40; ++row) text += fmt::format("{}.5,{},{}\n", row * row % 17, row % 2, row % 3);
    BOOST_TEST((read({text, "3"}).train.description().task == task::Kind::classification));
    BOOST_TEST((read({text, "2,3"}).train.description().task == task::Kind::regression));
    BOOST_TEST((read({text, "2,3"}).train.outputs() == 2U));
    // Truth is 1 and 0, as it is among features.
    check_regression(read({"1,True,2.5\n2,False,3\n4,True,1\n", "2,3"}), {1, 2.5, 0, 3, 1, 1});
}

BOOST_AUTO_TEST_CASE(a_header_is_found_by_what_stands_below) {
    const std::string rows = "1.5,2.5,30,41\n2.5,0.5,31,42\n7.5,2.25,35,40\n4,1.25,39,47\n1,2,33,45\n0,3,36,44\n";
    BOOST_TEST(read({"a,b,y,z\n" + rows, "3,4"}).train.rows() == 6U);
    BOOST_TEST(read({"a,b,y,z\n" + rows, "y,z"}).train.rows() == 6U);
    BOOST_TEST(read({rows, "3,4"}).train.rows() == 6U);
    // As pandas names them, where a name wins over a number.
    BOOST_TEST((read({"0,1,2,3\n" + rows, "3,2"}).target_names == Names{"3", "2"}));
    check_refused({"0,1,2,3\n" + rows, "3,4"}, Failure::usage, "--target 3,4: 3 and 4 are both column 4 ('3')");
    BOOST_TEST(read({"a,b,1,2\n" + rows, "1,2"}).train.rows() == 6U);
    check_refused({"a,b,y,z\n" + rows, "y,z", "", {}, "", data::Header::no}, Failure::usage, "'y' names a column",
                  "--header no");
}

BOOST_AUTO_TEST_CASE(test_rows_have_the_same_columns) {
    const TextTables tables = read({energy, "heat,roof", "wall,roof,heat,\"load, cold\",glass\n9,8,7,6,5\n"});
    BOOST_TEST((targets(*tables.test) == Floats{7, 8}));
    BOOST_TEST((features(*tables.test) == std::vector<double>{9, 6, 5}));
    BOOST_TEST((targets(*read({energy, "heat,roof", "9;8;7;6;5\n1;2;3;4;5\n"}).test) == Floats{7, 8, 3, 2}));
    check_refused({energy, "heat,roof", "roof,wall,heat,\"load, cold\",glass\n9,8,7,6,5\n"}, Failure::data,
                  "test.csv, line 1: column 1 is 'roof', but 'wall' in", "only the order differs");
    check_refused({energy, "heat,roof", "wall,heat,\"load, cold\",glass\n9,7,6,5\n"}, Failure::data, "(no 'roof')");
    check_refused({energy, "heat,roof", "9;?;7;6;5\n"}, Failure::data, "test.csv, line 1, column 2",
                  "the target is missing ('?')");
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_named_with_line_and_column) {
    check_refused({"a,y,z\n1,2,3\n4,5,\n6,7,NA\n", "y,z"}, Failure::data,
                  "train.csv, line 3, column 3 ('z'): the target is missing, and in 1 more row");
    check_refused({"a,y,z\n1,2,3\n4,dog,6\n", "y,z"}, Failure::data,
                  "train.csv, line 3, column 2 ('y'): 'dog' is not a number", "several targets",
                  "name one column of classes with --target");
    check_refused({"a,y,z\n1,2,3\n4,5,1e39\n", "y,z"}, Failure::data, "line 3, column 3 ('z'): 1e+39 is too large");
    check_refused({"a,y,z\n1,red,3\n4,?,6\n", "y,z"}, Failure::data, "('?'); fill it in or remove the row");
}

// A model would take one for the other, and predict wrongly without a word.
BOOST_AUTO_TEST_CASE(columns_of_one_name_are_refused_unless_one_is_left_out) {
    const std::string twice = "a,a,b,y\n1,2,3,4\n5,6,7,9\n2,3,1,6\n4,4,5,5\n";
    check_refused({twice, "y"}, Failure::data, "train.csv: columns 1 and 2 are both called 'a'", "--ignore 2");
    BOOST_TEST(read({twice, "y", "", {}, "2"}).train.shape().elements() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_wrongly_is_wrong_usage) {
    const auto refused = [](const char* target, auto... words) {
        check_refused({energy, target}, Failure::usage, words...);
    };
    refused("heat,hat", "--target hat", "no column of that name", "its first line has wall");
    refused("heat,6", "--target 6", "columns 1 to 5");
    refused("heat,3", "--target heat,3: heat and 3 are both column 3 ('heat')");
    refused("heat,", "--target heat,: a name or number is missing");
    refused("\"heat", "--target \"heat: ", "a quote is opened and never closed");
    refused("1,2,3,4,5", "--target 1,2,3,4,5: leaves no feature of");
    check_refused({energy, "heat,roof", "", {}, "roof"}, Failure::usage, "--ignore roof: is a column to be learnt");
    check_refused({energy, "heat,roof", "", task::Kind::classification}, Failure::usage, "--target heat,roof",
                  "--task classification needs one column");
}

BOOST_AUTO_TEST_CASE(numbers_that_lose_digits_are_noted_for_each_column) {
    std::string text = "a,y,z\n";
    for (int row = 0; row < 20; ++row) text += fmt::format("{},{}.{},{}\n", row * row % 7, 1'000'000, row, row % 9);
    const TextTables tables = read({text, "z,y"});
    BOOST_REQUIRE_EQUAL(tables.notes.size(), 1U);
    BOOST_TEST(tables.notes[0].find("train.csv, column 2 ('y'): targets are learnt in single precision") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
