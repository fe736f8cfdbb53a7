// Columns of text tables: what they are found to be, and what is left out.
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "data/csv.hpp"
#include "data/levels.hpp"
#include "failure.hpp"
#include "folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(categories_tests)

namespace {

using core::Failure;
using data::ColumnKind;
using data::TextRequest;
using data::TextTables;
using testing::failure;
using Names = std::vector<std::string>;
using Values = std::vector<double>;

TextTables read(const std::string& train, const std::string& test = "", TextRequest request = {}) {
    const testing::Folder folder;
    request.train = folder.write_text("train.csv", train);
    if (!test.empty()) request.test = folder.write_text("test.csv", test);
    return data::read_text_tables(request);
}

/// NaN as −9, so that values compare.
Values features(const data::Table& table) {
    Values made(table.feature_bytes().size() / sizeof(double));
    std::memcpy(made.data(), table.feature_bytes().data(), table.feature_bytes().size());
    for (double& value : made) value = std::isnan(value) ? -9 : value;
    return made;
}

bool has_note(const TextTables& tables, const std::string& part) {
    for (const std::string& note : tables.notes) {
        if (note.find(part) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(words_are_levels_in_their_order_and_gaps_are_missing) {
    const TextTables tables =
        read("town,size,kind\nRome,1,x\nOslo,2,y\n,NA,x\nRome,4,y\n", "town,size,kind\nBonn,,x\n");
    BOOST_TEST((tables.columns[0].kind == ColumnKind::category));
    BOOST_TEST((tables.columns[0].levels == Names{"Oslo", "Rome"}));
    BOOST_TEST((tables.columns[1].kind == ColumnKind::number));
    BOOST_TEST((features(tables.train) == Values{1, 1, 0, 2, -9, -9, 1, 4}));
    BOOST_TEST((features(*tables.test) == Values{data::unknown_level, -9}));
    BOOST_TEST(has_note(tables, "1 row has a level of 'town' that"));
}

BOOST_AUTO_TEST_CASE(a_column_whose_words_come_late_is_read_again) {
    std::string text = "code,size,kind\n";
    for (int row = 0; row < 150; ++row) text += fmt::format("{},{},{}\n", row % 3, row, row % 2);
    for (int row = 0; row < 400; ++row) text += fmt::format("{},{},{}\n", row % 2 == 0 ? "A" : "B", row, row % 2);
    const TextTables tables = read(text);
    BOOST_TEST((tables.columns[0].levels == Names{"0", "1", "2", "A", "B"}));
    BOOST_TEST(features(tables.train)[0] == 0.0);
    BOOST_TEST(features(tables.train)[2 * 150] == 3.0);
    BOOST_TEST(features(tables.train)[2 * 149 + 1] == 149.0);
}

BOOST_AUTO_TEST_CASE(numbers_are_levels_where_that_is_said_however_they_are_spelt) {
    const TextTables tables =
        read("zip,kind\n10,x\n9,y\n9.0,x\n010,y\n", "zip,kind\n9.00,x\n11,y\n", {.categorical = "zip"});
    BOOST_TEST((tables.columns[0].levels == Names{"9", "10"}));
    BOOST_TEST((features(tables.train) == Values{1, 0, 0, 1}));
    BOOST_TEST((features(*tables.test) == Values{0, data::unknown_level}));
    BOOST_CHECK_EXCEPTION(read("zip,kind\n10,x\n9,y\n", "", {.categorical = "kind"}), core::Error,
                          failure(Failure::usage, "--categorical kind: is the column to be learnt"));
    BOOST_CHECK_EXCEPTION(read("zip,a,kind\n10,1,x\n9,2,y\n", "", {.ignore = "zip", .categorical = "zip"}), core::Error,
                          failure(Failure::usage, "--categorical and --ignore both name column 1 ('zip')"));
}

BOOST_AUTO_TEST_CASE(a_word_among_numbers_and_odd_numbers_are_refused_but_for_what_is_asked_for) {
    const auto text = [](const std::string& word) {
        std::string made = "a,b,kind\n";
        for (int row = 0; row < 60; ++row) made += fmt::format("{},{},{}\n", row % 7, word, row % 2);
        return made;
    };
    for (const char* odd : {"12%", "2024-05-01", "\"1,234\"", "$5", "inf"}) {
        BOOST_CHECK_EXCEPTION(read(text(odd)), core::Error, failure(Failure::data, "line 2, column 2 ('b')"));
        BOOST_TEST(read(text(odd), "", {.categorical = "b"}).columns.back().levels.size() == 1U);
    }
    for (const char* word : {"10-20", "<5", "1st", "dog"}) {
        const std::string both = text(word) + "1,other,0\n2,other,1\n";
        BOOST_TEST((read(both).columns[1].kind == ColumnKind::category));
    }
    std::string weights = "w,kind\n";
    for (int row = 0; row < 60; ++row) weights += fmt::format("{} kg,{}\n", row, row % 2);
    BOOST_CHECK_EXCEPTION(read(weights), core::Error, failure(Failure::data, "it has 'kg' behind the number"));
    BOOST_CHECK_EXCEPTION(read("a,kind\n1,x\ndog,y\n3,x\n"), core::Error,
                          failure(Failure::data, "line 3, column 1 ('a'): 'dog' is not a number", "--categorical a"));
    BOOST_CHECK_EXCEPTION(
        read("a,kind\n1,x\n2,y\n", "a,kind\n1,x\ndog,y\n"), core::Error,
        failure(Failure::data, "test.csv, line 3, column 1 ('a'): 'dog' is not a number, as those of"));
}

BOOST_AUTO_TEST_CASE(what_nothing_can_be_learnt_from_is_left_out_unless_asked_for) {
    std::string text = "customer_id,name,same,b,kind\n";
    for (int row = 0; row < 30; ++row) text += fmt::format("{},n{},5,{},{}\n", 7 * row % 31, row, row % 4, row % 2);
    const TextTables tables = read(text);
    BOOST_TEST(tables.columns.size() == 1U);
    BOOST_TEST(tables.columns[0].name == "b");
    BOOST_TEST(
        has_note(tables, "column 1 ('customer_id') has a number of its own in every row and is left out; --use"));
    BOOST_TEST(has_note(tables, "column 2 ('name') has a word of its own in nearly every row and is left out"));
    BOOST_TEST(has_note(tables, "column 3 ('same') is the same in every row and is left out"));
    BOOST_TEST(read(text, "", {.use = "name,same,customer_id"}).columns.size() == 4U);
    // Some value is missing, and that may tell; nothing is left but this one.
    BOOST_TEST(read("a,kind\n1,x\n,y\n1,x\n").columns.size() == 1U);
    BOOST_TEST(read("a,kind\n1,x\n1,y\n1,x\n").columns.size() == 1U);
}

BOOST_AUTO_TEST_CASE(levels_are_found_by_value_or_bytes) {
    const data::Levels numbers({"10", "9", "-1.5"});
    BOOST_TEST((numbers.names() == Names{"-1.5", "9", "10"}));
    BOOST_TEST(numbers.find("1e1").value() == 2U);
    BOOST_TEST(!numbers.find("11").has_value());
    const data::Levels words({"b", "a", "b", "10"});
    BOOST_TEST((words.names() == Names{"10", "a", "b"}));
    BOOST_TEST(words.find("10.0").value() == 0U);
    BOOST_TEST(data::level_name("\xff") == "\\xFF");
}

BOOST_AUTO_TEST_SUITE_END()
