#include "data/csv.hpp"

#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(csv_tests)

namespace {

using core::Failure;
using data::TextRequest;
using data::TextTables;
using task::Kind;
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
    std::optional<task::Kind> task = {};
    std::string ignore = "";
    data::Header header = data::Header::automatic;
    data::Missing missing = data::Missing::indicate;
};

TextTables read(const Texts& texts) {
    const testing::Folder folder;
    TextRequest request{.train = folder.write_text("train.csv", texts.train),
                        .test = {},
                        .target = texts.target,
                        .task = texts.task,
                        .header = texts.header,
                        .ignore = texts.ignore,
                        .missing = texts.missing};
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
    BOOST_TEST((d.task == task::Kind::classification && d.element == data::Element::f64));
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
    BOOST_TEST((regression.train.description().task == task::Kind::regression));
    BOOST_TEST(regression.train.targets()[0] == 3.5F);
    // A series with its label in front, as the UCR archive has them.
    const TextTables series = read({"  2.0e+00 1 2\n  1.0e+00 3 4\n 1.0 5 6\n 2.0 7 8", "", "1"});
    BOOST_TEST((labels(series.train) == std::vector<int>{1, 0, 0, 1}));
    BOOST_TEST((series.class_names == std::vector<std::string>{"1", "2"}));
}

BOOST_AUTO_TEST_CASE(a_name_wins_over_a_number_and_that_is_said) {
    const TextTables tables = read({"kind,1,2\n0,3,4\n1,5,6\n", "", "1", task::Kind::classification});
    BOOST_TEST((features(tables.train) == Values{0, 4, 1, 6}));
    BOOST_REQUIRE_EQUAL(tables.notes.size(), 1U);
    BOOST_TEST(tables.notes[0] ==
               "--target 1 is the column of that name, column 2 ('1'); column 1 ('kind') is another");
    // pandas calls columns 0, 1, 2, …
    std::string text = "0,1,2,3,4\n";
    for (int row = 0; row < 30; ++row)
        text += fmt::format("{},{},{},{},{}\n", row * row % 5, row % 4, row % 5, row % 2, row % 3);
    const TextTables pandas = read({text, "", "4"});
    BOOST_TEST(pandas.train.rows() == 30U);
    BOOST_TEST(pandas.train.outputs() == 3U);
    BOOST_TEST(read({text, "", "0"}).train.outputs() == 3U);
    BOOST_TEST(read({text.substr(text.find('\n') + 1), "", "4"}).train.outputs() == 2U);
}

BOOST_AUTO_TEST_CASE(columns_can_be_left_out) {
    const std::string text = "Id,when,a,\"b,c\",kind\n1,2024-01-31,3,4,x\n2,2024-02-01,5,6,y\n";
    for (const char* columns : {"Id,when", "1,2", "when, Id", "\"Id\",2", "1,when,1"}) {
        BOOST_TEST_CONTEXT(columns) {
            BOOST_TEST((features(read({text, "", "", {}, columns}).train) == Values{3, 4, 5, 6}));
        }
    }
    BOOST_TEST((features(read({text, "", "", {}, "2,\"b,c\""}).train) == Values{1, 3, 2, 5}));
    const TextTables tables = read({text, "Id,when,a,\"b,c\",kind\n,,7,8,y\n", "kind", {}, "Id,when"});
    BOOST_TEST((features(*tables.test) == Values{7, 8}));  // what is left out may be missing
    const auto refused = [&](const char* columns, auto... words) {
        check_refused({text, "", "", {}, columns}, Failure::usage, words...);
    };
    refused("id", "--ignore id", "no column of that name", "Id, when");
    refused("6", "--ignore 6", "columns 1 to 5");
    refused("kind", "--ignore kind: is the column to be learnt");
    refused("1,2,3,4", "leaves no feature");
    refused("Id,,a", "a name or number is missing");
    refused("\"Id", "a quote is opened");
    refused("\"Id\"x", "follows a closing quote");
    check_refused({text}, Failure::data, "line 2, column 2 ('when'): '2024-01-31'", "--ignore when");
    check_refused({"1,2,x\n2,dog,y\n3,4,x\n"}, Failure::data, "'dog'", "--ignore 2");
}

