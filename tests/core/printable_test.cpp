#include "core/printable.hpp"

#include <set>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "core/reversible.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(printable_tests)

using namespace std::string_view_literals;

BOOST_AUTO_TEST_CASE(what_people_write_stays) {
    for (const std::string_view text : {""sv, "plain 'text' with \\ and ~"sv, "28×28 → grün, 数字, Ω, 🙂"sv}) {
        BOOST_TEST(core::printable(text) == text);
        BOOST_TEST(core::printable_lines(text) == text);
    }
}

BOOST_AUTO_TEST_CASE(commands_to_a_terminal_become_text) {
    BOOST_TEST(core::printable("a\x1b[2Jb") == "a\\x1B[2Jb");
    BOOST_TEST(core::printable("\x1b]0;title\x07") == "\\x1B]0;title\\x07");
    BOOST_TEST(core::printable("a\0b\r\t\x7f"sv) == "a\\x00b\\x0D\\x09\\x7F");
    BOOST_TEST(core::printable("\xc2\x9b"
                               "31m") == "\\xC2\\x9B31m");  // CSI as one character
}

BOOST_AUTO_TEST_CASE(what_is_not_utf8_becomes_text) {
    BOOST_TEST(core::printable("caf\xe9") == "caf\\xE9");
    BOOST_TEST(core::printable("\x9b"
                               "31m") == "\\x9B31m");
    BOOST_TEST(core::printable("\xe2\x82") == "\\xE2\\x82");                    // cut short
    BOOST_TEST(core::printable("\xc0\xaf") == "\\xC0\\xAF");                    // longer than needed
    BOOST_TEST(core::printable("\xe0\x80\xaf") == "\\xE0\\x80\\xAF");           // likewise
    BOOST_TEST(core::printable("\xed\xa0\x80") == "\\xED\\xA0\\x80");           // a surrogate
    BOOST_TEST(core::printable("\xf4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");  // beyond the last
}

BOOST_AUTO_TEST_CASE(text_keeps_its_direction) {
    BOOST_TEST(core::printable("a\u202eb") == "a\\xE2\\x80\\xAEb");
    BOOST_TEST(core::printable("a\u2028b\u2066") == "a\\xE2\\x80\\xA8b\\xE2\\x81\\xA6");
}

BOOST_AUTO_TEST_CASE(only_lines_keep_their_ends) {
    BOOST_TEST(core::printable("a\nb") == "a\\x0Ab");
    BOOST_TEST(core::printable_lines("a\nb\r\n") == "a\nb\\x0D\n");
}

BOOST_AUTO_TEST_CASE(twice_is_once) {
    const std::string once = core::printable("\x1b[1m\xff");
    BOOST_TEST(core::printable(once) == once);
}

BOOST_AUTO_TEST_CASE(names_that_differ_stay_different) {
    BOOST_TEST(core::reversible("a\\b c\\x") == "a\\b c\\x");
    BOOST_TEST(core::reversible("k\n") == "k\\x0A");
    BOOST_TEST(core::reversible("k\\x0A") == "k\\x5Cx0A");
    BOOST_TEST(core::original("k\\x0a\\x0") == "k\\x0a\\x0");
    // All texts of some letters that make escapes.
    const std::string letters = "\\x0A\n\xff";
    std::set<std::string> names;
    std::size_t count = 0;
    for (std::size_t number = 0; number < 6 * 6 * 6 * 6 * 6; ++number) {
        std::string text;
        for (std::size_t rest = number; rest > 0; rest /= 6) text += letters[rest % 6];
        const std::string name = core::reversible(text);
        if (core::printable(name) != name) BOOST_ERROR("not printable: " << name);
        if (core::original(name) != text) BOOST_ERROR("not reversible: " << name);
        names.insert(name);
        ++count;
    }
    BOOST_TEST(names.size() == count);
}

BOOST_AUTO_TEST_CASE(every_error_is_printable) {
    try {
        core::fail(core::Failure::data, "cannot read '{}'", "a\x1b[2J\nensemble_train: all is well");
    } catch (const core::Error& error) {
        BOOST_TEST(error.what() == "cannot read 'a\\x1B[2J\\x0Aensemble_train: all is well'"sv);
    }
    BOOST_TEST(core::reason(std::runtime_error("\x1b[2J")) == "\\x1B[2J");
}

BOOST_AUTO_TEST_SUITE_END()
