#include "core/text.hpp"

#include <limits>

#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(text_tests)

using namespace core;

BOOST_AUTO_TEST_CASE(counts_in_words) {
    BOOST_TEST(core::in_words(0) == "no");
    BOOST_TEST(core::in_words(8) == "eight");
    BOOST_TEST(core::in_words(12) == "twelve");
    BOOST_TEST(core::in_words(13) == "13");
    BOOST_TEST(core::in_words(1200) == "1,200");
}

BOOST_AUTO_TEST_CASE(thousands_are_grouped) {
    BOOST_TEST(grouped(0) == "0");
    BOOST_TEST(grouped(999) == "999");
    BOOST_TEST(grouped(1'000) == "1,000");
    BOOST_TEST(grouped(61'234) == "61,234");
    BOOST_TEST(grouped(1'234'567'890) == "1,234,567,890");
}

BOOST_AUTO_TEST_CASE(times) {
    BOOST_TEST(core::clock(0) == "0:00");
    BOOST_TEST(core::clock(59.6) == "1:00");
    BOOST_TEST(core::clock(725) == "12:05");
    BOOST_TEST(core::clock(3723) == "1:02:03");
    BOOST_TEST(core::clock(std::numeric_limits<double>::quiet_NaN()) == "-");
    BOOST_TEST(core::clock(std::numeric_limits<double>::infinity()) == "-");
    BOOST_TEST(duration(0.314) == "0.31 s");
    BOOST_TEST(duration(9.999) == "10.0 s");
    BOOST_TEST(duration(59.7) == "1 min 0 s");
    BOOST_TEST(duration(725) == "12 min 5 s");
    BOOST_TEST(duration(12'000) == "3 h 20 min");
}

BOOST_AUTO_TEST_CASE(shares_and_numbers) {
    BOOST_TEST(percent(0.97838) == "97.84 %");
    BOOST_TEST(percent(1, 0) == "100 %");
    BOOST_TEST(percent(std::numeric_limits<double>::quiet_NaN()) == "-");
    BOOST_TEST(number(0.12345, 4) == "0.1235");
    BOOST_TEST(number(std::numeric_limits<double>::infinity(), 4) == "-");
    BOOST_TEST(bytes(512) == "512 B");
    BOOST_TEST(bytes(1536) == "1.5 KiB");
    BOOST_TEST(bytes(55'000'000) == "52 MiB");
    BOOST_TEST(counted(1, "member") == "1 member");
    BOOST_TEST(counted(1200, "member") == "1,200 members");
}

BOOST_AUTO_TEST_CASE(columns_are_characters_not_bytes) {
    BOOST_TEST(columns("28×28") == 5U);
    BOOST_TEST(clipped("28×28", 3) == "28×");
    BOOST_TEST(clipped("28×28", 2) == "28");
    BOOST_TEST(clipped("28×28", 9) == "28×28");
    BOOST_TEST(core::right("×", 3) == "  ×");
    BOOST_TEST(core::left("×", 3) == "×  ");
    BOOST_TEST(core::left("long", 2) == "long");
}

BOOST_AUTO_TEST_CASE(long_lines_are_broken_between_words) {
    BOOST_TEST(wrapped("one two three", 13) == "one two three");
    BOOST_TEST(wrapped("one two three", 12) == "one two\nthree");
    BOOST_TEST(wrapped("one two three", 7) == "one two\nthree");
    BOOST_TEST(wrapped("one\n\ntwo", 7) == "one\n\ntwo");
    BOOST_TEST(wrapped("unbreakable", 4) == "unbr\neaka\nble");
    BOOST_TEST(wrapped("data    28×28 grey images\nnet     x", 18) == "data    28×28 grey\n        images\nnet     x");
    BOOST_TEST(wrapped("", 5).empty());
    for (std::size_t width = 1; width < 40; ++width) {
        const std::string lines = wrapped("network   dense(256) relu dropout(0.2) (1,234 parameters)", width);
        for (std::size_t begin = 0; begin < lines.size();) {
            const std::size_t end = std::min(lines.find('\n', begin), lines.size());
            BOOST_TEST(columns(std::string_view(lines).substr(begin, end - begin)) <= width);
            begin = end + 1;
        }
    }
}

BOOST_AUTO_TEST_CASE(ascii_replaces_what_it_knows) {
    BOOST_TEST(to_ascii("28×28 · 3–4 −1 ─█░…") == "28x28 - 3-4 -1 -#....");
    BOOST_TEST(to_ascii("naïve") == "na?ve");
}

BOOST_AUTO_TEST_CASE(scaled_counts) {
    const std::vector<std::pair<double, const char*>> cases{
        {1, "1"},          {320, "320"},       {999, "999"},        {999.4, "999"},     {999.6, "1.00 k"},
        {1000, "1.00 k"},  {9994, "9.99 k"},   {9996, "10.0 k"},    {12'345, "12.3 k"}, {99'949, "99.9 k"},
        {99'951, "100 k"}, {999'499, "999 k"}, {999'501, "1.00 M"}, {17.4e6, "17.4 M"}, {4.5e9, "4.50 G"},
        {2e12, "2.00 T"}};
    for (const auto& [count, text] : cases) BOOST_TEST(core::scaled(count) == text);
}

BOOST_AUTO_TEST_SUITE_END()