BOOST_AUTO_TEST_CASE(columns_that_count_the_rows_are_noted) {
    const auto notes = [](const std::string& header, const std::string& ignore) {
        std::string text = header;
        for (int row = 0; row < 12; ++row) text += fmt::format("{},{},{}\n", row + 1, row * row % 7 + 0.5, row / 6);
        return read({text, "", "", {}, ignore}).notes;
    };
    BOOST_REQUIRE_EQUAL(notes("Id,a,kind\n", "").size(), 1U);
    BOOST_TEST(notes("Id,a,kind\n", "")[0] == "column 1 ('Id') counts the rows and is left out; --use Id keeps it");
    BOOST_TEST(notes(",a,kind\n", "")[0] == "column 1 ('') counts the rows and is left out; --use 1 keeps it");
    BOOST_TEST(notes("My Id,a,kind\n", "")[0] ==
               "column 1 ('My Id') counts the rows and is left out; --use 1 keeps it");
    BOOST_TEST(notes("time,a,kind\n", "")[0] == "column 1 ('time') counts the rows; --ignore time leaves it out");
    BOOST_TEST(notes("", "")[0] == "column 1 counts the rows; --ignore 1 leaves it out");
    BOOST_TEST(notes("Id,a,kind\n", "Id").empty());
}

BOOST_AUTO_TEST_CASE(a_comment_that_could_be_a_row_is_noted) {
    const auto notes = read({"a,b,k\n1,2,x\n# n/k,n/k,y\n3,4,y\n# taken, out, too\n"}).notes;
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(notes[0].find("train.csv, line 3 and 1 more: taken for a comment") != std::string::npos);
    BOOST_TEST(read({"a,b,k\n1,2,x\n# taken out\n3,4,y\n"}).notes.empty());
}

