#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/csv.hpp"
#include "data/describe.hpp"
#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/row_stream.hpp"
#include "data/source.hpp"

// Columns that weigh and group the rows of a table.
using namespace ensemble;

BOOST_AUTO_TEST_SUITE(row_extras_tests)

namespace {

using core::Failure;
using data::TextTables;
using testing::failure;

struct Texts {
    std::string train;
    std::string weight = "";
    std::string group = "";
    std::string test = "";
    std::string ignore = "";
    std::string target = "kind";
};

const std::string table = "size,kind,often,who,age\n1,a,2,ann,5\n2,b,0,bob,3\n3,a,0.5,ann,1\n4,b,1e2,cid,7\n";

TextTables read(const Texts& texts) {
    const testing::Folder folder;
    data::TextRequest request{.train = folder.write_text("train.csv", texts.train),
                              .test = {},
                              .target = texts.target,
                              .ignore = texts.ignore,
                              .weight = texts.weight,
                              .group = texts.group};
    if (!texts.test.empty()) request.test = folder.write_text("test.csv", texts.test);
    return data::read_text_tables(request);
}

template <class... Words>
void check_refused(const Texts& texts, Failure kind, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(read(texts)), core::Error, failure(kind, words...));
}

std::vector<double> weights(const data::Table& of) {
    return {of.weights().begin(), of.weights().end()};
}

