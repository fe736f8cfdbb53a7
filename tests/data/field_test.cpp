#include "data/field.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/number.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(field_tests)

BOOST_AUTO_TEST_CASE(blanks_that_nobody_sees_are_trimmed) {
    using data::trimmed;
    for (const char* field : {"ash", " ash", "ash\t", "\tash\r\n", "\u00A0ash\u00A0", "ash\u202F ", " \u200B ash",
                              "\uFEFF\u00A0ash\u3000"}) {
        BOOST_TEST(trimmed(field) == "ash");
    }
    BOOST_TEST(trimmed("a \u00A0 b") == "a \u00A0 b");
    BOOST_TEST((trimmed("").empty() && trimmed(" \u00A0").empty()));
    BOOST_TEST(trimmed("voil\xC3\xA0") == "voil\xC3\xA0");  // ends with a byte of the no-break space
    BOOST_TEST(trimmed("caf\xE9") == "caf\xE9");
}

BOOST_AUTO_TEST_CASE(what_stands_for_a_missing_value) {
    for (const char* gap :
         {"",  "?", "NA", "na",   "nan",  "NaN", "NAN", "NULL",    "null",    "None", "N/A", "n/a",  "#N/A",
          ".", "-", "--", "<NA>", "-nan", "NaT", "\\N", "#DIV/0!", "#VALUE!", "N.A.", "#NA", "-NaN", "#REF!"}) {
        BOOST_TEST(data::is_gap(gap), gap);
    }
    for (const char* word :
         {"nancy", "nano", "Nala", "none of these", "nullable", "0", "+", "..", "#12", "#ff8800", "Na"}) {
        BOOST_TEST(!data::is_gap(word), word);
    }
}

BOOST_AUTO_TEST_CASE(features_are_read_as_people_write_them) {
    const std::vector<std::pair<const char*, double>> numbers{
        {"1.5", 1.5},   {"+1.5", 1.5},       {"\u22121.5", -1.5}, {"1.5D+02", 150}, {"1.5d2", 150}, {"-2D-1", -0.2},
        {"1.5E2", 150}, {"1e\u22122", 0.01}, {"True", 1},         {"False", 0},     {"TRUE", 1},    {"FALSE", 0},
        {"true", 1},    {"false", 0},        {"007", 7},          {"1e-999", 0},    {".5", 0.5},    {"5.", 5}};
    for (const auto& [word, value] : numbers) {
        const auto read = data::parse_feature(word);
        BOOST_TEST(read.has_value(), word);
        BOOST_TEST(read.value_or(99) == value, word);
    }
    for (const char* word : {"D5", "d", "D", "dog", "1d", "--1", "+-1", "\u2212", "1.5DD2", "Truer", "T", "yes",
                             "1e999", "inf", "nan", "0x1F", "1,5", "1 5"}) {
        BOOST_TEST(!data::parse_feature(word).has_value(), word);
    }
    BOOST_TEST((data::is_too_large("1e999") && data::is_too_large("-1e999") && data::is_too_large("1D999")));
    BOOST_TEST((!data::is_too_large("inf") && !data::is_too_large("1e99") && !data::is_too_large("x")));
}

BOOST_AUTO_TEST_CASE(what_is_odd_about_a_number_is_said) {
    const std::vector<std::pair<const char*, const char*>> oddities{{"1,234.5", "thousands separators"},
                                                                    {"1,234,567", "thousands separators"},
                                                                    {"1.234.567", "thousands separators"},
                                                                    {"1.234,5", "decimal point as '.'"},
                                                                    {"1,5", "write the decimal point as '.'"},
                                                                    {"1,234", "decimal point or a thousands separator"},
                                                                    {"12%", "per cent sign"},
                                                                    {"12 %", "per cent sign"},
                                                                    {"$5", "currency sign"},
                                                                    {"5 \u20AC", "currency sign"},
                                                                    {"-$5.20", "currency sign"},
                                                                    {"(1.5)", "brackets is a negative"},
                                                                    {"inf", "infinite"},
                                                                    {"-Infinity", "infinite"},
                                                                    {"\u221E", "infinite"},
                                                                    {"1e999", "too large"},
                                                                    {"0x1F", "hexadecimal"},
                                                                    {"\u20131.5", "minus sign or dash"},
                                                                    {"1 234", "blanks or other separators"},
                                                                    {"1\u00A0234.5", "blanks or other separators"},
                                                                    {"1'234", "blanks or other separators"},
                                                                    {"1_000", "blanks or other separators"},
                                                                    {"- 1.5", "blanks"},
                                                                    {"<0.1", "a bound"},
                                                                    {"2024-01-31", "date or time"},
                                                                    {"31.01.2024", "date or time"},
                                                                    {"12:30", "date or time"},
                                                                    {"2024-01-31T12:30:00Z", "date or time"},
                                                                    {"12 kg", "'kg' behind the number"},
                                                                    {"1.5cm", "'cm' behind the number"},
                                                                    {"yes", "write 1 and 0"},
                                                                    {"1/2", "a fraction"},
                                                                    {"5-6", "a range"},
                                                                    {"USD 5", "'USD' before the number"},
                                                                    {"\u2014", "a value is missing"},
                                                                    {"None", "a value is missing"},
                                                                    {".", "a value is missing"},
                                                                    {"dog", "take the column as a category"},
                                                                    {"nancy", "take the column as a category"},
                                                                    {"info", "take the column as a category"}};
    for (const auto& [word, advice] : oddities) {
        const std::string said = data::advice_on(word, ',', "--ignore b", "--categorical b");
        BOOST_TEST(said.find(advice) != std::string::npos, word << ": " << said);
    }
    BOOST_TEST(data::advice_on("3:0.5", ' ', "", "").find("LIBSVM") != std::string::npos);
    BOOST_TEST(data::advice_on("dog", ',', "--ignore b", "--categorical b").find("leave it out with --ignore b") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(messages_quote_a_hundred_characters) {
    BOOST_TEST(data::excerpt("short") == "short");
    BOOST_TEST(data::excerpt(std::string(100, 'a')) == std::string(100, 'a'));
    BOOST_TEST(data::excerpt(std::string(101, 'a')) == std::string(100, 'a') + "…");
    std::string wide;
    for (int i = 0; i < 120; ++i) wide += "ü";
    BOOST_TEST(data::excerpt(wide).size() == 200 + std::string("…").size());
    BOOST_TEST(data::excerpt(std::string(5000, '\x80')).size() < 600U);
}

BOOST_AUTO_TEST_SUITE_END()