BOOST_AUTO_TEST_CASE(a_first_line_that_could_be_either_is_asked_about) {
    std::string text = "0,1,label\n";
    for (int row = 0; row < 12; ++row)
        text += fmt::format("{},{},{}\n", row * row % 9, row % 5, row % 2 == 0 ? "x" : "y");
    check_refused({text}, Failure::data, "train.csv, line 1: could be a header or a row",
                  "--header yes or --header no");
    BOOST_TEST(read({text, "", "", {}, "", data::Header::yes}).train.rows() == 12U);
    BOOST_TEST(read({text, "", "", {}, "", data::Header::no}).train.rows() == 13U);
    check_refused({"a,b,kind\n1,2,x\n3,4,y\n", "", "", {}, "", data::Header::no}, Failure::data,
                  "line 1, column 1: 'a'", "--header no makes this line a row");
    BOOST_TEST(read({text, "", "label"}).train.rows() == 12U);
    BOOST_TEST(read({text, "0,1,label\n5,6,x\n", "label"}).test->rows() == 1U);
    BOOST_TEST(read({"1,2,x\n3,4,y\n5,6,z\n", "", "", {}, "", data::Header::yes}).train.rows() == 2U);
    check_refused({text, "", "label", {}, "", data::Header::no}, Failure::usage, "'label' names a column",
                  "--header no");
    check_refused({text, "", "", {}, "label", data::Header::no}, Failure::usage, "'label' names a column");
    // A header if column 1 is learnt, a row if the column that it then names 1 is.
    const std::string ambiguous =
        "3,0,1,2\n0,1.5,2.5,3.5\n1,1.6,2.6,0.5\n0,1.1,2.1,1.7\n1,0.9,2.2,1.4\n2,1.2,2.9,3.6\n2,1.5,2.3,3.1\n";
    check_refused({ambiguous, "", "1"}, Failure::data, "line 1: could be a header or a row", "--target");
    // One feature and a target.
    check_refused({"0,1\n5,0\n3,1\n5,1\n8,0\n"}, Failure::data, "train.csv, line 1: could be a header or a row",
                  "--header yes or --header no");
    // Names that are numbers, recognised as such, are noted.
    const std::string years =
        "1990,1991,1992,kind\n1.5,2.5,3.5,x\n1.7,2.2,3.1,y\n1.1,2.1,3.9,x\n1.0,2.9,3.3,y\n0.5,2.7,3.8,x\n";
    BOOST_REQUIRE_EQUAL(read({years}).notes.size(), 1U);
    BOOST_TEST(read({years}).notes[0].find("line 1 is taken for a header") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_header_says_is_done_and_noted_where_the_rows_below_say_otherwise) {
    using data::Header;
    const auto notes = [](const std::string& text, Header header) {
        return read({text, "", "", {}, "", header}).notes;
    };
    const std::string rows = "5.1,2,x\n3.2,4,y\n5.5,6,x\n7.0,8,y\n";
    BOOST_REQUIRE_EQUAL(notes(rows, Header::yes).size(), 1U);
    BOOST_TEST(notes(rows, Header::yes)[0].find("train.csv: line 1 looks like the rows below") != std::string::npos);
    BOOST_TEST(notes(rows, Header::no).empty());
    BOOST_TEST(notes("a,b,k\n" + rows, Header::yes).empty());
    BOOST_TEST(notes("0,1,k\n" + rows, Header::yes).empty());
    const std::string numbered = "0,1,2\n5.1,3.5,0\n4.9,3.0,1\n4.7,3.2,0\n4.6,3.1,1\n5.0,3.6,0\n";
    BOOST_REQUIRE_EQUAL(notes(numbered, Header::no).size(), 1U);
    BOOST_TEST(notes(numbered, Header::no)[0].find("looks like the names of the columns") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(separators_at_the_ends_of_lines_make_no_column) {
    const std::vector<const char*> texts{"a,b,kind,\n1,2,x,\n3,4,y,\n", "1,2,x,\n3,4,y,\n",
                                         "a,b,kind\n1,2,x,\n3,4,y,\n",  "1;2;x;\n3;4;y;\n",
                                         "1\t2\tx\t\n3\t4\ty\t\n",      "a,b,kind,,\n1,2,x,,\n3,4,y,,\n"};
    for (const char* text : texts) {
        BOOST_TEST_CONTEXT(text) {
            const TextTables tables = read({text});
            BOOST_TEST((features(tables.train) == Values{1, 2, 3, 4}));
            BOOST_TEST((tables.class_names == std::vector<std::string>{"x", "y"}));
            BOOST_REQUIRE_EQUAL(tables.notes.size(), 1U);
            BOOST_TEST(tables.notes[0].find("every line ends with") != std::string::npos);
        }
    }
    check_refused({"a,b,kind\n1,2,\n3,4,\n"}, Failure::data, "line 2, column 3 ('kind'): the target is missing");
    std::string late = "a,b,kind,\n1,2,x,\n";
    for (int row = 0; row < 200; ++row) late += "3,4,y,\n";
    check_refused({late + "3,4,y,z\n"}, Failure::data, "line 203: ends with the field 'z'");
    check_refused({"a,b,kind\n\"1\",1,2,x\n\"2\",3,4,y\n"}, Failure::data, "line 2: has 4 fields", "row.names = FALSE");
}

BOOST_AUTO_TEST_CASE(features_as_people_write_them) {
    BOOST_TEST((features(read({"a,b,k\n\u22121.5,True,x\n1.5D+02,False,y\n\" 2 \",TRUE,x\n"}).train) ==
                Values{-1.5, 1, 150, 0, 2, 1}));
    check_refused({"a,b,k\n1,2,x\n2,12%,y\n"}, Failure::data,
                  "line 3, column 2 ('b'): '12%' is not a number; it has a per cent");
    check_refused({"a,b,k\n1,2,x\n2," + std::string(500, 'w') + ",y\n"}, Failure::data,
                  "'" + std::string(100, 'w') + "…'");
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
    check_refused({"a,b,c\n1,2,x\n3,4,y\n", "b,a,c\n1,2,x\n"}, Failure::data,
                  "test.csv, line 1: column 1 is 'b', but 'a' in", "only the order differs");
    check_refused({"a,b,c\n1,2,x\n3,4,y\n", "a,b\n1,2\n"}, Failure::data, "test.csv, line 1: has 2 fields", "(no 'c')");
    check_refused({"1,x\n3,y\n", "1,z\n"}, Failure::data, "test.csv, line 1, column 2: class 'z' does not occur in");
}

BOOST_AUTO_TEST_CASE(whole_numbers_that_are_rounded_are_told) {
    const auto notes = [](const std::string& text) { return read({text}).notes; };
    BOOST_REQUIRE_EQUAL(notes("a,b,k\n1,9007199254740993,x\n2,9007199254740994,y\n3,9007199254740995,x\n").size(), 1U);
    BOOST_TEST(notes("a,b,k\n1,9007199254740993,x\n2,5,y\n")[0].find(
                   "train.csv, line 2, column 2 ('b'): 9007199254740993 is rounded to 9007199254740992") !=
               std::string::npos);
    BOOST_TEST(notes("a,b,k\n1,-12345678901234567891,x\n2,5.0,y\n")[0].find("--ignore b") != std::string::npos);
    BOOST_TEST(notes("1,9007199254740992,x\n2,9007199254740994,y\n3,1e23,x\n4,18446744073709551616,y\n").empty());
}

BOOST_AUTO_TEST_CASE(pixels_of_test_rows_on_another_scale_are_refused) {
    const auto pixels = [](int high) {
        std::string text;
        for (int row = 0; row < 4; ++row) {
            for (int pixel = 0; pixel < 64; ++pixel) text += fmt::format("{},", (row + pixel) % 4 == 0 ? high : 0);
            text += row % 2 == 0 ? "a\n" : "b\n";
        }
        return text;
    };
    check_refused({pixels(16), pixels(255)}, Failure::data, "test.csv: its values go from 0 to 255", "train.csv",
                  "from 0 to 16");
    BOOST_TEST(read({pixels(16), pixels(15)}).notes.empty());
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
    refused("a,b,c\n1,2,x\n3,dog,y\n", "line 3, column 2 ('b'): 'dog' is not a number", "--categorical b");
    refused("1,2,x\n3,dog,y\n", "line 2, column 2: 'dog' is not a number");
    for (const char* gap : {"", "?", "NA", "nan", "NaN", "null", "-"}) {
        check_refused({std::string("a,b,c\n1,") + gap + ",x\n3,4,y\n",
                       "",
                       "",
                       {},
                       "",
                       data::Header::automatic,
                       data::Missing::refuse},
                      Failure::data, "line 2, column 2 ('b')", "a value is missing", "--missing indicate");
    }
    refused("a,b,c\n1,inf,x\n3,4,y\n", "'inf' is not a number", "finite");
    refused("1,5;2;x\n3;4;y\n", "line 1, column 1: '1,5' is not a number; write the decimal point as '.'");
    check_refused({"1,2,?,x\n3,4,5,y\n", "", "", {}, "", data::Header::automatic, data::Missing::refuse}, Failure::data,
                  "line 1, column 3: a value is missing ('?')", "taken for a row; --header yes");
    refused("a,b,c\n1,2,x\n3,4,\n", "line 3, column 3 ('c'): the target is missing");
    refused("a,b\n1,\"x\n", "line 2: a quote is opened and never closed");
    refused(std::string("1,2\n\0", 5), "byte 4 is zero");
}

BOOST_AUTO_TEST_CASE(a_target_that_is_not_there_is_wrong_usage) {
    const std::string named = "size,kind\n1,a\n2,b\n";
    check_refused({named, "", "kin"}, Failure::usage, "--target kin", "no column of that name, did you mean 'kind'?",
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