std::vector<std::uint32_t> groups(const data::Table& of) {
    return {of.groups().begin(), of.groups().end()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(columns_of_weights_and_groups_are_no_features) {
    const TextTables tables = read({.train = table, .weight = "often", .group = "4"});
    BOOST_TEST_REQUIRE(tables.columns.size() == 2U);
    BOOST_TEST((tables.columns[0].name == "size" && tables.columns[1].name == "age"));
    BOOST_TEST((weights(tables.train) == std::vector<double>{2, 0, 0.5, 100}));
    BOOST_TEST((groups(tables.train) == std::vector<std::uint32_t>{0, 1, 0, 2}));
    BOOST_TEST((tables.weight_name == "often" && tables.group_name == "who"));
    const TextTables none = read({.train = table});
    BOOST_TEST((none.train.weights().empty() && none.train.groups().empty()));
    BOOST_TEST((none.weight_name.empty() && none.columns.size() == 4U));
}

BOOST_AUTO_TEST_CASE(columns_without_names_are_called_by_their_numbers) {
    const TextTables tables =
        read({.train = "1,3,a,7\n2,1,b,7\n5,1,a,9\n", .weight = "2", .group = "4", .target = "3"});
    BOOST_TEST((tables.weight_name == "column 2" && tables.group_name == "column 4"));
    BOOST_TEST((weights(tables.train) == std::vector<double>{3, 1, 1}));
    BOOST_TEST((groups(tables.train) == std::vector<std::uint32_t>{0, 0, 1}));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_weight) {
    const auto with = [](const std::string& field) {
        return Texts{.train = "size,kind,often\n1,a,2\n2,b," + field + "\n3,a,1\n", .weight = "often"};
    };
    for (const char* field : {"-1", "-0.001", "many", "", "NA", "nan", "inf", "1e999"}) {
        check_refused(with(field), Failure::data, "train.csv, line 3, column 3 ('often')", "no weight", "at least 0",
                      "--weight");
    }
    check_refused({.train = "size,kind,often\n1,a,0\n2,b,0\n", .weight = "often"}, Failure::data, "train.csv",
                  "all weights are 0");
    BOOST_CHECK_NO_THROW(static_cast<void>(read(with("0"))));
}

BOOST_AUTO_TEST_CASE(refuses_rows_without_a_group) {
    for (const char* field : {"", "NA"}) {
        check_refused({.train = std::string("size,kind,who\n1,a,x\n2,b,") + field + "\n", .group = "who"},
                      Failure::data, "train.csv, line 3, column 3 ('who')", "group of the row is missing");
    }
}

BOOST_AUTO_TEST_CASE(refuses_columns_of_two_roles) {
    check_refused({.train = table, .weight = "kind"}, Failure::usage, "--weight kind", "to be learnt");
    check_refused({.train = table, .weight = "often", .group = "often"}, Failure::usage, "--weight and --group",
                  "('often')");
    check_refused({.train = table, .group = "who", .ignore = "who"}, Failure::usage, "--group and --ignore", "('who')");
    check_refused({.train = table, .weight = "often,size"}, Failure::usage, "--weight often,size", "several columns");
    check_refused({.train = table, .weight = "other"}, Failure::usage, "--weight other", "no column of that name");
    check_refused({.train = "kind,often\na,1\nb,2\n", .weight = "often"}, Failure::usage, "--weight often",
                  "leaves no feature");
}

BOOST_AUTO_TEST_CASE(groups_that_test_rows_share_are_told) {
    const std::string test = "size,kind,often,who,age\n1,a,odd,ann,5\n2,b,,dan,3\n9,b,,,3\n1,a,1,ann,5\n";
    const TextTables tables = read({.train = table, .weight = "often", .group = "who", .test = test});
    BOOST_TEST_REQUIRE(tables.notes.size() == 1U, tables.notes.size());
    BOOST_TEST(tables.notes[0].find("2 of 4 rows are of 1 group that") != std::string::npos, tables.notes[0]);
    // Test rows are counted alike, whatever weighs them.
    BOOST_TEST(tables.test->weights().empty());
    BOOST_TEST((groups(*tables.test) == std::vector<std::uint32_t>{0, 3, 4, 0}));
}

BOOST_AUTO_TEST_CASE(a_description_tells_their_roles) {
    const testing::Folder folder;
    const data::TableDescription described = data::describe_table(
        {.train = folder.write_text("t.csv", table), .target = "kind", .weight = "often", .group = "who"});
    BOOST_TEST(described.columns[2].role == "weight");
    BOOST_TEST(described.columns[2].values == "numbers from 0 to 100");
    BOOST_TEST(described.columns[3].role == "group");
    BOOST_TEST(described.columns[3].values == "3 groups: ann, bob, cid");
    BOOST_TEST(described.columns[1].role == "to be learnt");
    BOOST_TEST(described.columns[1].values == "2 values: a, b");
}

BOOST_AUTO_TEST_CASE(numbers_to_be_learnt_are_described_as_numbers) {
    const testing::Folder folder;
    const data::TableDescription described = data::describe_table(
        {.train = folder.write_text("t.csv", "size,cost\n1,2.5\n2,-10\n3,1000\n4,2.5\n"), .target = "cost"});
    BOOST_TEST(described.task == "regression");
    BOOST_TEST(described.columns[1].values == "numbers from -10 to 1000, 3 different");
}

BOOST_AUTO_TEST_CASE(new_rows_need_neither_and_nothing_is_said_of_them) {
    const testing::Folder folder;
    data::TextRowRequest request{.columns = {{.name = "size"}, {.name = "age"}}, .aside = {"often", "who"}};
    request.targets = {"kind"};
    BOOST_TEST(data::open_text_rows(folder.write_text("all.csv", table), request)->notes().empty());
    BOOST_TEST(data::open_text_rows(folder.write_text("few.csv", "size,age\n1,2\n"), request)->notes().empty());
    request.aside = {"who"};
    BOOST_TEST(data::open_text_rows(folder.write_text("all.csv", table), request)->notes().size() == 1U);
}

BOOST_AUTO_TEST_CASE(other_data_have_no_such_columns) {
    for (const bool is_weight : {true, false}) {
        data::Request request{.data = "moons"};
        (is_weight ? request.weight : request.group) = "size";
        BOOST_CHECK_EXCEPTION(static_cast<void>(data::load(request)), core::Error,
                              failure(Failure::usage, is_weight ? "--weight size" : "--group size", "text tables"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
