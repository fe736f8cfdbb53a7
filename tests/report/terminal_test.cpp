#include "report/terminal.hpp"

#include <map>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(terminal_tests)

using report::detect_terminal;
using report::Environment;

namespace {

Environment environment(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_launchers_word_decides) {
    const auto told =
        detect_terminal(environment({{"ENSEMBLE_TERMINAL", "1"}, {"COLUMNS", "101"}, {"LINES", "33"}}), true);
    BOOST_TEST(told.live);
    BOOST_TEST(told.color);
    BOOST_TEST(told.columns == 101U);
    BOOST_TEST(told.rows == 33U);
    BOOST_TEST(!detect_terminal(environment({{"ENSEMBLE_TERMINAL", "0"}}), true).live);
}

BOOST_AUTO_TEST_CASE(a_rank_without_mpirun_as_parent_writes_a_log) {
    BOOST_TEST(!detect_terminal(environment({}), true).live);
}

BOOST_AUTO_TEST_CASE(a_dumb_terminal_is_a_log) {
    const auto terminal = detect_terminal(environment({{"ENSEMBLE_TERMINAL", "1"}, {"TERM", "dumb"}}), true);
    BOOST_TEST(!terminal.live);
    BOOST_TEST(!terminal.color);
}

BOOST_AUTO_TEST_CASE(no_color_is_respected) {
    const auto terminal = detect_terminal(environment({{"ENSEMBLE_TERMINAL", "1"}, {"NO_COLOR", "1"}}), true);
    BOOST_TEST(terminal.live);
    BOOST_TEST(!terminal.color);
    BOOST_TEST(detect_terminal(environment({{"ENSEMBLE_TERMINAL", "1"}, {"NO_COLOR", ""}}), true).color);
}

BOOST_AUTO_TEST_CASE(utf8_is_written_where_the_locale_has_it) {
    BOOST_TEST(detect_terminal(environment({{"LANG", "C.UTF-8"}}), true).utf8);
    BOOST_TEST(detect_terminal(environment({{"LC_ALL", ""}, {"LANG", "de_DE.utf8"}}), true).utf8);
    BOOST_TEST(!detect_terminal(environment({{"LC_ALL", "C"}, {"LANG", "C.UTF-8"}}), true).utf8);
    BOOST_TEST(!detect_terminal(environment({}), true).utf8);
}

BOOST_AUTO_TEST_CASE(sizes_that_make_no_sense_are_ignored) {
    const auto terminal = detect_terminal(environment({{"COLUMNS", "wide"}, {"LINES", "0"}}), true);
    BOOST_TEST(terminal.columns == 80U);
    BOOST_TEST(terminal.rows == 24U);
}

BOOST_AUTO_TEST_SUITE_END()
