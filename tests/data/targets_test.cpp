#include "data/targets.hpp"

#include <cstring>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/number.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(targets_tests)

namespace {

using core::Failure;
using data::make_targets;
using data::TargetColumn;
using data::Targets;
using task::Kind;
using testing::failure;
using Words = std::vector<std::string>;

TargetColumn column(const Words& words, const std::string& file = "train.csv") {
    TargetColumn made{.file = file, .column = "column 2 ('kind')", .words = words, .lines = {}};
    for (std::size_t row = 0; row < words.size(); ++row) made.lines.push_back(row + 2);
    return made;
}

template <class Value>
std::vector<Value> values(const data::SharedBytes& bytes) {
    std::vector<Value> made(bytes.bytes.size() / sizeof(Value));
    std::memcpy(made.data(), bytes.bytes.data(), bytes.bytes.size());
    return made;
}

std::vector<int> labels(const Words& words, std::optional<task::Kind> task = {}) {
    return values<int>(make_targets(column(words), nullptr, task).train);
}

task::Kind task_of(const Words& words, const Words& test = {}) {
    const TargetColumn test_column = column(test);
    return make_targets(column(words), test.empty() ? nullptr : &test_column, {}).task;
}

Words whole_numbers(int rows, int different) {
    Words words;
    for (int row = 0; row < rows; ++row) words.push_back(std::to_string(row % different));
    return words;
}

template <class... Expected>
void check_refused(const Words& train, const Words& test, std::optional<task::Kind> task, Expected... expected) {
    const TargetColumn test_column = column(test, "test.csv");
    BOOST_CHECK_EXCEPTION(static_cast<void>(make_targets(column(train), test.empty() ? nullptr : &test_column, task)),
                          core::Error, failure(Failure::data, expected...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(words_that_are_finite_numbers) {
    const auto is = [](std::string_view word, double value) { return data::parse_number(word) == value; };
    BOOST_TEST((is("3", 3) && is("-3.25e2", -325) && is("+4", 4) && is(".5", 0.5) && is("2.0000000e+00", 2)));
    BOOST_TEST((is("1e-999", 0) && is("-0", 0) && is("5.", 5)));
    for (const char* word :
         {"", "x", "1x", " 1", "1 ", "nan", "inf", "-inf", "1e999", "+-1", "++1", "0x1f", "1,5", "-"}) {
        BOOST_TEST(!data::parse_number(word).has_value(), word);
    }
}

BOOST_AUTO_TEST_CASE(classes_are_sorted_as_numbers_or_as_words) {
    BOOST_TEST((labels({"10", "9", "10", "-1"}, task::Kind::classification) == std::vector<int>{2, 1, 2, 0}));
    BOOST_TEST((labels({"b", "a", "c", "a"}) == std::vector<int>{1, 0, 2, 0}));
    BOOST_TEST((labels({"1", "1.0", "2.0000e+00", "2"}) == std::vector<int>{0, 0, 1, 1}));
    const Targets numbers = make_targets(column({"10", "2.0e0", "10", "2"}), nullptr, {});
    BOOST_TEST((numbers.class_names == Words{"2", "10"}));
    BOOST_TEST(numbers.outputs == 2U);
    BOOST_TEST((make_targets(column({"1", "x", "10", "x"}), nullptr, {}).class_names == Words{"1", "10", "x"}));
    BOOST_TEST((make_targets(column({"1.5", "0.25"}), nullptr, task::Kind::classification).class_names ==
                Words{"0.25", "1.5"}));
}

BOOST_AUTO_TEST_CASE(test_rows_are_numbered_by_the_training_classes) {
    const TargetColumn test = column({"2", "7.0"});
    const Targets targets = make_targets(column({"7", "2", "5", "5", "7", "2"}), &test, {});
    BOOST_TEST((values<int>(*targets.test) == std::vector<int>{0, 2}));
    BOOST_TEST(targets.outputs == 3U);
}

BOOST_AUTO_TEST_CASE(the_task_follows_from_the_words) {
    BOOST_TEST((task_of({"a", "b", "a"}) == task::Kind::classification));
    BOOST_TEST((task_of({"0", "1", "1", "0"}) == task::Kind::classification));
    BOOST_TEST((task_of({"0.5", "1", "1", "0.5"}) == task::Kind::regression));
    BOOST_TEST((task_of({"1", "2", "3"}) == task::Kind::regression));
    BOOST_TEST((task_of({"1", "2", "3"}, {"1", "2", "3"}) == task::Kind::classification));  // each twice
    BOOST_TEST((task_of(whole_numbers(200, 100)) == task::Kind::classification));
    BOOST_TEST((task_of(whole_numbers(400, 101)) == task::Kind::regression));
    BOOST_TEST((task_of({"1e30", "1e30", "1e30", "2"}) == task::Kind::regression));
}

BOOST_AUTO_TEST_CASE(regression_that_nobody_asked_for_is_noted) {
    const auto notes = [](const Words& words, std::optional<task::Kind> task) {
        return make_targets(column(words), nullptr, task).notes;
    };
    for (const Words& words : {Words{"0.5", "1", "1"}, Words{"1", "2", "3"}}) {
        BOOST_REQUIRE_EQUAL(notes(words, {}).size(), 1U);
        BOOST_TEST(notes(words, {})[0] ==
                   "train.csv, column 2 ('kind'): the target is a number, so this is regression; --task classification "
                   "makes each number a class");
        BOOST_TEST(notes(words, Kind::regression).empty());
        BOOST_TEST(notes(words, Kind::classification).empty());
    }
    BOOST_TEST(notes({"1", "2", "1", "2"}, {}).empty());
}

BOOST_AUTO_TEST_CASE(a_chosen_task_wins) {
    const Targets numbers = make_targets(column({"3", "4", "3", "4"}), nullptr, task::Kind::regression);
    BOOST_TEST((numbers.task == task::Kind::regression));
    BOOST_TEST(numbers.outputs == 1U);
    BOOST_TEST((values<float>(numbers.train) == std::vector<float>{3, 4, 3, 4}));
    BOOST_TEST(numbers.class_names.empty());
    BOOST_TEST((labels({"0.5", "2", "1"}, task::Kind::classification) == std::vector<int>{0, 2, 1}));
    const TargetColumn test = column({"-1.5"});
    BOOST_TEST(
        (values<float>(*make_targets(column({"3"}), &test, task::Kind::regression).test) == std::vector<float>{-1.5F}));
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_no_class) {
    for (const char* gap : {"", "NA", "nan", "NaN", "NULL", "None", "?", "N/A", "#N/A", ".", "-"}) {
        for (const auto task : {std::optional<task::Kind>{}, std::optional(task::Kind::classification),
                                std::optional(task::Kind::regression)}) {
            check_refused({"a", "b", gap}, {}, task, "train.csv, line 4, column 2 ('kind'): the target is missing");
            check_refused({"1", "2", gap}, {}, task, "train.csv, line 4, column 2 ('kind'): the target is missing");
        }
        check_refused({"a", "b"}, {"a", gap}, {}, "test.csv, line 3, column 2 ('kind'): the target is missing");
    }
    BOOST_TEST((labels({"+", "-", "-"}) == std::vector<int>{0, 1, 1}));  // as some archives call the classes of two
    BOOST_TEST((labels({"nancy", "nano", "nancy"}) == std::vector<int>{0, 1, 0}));
}

BOOST_AUTO_TEST_CASE(class_names_are_text) {
    struct Case {
        Words words;
        Words names;
        std::vector<int> labels;
    };
    const std::vector<Case> cases{
        {{"4611686018427387905", "4611686018427387904", "6917529027641081857", "6917529027641081856"},
         {"4611686018427387904", "4611686018427387905", "6917529027641081856", "6917529027641081857"},
         {1, 0, 3, 2}},
        {{"18446744073709551615", "-9223372036854775808", "9"},
         {"-9223372036854775808", "9", "18446744073709551615"},
         {2, 0, 1}},
        {{"01", "02", "10"}, {"01", "02", "10"}, {0, 1, 2}},
        {{"01", "1", "1.0", "2"}, {"1", "2"}, {0, 0, 0, 1}},
        {{"2.0e+00", "1.0e+00", "2.0"}, {"1", "2"}, {1, 0, 1}},
        {{"0.10", "0.1", "2.5"}, {"0.1", "2.5"}, {0, 0, 1}},
        {{"0.1", "0.10000000000000000001"}, {"0.1", "0.10000000000000000001"}, {0, 1}},
        {{"-1", "+1", "1", "0", "-0"}, {"-1", "0", "1"}, {0, 2, 2, 1, 1}},
        {{"\u22121", "-1", "1"}, {"-1", "1"}, {0, 0, 1}},
        {{"-20", "-3", "4"}, {"-20", "-3", "4"}, {0, 1, 2}},
        {{"True", "False"}, {"False", "True"}, {1, 0}},
        {{"k\n", "k\\x0A", "k|\\"}, {"k\\x0A", "k\\x5Cx0A", "k|\\"}, {0, 1, 2}},
        {{"caf\xE9", "caf\xE8", "café"}, {"café", "caf\\xE8", "caf\\xE9"}, {2, 1, 0}},
    };
    for (const Case& c : cases) {
        BOOST_TEST_CONTEXT(c.words.front()) {
            const Targets made = make_targets(column(c.words), nullptr, task::Kind::classification);
            BOOST_TEST(made.class_names == c.names, boost::test_tools::per_element());
            BOOST_TEST(values<int>(made.train) == c.labels, boost::test_tools::per_element());
        }
    }
    // A test file may write the same numbers otherwise.
    const TargetColumn test = column({"1.0", "02"});
    const Targets targets = make_targets(column({"01", "2", "2", "1"}), &test, {});
    BOOST_TEST((values<int>(*targets.test) == std::vector<int>{0, 1}));
    BOOST_TEST((task_of({"4611686018427387905", "4611686018427387904", "4611686018427387905", "4611686018427387904"}) ==
                task::Kind::classification));
}

BOOST_AUTO_TEST_CASE(names_that_look_alike_are_noted) {
    const auto notes = [](const Words& words) { return make_targets(column(words), nullptr, {}).notes; };
    BOOST_REQUIRE_EQUAL(notes({"ash", "Ash", "elm"}).size(), 1U);
    BOOST_TEST(notes({"ash", "Ash", "elm"})[0].find("'Ash' and 'ash' differ only in capitals or blanks") !=
               std::string::npos);
    BOOST_TEST(notes({"white ash", "white  ash"}).size() == 1U);
    BOOST_TEST(notes({"ash", "elm"}).empty());
}

BOOST_AUTO_TEST_CASE(numbers_that_become_one_are_noted) {
    const auto notes = [](std::vector<std::string> words) {
        return data::make_targets({.file = "y.csv", .column = "", .words = std::move(words), .lines = {}}, nullptr,
                                  task::Kind::regression)
            .notes;
    };
    BOOST_REQUIRE_EQUAL(notes({"16777216", "16777217", "3"}).size(), 1U);
    BOOST_TEST(notes({"16777216", "16777217", "3"})[0].find("y.csv, row 1: 16777216 and 16777217 are both learnt") !=
               std::string::npos);
    BOOST_TEST(notes({"16777216", "16777218", "1.6777216e7", "0.1", "0.10000000001"}).empty());
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_file_line_and_column) {
    check_refused({"a", "b", ""}, {}, {}, "train.csv, line 4, column 2 ('kind'): the target is missing");
    check_refused({"a", "b"}, {"a", ""}, {}, "test.csv, line 3");
    check_refused({"a", "a"}, {}, {}, "train.csv, column 2 ('kind'): every row has the class 'a'");
    check_refused({"a", "b"}, {"a", "c"}, {},
                  "test.csv, line 3, column 2 ('kind'): class 'c' does not occur in train.csv", "which has a, b");
    check_refused({"1", "2", "1", "2"}, {"x"}, {}, "class 'x' does not occur");
    check_refused({"1", "x"}, {}, task::Kind::regression,
                  "line 3, column 2 ('kind'): 'x' is not a number, as regression needs");
    check_refused({"1", "1e39"}, {}, task::Kind::regression, "line 3", "too large for single precision");
    Words many = whole_numbers(30, 30);
    check_refused(many, {"x"}, task::Kind::regression, "test.csv, line 2", "'x' is not a number");
    many[5] = "five";
    check_refused(many, {}, {}, "line 7, column 2 ('kind'): 'five' is not a number, but most targets are",
                  "--task classification");
    BOOST_TEST(make_targets(column(many), nullptr, task::Kind::classification).outputs == 30U);
    many[5] = "1,5";
    check_refused(many, {}, {}, "line 7", "'1,5' is not a number, but most targets are; write the decimal point as '.'",
                  "--task classification");
    check_refused({"1", "$5"}, {}, task::Kind::regression, "line 3",
                  "'$5' is not a number, as regression needs; it has a currency");
    Words prices;
    for (int row = 0; row < 30; ++row) prices.push_back(std::to_string(row) + ",5");
    check_refused(prices, {}, {}, "line 2", "'0,5' is not a number; write the decimal point as '.'",
                  "--task classification");
    BOOST_TEST(make_targets(column(prices), nullptr, task::Kind::classification).outputs == 30U);
    for (std::string& word : many) word += " street";
    check_refused(many, {}, {}, "train.csv, column 2 ('kind'): 30 different words in 30 rows are too many for classes");
    BOOST_TEST(make_targets(column(many), nullptr, task::Kind::classification).outputs == 30U);
    many.clear();
    for (char c = 'a'; c <= 'l'; ++c) many.insert(many.end(), 2, std::string(1, c));
    check_refused(many, {"z"}, {}, "which has a, b, c, d, e, f, g, h, i, j and 2 more");
    TargetColumn rows{.file = "y.npy", .column = "", .words = {"1", "1"}, .lines = {}};
    BOOST_CHECK_EXCEPTION(static_cast<void>(make_targets(rows, nullptr, task::Kind::classification)), core::Error,
                          failure(Failure::data, "y.npy: every row has the class '1'"));
    rows.words[1] = "nan";
    BOOST_CHECK_EXCEPTION(static_cast<void>(make_targets(rows, nullptr, task::Kind::regression)), core::Error,
                          failure(Failure::data, "y.npy, row 1: the target is missing ('nan')"));
    rows.words[1] = "x";
    BOOST_CHECK_EXCEPTION(static_cast<void>(make_targets(rows, nullptr, task::Kind::regression)), core::Error,
                          failure(Failure::data, "y.npy, row 1: 'x' is not a number"));
    check_refused({"1", std::string(300, 'x')}, {}, task::Kind::regression, "'" + std::string(100, 'x') + "…'");
}

BOOST_AUTO_TEST_SUITE_END()
