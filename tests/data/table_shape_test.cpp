#include "data/table_shape.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/csv.hpp"
#include "data/failure.hpp"
#include "data/folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(table_shape_tests)

namespace {

using core::Failure;
using testing::failure;

std::string message_of(const std::string& text, data::Header header = data::Header::automatic) {
    const testing::Folder folder;
    try {
        static_cast<void>(data::read_text_tables({.train = folder.write_text("t.csv", text),
                                                  .test = {},
                                                  .target = "",
                                                  .task = {},
                                                  .header = header,
                                                  .missing = data::Missing::refuse}));
    } catch (const core::Error& error) {
        return error.what();
    }
    return "";
}

void check(const std::string& text, const std::string& part) {
    BOOST_TEST_CONTEXT(text) {
        const std::string message = message_of(text);
        BOOST_TEST_CONTEXT(message) BOOST_TEST((message.find(part) != std::string::npos));
    }
}

void check_lacks(const std::string& text, const std::string& part) {
    const std::string message = message_of(text);
    BOOST_TEST_CONTEXT(message) BOOST_TEST((!message.empty() && message.find(part) == std::string::npos));
}

const std::string rows = "a,b,c,kind\n5.1,3.5,1.4,x\n4.9,3.0,1.1,y\n4.7,3.2,1.3,x\n";

std::string with(char separator) {
    std::string text = rows;
    for (char& letter : text) letter = letter == ',' ? separator : letter;
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_title_above_the_table_is_named_as_one) {
    const std::string title = "Iris measurements 2019\n";
    check(title + rows, "line 1: has 1 field, but the lines below have 4 separated by commas; it looks like a title");
    check(title + rows, "remove it");
    for (const char separator : {';', '\t', '|', ' '}) check(title + with(separator), "line 1: has ");
    for (const char separator : {';', '\t', '|', ' '}) check(title + with(separator), "it looks like a title");
    check(title + "\n" + rows.substr(rows.find('\n') + 1), "line 1: has 1 field");
    check("Iris measurements, 2019\n" + rows, "line 1: has 2 fields, but");
    check("Iris, measurements, 2019\n" + rows, "line 1: has 3 fields, but");
    check("\"Iris, measured\"\n" + rows, "line 1: has 1 field, but");
    check("Iris\nby Fisher, 1936\n\n" + rows, "lines 1 to 2: have other numbers of fields than the lines below");
    check("569,30,malignant,benign,x\n" + rows, "line 1: has 5 fields, but the lines below have 4");
    // As many fields as the rows: only words over the names of columns.
    check("Iris measurements 2019,,,\n" + rows, "line 2: looks like the names of the columns");
    check("Iris measurements of 2019\n" + with(' '), "line 2: looks like the names of the columns");
    check("a,b,c,kind\ncm,cm,cm,\n5.1,3.5,1.4,x\n4.9,3.0,1.1,y\n", "remove line 1 if it is a title, line 2 if it");
}

BOOST_AUTO_TEST_CASE(what_is_no_title_is_not_called_one) {
    check_lacks("1,2,x\n3,y\n", "title");
    check_lacks("a,b,c\n1,2,x\n\n3,4,5,y\n", "title");
    check_lacks("a,b,c\n1,dog,x\n3,4,y\n5,6,x\n", "names of the columns");
    check_lacks("a,b,c\n1,2,x\n3,dog,y\n", "names of the columns");
    // Blanks separate, and the comma is that of decimals.
    check("a b c\n1,5 2 x\n3,5 4 y\n4,5 4 y\n", "write the decimal point as '.'");
    check("a b c k\n1,5 2,5 3,5 x\n3,5 4,5 5,5 y\n4,5 4,5 1,5 y\n", "write the decimal point as '.'");
    check("a;b;c;k\n1,5;2,5;3,5;x\n3,5;4,5;5,5;y\n4,5;4,5;1,5;y\n", "write the decimal point as '.'");
    check("1,2,3\n1,2,3,x\n3,4,5,y\n4,4,6,y\n", "line 1: has 3 fields, but the lines below have 4");
    BOOST_TEST(message_of(rows).empty());
}

BOOST_AUTO_TEST_CASE(row_names_of_r_are_spoken_of_only_where_every_row_has_one) {
    const std::string hint = "row.names = FALSE";
    check("a,b,kind\n\"1\",1,2,x\n\"2\",3,4,y\n\"3\",3,4,y\n", hint);
    check("a,b,kind\n\"1\",1,2,x\n\"2\",3,4,y\n", "line 2: has 4 fields");
    check("a b kind\n1 1 2 x\n2 3 4 y\n3 3 4 y\n", hint);
    check_lacks("a,b,kind\n1,2,x,7\n3,4,y\n5,6,x\n", hint);
    check_lacks("a,b,kind\n1,2,x,7\n3,4,y,8\n5,6,x\n", hint);
    check_lacks("a,b,kind\n1,2,3,x,7\n3,4,5,y,8\n", hint);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_at_fault_itself_is_named) {
    check("a,b,k\n1,2,x,7\n3,4,y\n5,6,x\n4,4,y\n", "line 2: has 4 fields separated by commas, but line 1 has 3");
    check(rows + "a,b,c,kind\n5.1,3.5,1.4,x\n",
          "line 5, column 1 ('a'): 'a' is not a number; the line repeats the names");
}

BOOST_AUTO_TEST_CASE(gaps_are_counted) {
    for (const char* gap : {"NA", "?", "nan"}) {
        const std::string shown = std::string("('") + gap + "')";
        check(std::string("a,b,k\n1,2,x\n3,") + gap + ",y\n,4,x\n5,6,y\n",
              "t.csv, line 3, column 2 ('b'): a value is missing " + shown + ", and 1 more row has gaps; fill");
        check(std::string("a,b,k\n1,2,x\n3,") + gap + ",y\n5,6,y\n", "a value is missing " + shown + "; fill");
        check(std::string("a,b,k\n1,2,x\n3,4,") + gap + "\n5,6,y\n7,8,?\n1,1,\n1,2,x\n",
              "line 3, column 3 ('k'): the target is missing " + shown + ", and in 2 more rows; fill");
    }
    check("a,b,k\n1,2,x\n3,,y\n5,6,y\n", "line 3, column 2 ('b'): a value is missing; fill it in, remove the row, or");
    check("a,b,k\n1,2,x\n3,,y\n5,NA,y\n?,,y\n", "a value is missing, and 2 more rows have gaps");
    check("a,b,k\n1,2,x\n3,4,\n5,6,y\n", "the target is missing; fill it in or remove the row");
}

BOOST_AUTO_TEST_CASE(header_yes_holds_for_both_files_and_says_so) {
    const testing::Folder folder;
    const std::string named = folder.write_text("named.csv", rows);
    const std::string bare = folder.write_text("bare.csv", rows.substr(rows.find('\n') + 1));
    const auto read = [&](const std::string& train, const std::string& test, const std::string& target) {
        static_cast<void>(data::read_text_tables(
            {.train = train, .test = test, .target = target, .task = {}, .header = data::Header::yes}));
    };
    BOOST_CHECK_EXCEPTION(read(named, bare, ""), core::Error,
                          failure(Failure::data, "bare.csv, line 1: column 1 is '5.1', but 'a' in", "--header yes"));
    BOOST_CHECK_EXCEPTION(read(bare, named, ""), core::Error,
                          failure(Failure::data, "named.csv, line 1: column 1 is 'a', but '5.1' in", "--header yes"));
}

BOOST_AUTO_TEST_SUITE_END()
