#include "data/records.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "data/failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(records_tests)

namespace {

using core::Failure;
using data::Records;
using testing::failure;
using Rows = std::vector<std::vector<std::string>>;

/// What there is to see of the records of a text, and how they end if they are refused.
struct Seen {
    Rows rows;
    std::vector<std::size_t> lines;
    std::vector<std::size_t> likely_comments;
    std::string refusal;

    bool operator==(const Seen&) const = default;
};

template <class Make>
Seen see(Make make) {
    Seen seen;
    try {
        const std::unique_ptr<Records> records = make();
        while (records->next()) {
            seen.rows.emplace_back(records->fields().begin(), records->fields().end());
            seen.lines.push_back(records->line());
        }
        seen.likely_comments.assign(records->likely_comments().begin(), records->likely_comments().end());
    } catch (const core::Error& error) {
        seen.refusal = error.what();
    }
    return seen;
}

/// A text that comes in pieces of so many letters.
Records::Source source_of(const std::string& text, std::size_t most) {
    return [&text, most, at = std::size_t{0}](std::span<char> out) mutable {
        const std::size_t count = std::min({most, out.size(), text.size() - at});
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
        at += count;
        return count;
    };
}

/// The same however the text comes: what is seen of it as a whole.
Seen look(const std::string& text) {
    const Seen whole = see([&] { return std::make_unique<Records>(text, "t.csv"); });
    for (const std::size_t piece : {1, 2, 3, 5, 7, 64}) {
        BOOST_TEST_CONTEXT("pieces of " << piece << " letters") {
            BOOST_TEST((whole == see([&] {
                            return std::make_unique<Records>(source_of(text, piece), "t.csv",
                                                             Records::Window{.piece = piece});
                        })));
            // More room than what comes, as of a pipe.
            BOOST_TEST((whole == see([&] {
                            return std::make_unique<Records>(source_of(text, piece), "t.csv", Records::Window{});
                        })));
        }
    }
    return whole;
}

Rows read(const std::string& text) {
    const Seen seen = look(text);
    BOOST_TEST(seen.refusal.empty());
    return seen.rows;
}

std::vector<std::size_t> lines(const std::string& text) {
    return look(text).lines;
}

template <class... Words>
void check_refused(const std::string& text, Words... words) {
    static_cast<void>(look(text));
    const auto read_all = [&] {
        Records records(text, "t.csv");
        while (records.next()) {
        }
    };
    BOOST_CHECK_EXCEPTION(read_all(), core::Error, failure(Failure::data, "t.csv", words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(finds_the_separator) {
    const Rows expected{{"1", "2", "3"}, {"4", "5", "6"}};
    BOOST_TEST((read("1,2,3\n4,5,6\n") == expected));
    BOOST_TEST((read("1;2;3\n4;5;6\n") == expected));
    BOOST_TEST((read("1\t2\t3\n4\t5\t6\n") == expected));
    BOOST_TEST((read("1 2 3\n4 5 6\n") == expected));
    BOOST_TEST((read("  1   2 \t 3 \n4 5 6") == expected));
    BOOST_TEST((read(" 1, 2 ,3\n4 ,5,  6 \n") == expected));
    // The decimal comma of a table separated by semicolons, and a comma within quotes, separate nothing.
    BOOST_TEST((read("1,5;2\n3;4,5\n") == Rows{{"1,5", "2"}, {"3", "4,5"}}));
    BOOST_TEST((read("a;\"x,y\"\nb;\"z,z\"\n") == Rows{{"a", "x,y"}, {"b", "z,z"}}));
    BOOST_TEST((read("\"a;b\",c\n\"d\",e\n") == Rows{{"a;b", "c"}, {"d", "e"}}));
    // Where no separator is regular, that of the first line.
    BOOST_TEST((read("a,b\n1\n") == Rows{{"a", "b"}, {"1"}}));
    BOOST_TEST((read("7") == Rows{{"7"}}));
    BOOST_TEST(Records("1;2", "").separator_name() == "semicolons");
    BOOST_TEST(Records("1 2", "").separator_name() == "white space");
    BOOST_TEST(Records("1\t2", "").separator_name() == "tabs");
    BOOST_TEST(Records("1,2", "").separator_name() == "commas");
}

BOOST_AUTO_TEST_CASE(quotes_hold_anything) {
    BOOST_TEST((read("\"a,b\",\"c\"\"d\"\n\"\",\"e\nf\"\n") == Rows{{"a,b", "c\"d"}, {"", "e\nf"}}));
    BOOST_TEST((read("\"a b\" c\nd \"e\"\"\"\n") == Rows{{"a b", "c"}, {"d", "e\""}}));
    BOOST_TEST((read("a,  \"b\"  ,c\n") == Rows{{"a", "b", "c"}}));
    BOOST_TEST((read("5\" pipe,b\n") == Rows{{"5\" pipe", "b"}}));
}

BOOST_AUTO_TEST_CASE(line_ends_blank_lines_comments_and_marks) {
    const Rows expected{{"1", "2"}, {"3", "4"}};
    BOOST_TEST((read("1,2\r\n3,4\r\n") == expected));
    BOOST_TEST((read("1,2\r3,4") == expected));
    BOOST_TEST((read("\xEF\xBB\xBF\n\n1,2\n   \n3,4\n\n") == expected));
    BOOST_TEST((read("# made by hand, once\n1,2\n# and again; really\n3,4\n#") == expected));
    BOOST_TEST((read("").empty() && read("\n\n").empty() && read("# nothing\n").empty()));
    BOOST_TEST((read(",\n1,2\n") == Rows{{"", ""}, {"1", "2"}}));
    BOOST_TEST((read("1,\n3,\n") == Rows{{"1", ""}, {"3", ""}}));
}

BOOST_AUTO_TEST_CASE(a_mark_makes_a_comment_only_where_a_line_is_no_row) {
    struct Case {
        const char* text;
        Rows rows;
    };
    const std::vector<Case> cases{
        {"#N/A,1,2\nelm,3,4\n#N/A,5,6\n", {{"#N/A", "1", "2"}, {"elm", "3", "4"}, {"#N/A", "5", "6"}}},
        {"c,a,b\n#ff8800,1,2\nred,3,4\n", {{"c", "a", "b"}, {"#ff8800", "1", "2"}, {"red", "3", "4"}}},
        {"#ff8800;1;2\n#00ff00;3;4\n", {{"#ff8800", "1", "2"}, {"#00ff00", "3", "4"}}},  // in every line
        // What spreadsheets show in the place of a value.
        {"a,b,y\n1,2,u\n########,########,v\n3,4,u\n",
         {{"a", "b", "y"}, {"1", "2", "u"}, {"########", "########", "v"}, {"3", "4", "u"}}},
        {"a,y\n1,u\n#ERROR!,v\n2,u\n", {{"a", "y"}, {"1", "u"}, {"#ERROR!", "v"}, {"2", "u"}}},
        {"a,y\n1,u\n#,v\n2,u\n", {{"a", "y"}, {"1", "u"}, {"#", "v"}, {"2", "u"}}},
        {"#,Name,HP\n1,x,45\n2,y,50\n", {{"#", "Name", "HP"}, {"1", "x", "45"}, {"2", "y", "50"}}},
        {"#CHROM\tPOS\n7\t3\n8\t4\n", {{"#CHROM", "POS"}, {"7", "3"}, {"8", "4"}}},
        {"\"#12\",1\n\"#13\",2\n", {{"#12", "1"}, {"#13", "2"}}},
        {"#12 1 x\na 2 y\nb 3 x\n", {{"#12", "1", "x"}, {"a", "2", "y"}, {"b", "3", "x"}}},
        {"# a,b,c\n1,2,3\n4,5,6\n", {{"1", "2", "3"}, {"4", "5", "6"}}},  // numpy.savetxt
        {"# a b c\n1 2 3\n4 5 6\n", {{"1", "2", "3"}, {"4", "5", "6"}}},
        {"## made, by: hand\n1,2\n3,4\n", {{"1", "2"}, {"3", "4"}}},
        {"1,2,x\n# a quote \" that stays open, or so\n3,4,y\n", {{"1", "2", "x"}, {"3", "4", "y"}}},
        {"1,2,x\n#see above\n3,4,y\n", {{"1", "2", "x"}, {"3", "4", "y"}}},
        {"# one\n# two, three\n", {}},
        {"# version 1.5, or so\na,b\n1,2\n3,4\n", {{"a", "b"}, {"1", "2"}, {"3", "4"}}},
        {"1 2 3\n# nothing else\n4 5 6\n", {{"1", "2", "3"}, {"4", "5", "6"}}},
    };
    for (const Case& c : cases) BOOST_TEST_CONTEXT(c.text) BOOST_TEST((read(c.text) == c.rows));
    for (const char* doubtful : {"1,2,x\n#3,4,y\n5,6,x\n", "1,2,x\n# 3,4,y\n5,6,x\n", "ash,1\n#ash,2\nelm,3\n",
                                 "1,2,x\n#a,b,c\n3,4,y\n", "12,2,x\n# 12,n/k,y\n3,4,y\n", "12,2,x\n# n/k,5,y\n3,4,y\n",
                                 "1 2 x\n# 3 4 y\n5 6 x\n", "a,b,y\n# 12,n/k,x,\n5,6,x,\n3,4,y,\n"}) {
        BOOST_TEST_CONTEXT(doubtful) check_refused(doubtful, "line 2: begins with #", "double quotes");
    }
}

BOOST_AUTO_TEST_CASE(a_comment_with_as_many_fields_as_the_rows_is_counted) {
    const auto likely = [](const std::string& text) { return look(text).likely_comments; };
    using Lines = std::vector<std::size_t>;
    BOOST_TEST((likely("1,x\n# see above, please\n3,y\n# and, again\n") == Lines{2, 4}));
    BOOST_TEST((likely("1,x\n#12?,x\n3,y\n") == Lines{2}));
    BOOST_TEST((likely("1,2,x\n# n/k,n/k,y\n3,4,y\n") == Lines{2}));
    BOOST_TEST((likely("1 2 x\n# see the above\n3 4 y\n") == Lines{2}));
    BOOST_TEST((likely("a,y\n1,x,\n# see, this,\n3,y,\n") == Lines{3}));
    BOOST_TEST(likely("# a,b,c\n1,2,3\n# one\n4,5,6\n").empty());
}

BOOST_AUTO_TEST_CASE(blanks_within_quotes_do_not_count_at_their_ends) {
    BOOST_TEST((read("\"ash \",\"  1.5 \"\n\" elm\",2\n") == Rows{{"ash", "1.5"}, {"elm", "2"}}));
    BOOST_TEST((read("\u00A0a\u00A0,\"\u202F1\"\nb,2\n") == Rows{{"a", "1"}, {"b", "2"}}));
    BOOST_TEST((read("\"a  b\",1\nc,2\n") == Rows{{"a  b", "1"}, {"c", "2"}}));
}

BOOST_AUTO_TEST_CASE(what_spreadsheets_and_databases_export) {
    BOOST_TEST((read("a|b\n1|2\n") == Rows{{"a", "b"}, {"1", "2"}}));
    BOOST_TEST(Records("1|2", "").separator_name() == "|");
    BOOST_TEST((read("sep=;\r\na,x;b\r\n1,5;2\r\n") == Rows{{"a,x", "b"}, {"1,5", "2"}}));
    BOOST_TEST((lines("\"sep=,\"\n1,2\n3,4\n") == std::vector<std::size_t>{2, 3}));
    check_refused(std::string("\xFF\xFE\x31\0\x2C\0", 6), "UTF-16");
}

BOOST_AUTO_TEST_CASE(counts_lines) {
    BOOST_TEST((lines("\n1,2\n# x\n3,\"4\n4\"\n5,6\r\n\r\n7,8") == std::vector<std::size_t>{2, 4, 6, 8}));
}

BOOST_AUTO_TEST_CASE(damage_is_named_with_its_place) {
    check_refused(std::string("1,2\n\0,3", 7), "byte 4 is zero", "not a text table");
    check_refused("1,2\n3,\"4\n", "line 2: a quote is opened and never closed");
    check_refused("1,2\n3,\"4\"5\n", "line 2: text follows a closing quote");
    check_refused("\"1\"2 3\n", "line 1: text follows a closing quote");
}

BOOST_AUTO_TEST_CASE(a_text_longer_than_its_window_is_read_piece_by_piece) {
    // Fields of every length lie across every border; the comment comes long after the head.
    std::string text = "a,b\n";
    Rows expected{{"a", "b"}};
    for (std::size_t row = 0; row < 3000; ++row) {
        const std::string word(row % 57, 'x');
        text += word + ",\"say \"\"" + word + "\"\"\"\r\n";
        expected.push_back({word, "say \"" + word + "\""});
        if (row == 2500) text += "# by the way\n";
    }
    for (const std::size_t piece : {1000, 4096, 100'000}) {
        const Seen seen = see([&] {
            return std::make_unique<Records>(source_of(text, piece), "t.csv", Records::Window{.piece = piece});
        });
        BOOST_TEST(seen.refusal.empty());
        BOOST_TEST((seen.rows == expected));
        BOOST_TEST(seen.lines.back() == 3002U);
    }
}

BOOST_AUTO_TEST_CASE(a_line_without_end_is_refused_before_it_fills_memory) {
    std::size_t given = 0;
    const auto endless = [&](std::span<char> out) {
        std::ranges::fill(out, '7');
        given += out.size();
        return out.size();
    };
    const Records::Window window{.piece = 1000, .longest_line = std::size_t{1} << 20U};
    BOOST_CHECK_EXCEPTION(Records(endless, "t.csv", window), core::Error,
                          failure(Failure::data, "t.csv", "holds a line of more than 1 MB"));
    BOOST_TEST(given < (std::size_t{1} << 20U) + 2000);
}

BOOST_AUTO_TEST_CASE(a_row_is_there_as_soon_as_its_line_ends) {
    const std::string text = "a,b\n1,2\n3,4";
    std::size_t asked = 0;
    const auto by_line = [&](std::span<char> out) -> std::size_t {
        const std::size_t begin = asked == 0 ? 0 : asked * 4;
        const std::size_t count = std::min<std::size_t>(4, text.size() - std::min(begin, text.size()));
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(begin), count, out.begin());
        ++asked;
        return count;
    };
    Records records(by_line, "t.csv", {.head = 0});
    BOOST_TEST(asked == 1U);
    BOOST_TEST(records.next());
    BOOST_TEST(asked == 1U);
    BOOST_TEST(!records.has_line());
    BOOST_TEST(records.next());
    BOOST_TEST(asked == 2U);
    BOOST_TEST(records.fields()[1] == "2");
}

BOOST_AUTO_TEST_SUITE_END()
