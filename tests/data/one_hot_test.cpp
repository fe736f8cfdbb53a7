#include "data/one_hot.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "data/csv.hpp"
#include "data/folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(one_hot_tests)

namespace {

using Notes = std::vector<std::string>;

/// A feature, the columns that `cells` makes of the class of each row, and another feature.
template <class Cells>
std::string table(const std::string& header, Cells cells, int rows = 12) {
    std::string text = header;
    for (int row = 0; row < rows; ++row) text += fmt::format("{},{}\n", row * row % 7 + 0.5, cells(row * 5 % 3, row));
    return text;
}

Notes notes(const std::string& text, const std::string& target = "", const std::string& ignore = "") {
    const testing::Folder folder;
    return data::read_text_tables({.train = folder.write_text("t.csv", text),
                                   .test = {},
                                   .target = target,
                                   .task = {},
                                   .header = data::Header::automatic,
                                   .ignore = ignore})
        .notes;
}

std::string spread(int kind, int /*row*/) {
    return fmt::format("{},{},{}", int{kind == 0}, int{kind == 1}, int{kind == 2});
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_class_spread_over_columns_is_noted) {
    const std::string text = table("a,k_x,k_y,k_z\n", spread);
    const Notes last = notes(text);
    BOOST_REQUIRE_EQUAL(last.size(), 1U);
    BOOST_TEST(last[0] ==
               "columns 2 to 4 look like one class spread over several columns: in every row one of them is 1 and the "
               "others are 0; column 4 ('k_z') alone is learnt, and the others, as features, give it away: make them "
               "one column, or leave them out with --ignore k_x,k_y");
    BOOST_REQUIRE_EQUAL(notes(text, "k_y").size(), 1U);
    BOOST_TEST(notes(text, "k_y")[0].find("--ignore k_x,k_z") != std::string::npos);
    BOOST_TEST(notes(text, "k_y", "k_x,k_z").empty());
    BOOST_TEST(notes(table("", spread)).size() == 1U);
    const auto truth = [](int kind, int /*row*/) {
        return fmt::format("{},{}", kind == 0, kind != 0 ? "True" : "False");
    };
    BOOST_TEST(notes(table("a,k_x,k_y\n", truth)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(other_columns_of_0_and_1_are_no_class) {
    const auto free = [](int kind, int row) { return fmt::format("{},{}", row % 2, int{kind == 1}); };
    BOOST_TEST(notes(table("a,b,k\n", free)).empty());
    const auto other = [](int kind, int row) { return spread(kind, row) + fmt::format(",{}", row % 2); };
    BOOST_TEST(notes(table("a,f_x,f_y,f_z,k\n", other)).empty());    // a feature that is spread
    BOOST_TEST(notes(table("a,k_x,k_y,k_z\n", spread, 6)).empty());  // too few rows to tell
    const auto numbers = [](int kind, int /*row*/) { return fmt::format("{},{}", 2 - kind, kind); };
    BOOST_TEST(notes(table("a,b,k\n", numbers)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
