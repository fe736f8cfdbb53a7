#include "report/display.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(display_tests)

using report::Display;
using report::Terminal;
using schedule::RunProgress;

namespace {

/// What a terminal shows after a stream of text with the few controls that a display uses.
std::vector<std::string> shown(const std::string& stream) {
    std::vector<std::string> lines{""};
    std::size_t row = 0;
    for (std::size_t i = 0; i < stream.size(); ++i) {
        if (stream[i] == '\n') {
            if (++row == lines.size()) lines.emplace_back();
        } else if (stream[i] == '\r') {
            BOOST_TEST_REQUIRE(stream[i + 1] == '\x1b');  // never writes over a line without clearing it
        } else if (stream[i] == '\x1b') {
            const std::size_t end = stream.find_first_of("AJ", i);
            if (stream[end] == 'A') {
                row -= std::stoul(stream.substr(i + 2, end - i - 2));
            } else {
                lines.resize(row + 1);
                lines[row].clear();
            }
            i = end;
        } else {
            lines[row] += stream[i];
        }
    }
    return lines;
}

RunProgress progress(std::size_t done, std::size_t ranks) {
    RunProgress progress{.members = 9, .members_done = done, .epochs = 5};
    progress.ranks.resize(ranks);
    return progress;
}

struct Screen {
    std::string stream;
    Display display;
    explicit Screen(const Terminal& terminal) : display(terminal, [this](std::string_view text) { stream += text; }) {}
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_it_is_given_commands_no_terminal) {
    for (const bool live : {true, false}) {
        Screen screen({.live = live, .columns = 100, .rows = 40, .color = false, .utf8 = true});
        screen.display.line("data of '\x1b[2Ja\r.csv'\nand more");
        BOOST_TEST(screen.stream == "data of '\\x1B[2Ja\\x0D.csv'\nand more\n");
    }
}

BOOST_AUTO_TEST_CASE(live_lines_are_written_over) {
    Screen screen({.live = true, .columns = 100, .rows = 40, .color = false, .utf8 = true});
    screen.display.line("hello");
    screen.display.update(progress(1, 2), 0.0);
    screen.display.update(progress(2, 2), 0.2);
    auto lines = shown(screen.stream);
    BOOST_TEST_REQUIRE(lines.size() == 5U);
    BOOST_TEST(lines[4].empty());  // the cursor's
    BOOST_TEST(lines[0] == "hello");
    BOOST_TEST(lines[1].starts_with("2 of 9 members done"));
    BOOST_TEST(lines[2].starts_with("rank 0"));

    screen.display.line("news");
    screen.display.update(progress(3, 2), 0.4);
    lines = shown(screen.stream);
    BOOST_TEST_REQUIRE(lines.size() == 6U);
    BOOST_TEST(lines[1] == "news");
    BOOST_TEST(lines[2].starts_with("3 of 9 members done"));

    screen.display.clear();
    lines = shown(screen.stream);
    BOOST_TEST_REQUIRE(lines.size() == 3U);
    BOOST_TEST(lines[2].empty());
}

BOOST_AUTO_TEST_CASE(a_terminal_is_redrawn_at_most_five_times_a_second) {
    Screen screen({.live = true, .columns = 100, .rows = 40, .color = false, .utf8 = true});
    BOOST_TEST(screen.display.is_due(0.0));
    screen.display.update(progress(0, 1), 0.0);
    BOOST_TEST(!screen.display.is_due(0.19));
    BOOST_TEST(screen.display.is_due(0.2));
}

BOOST_AUTO_TEST_CASE(a_log_gets_whole_lines_less_and_less_often) {
    Screen screen({.live = false, .columns = 80, .rows = 24, .color = false, .utf8 = true});
    BOOST_TEST(!screen.display.is_due(9.9));
    double now = 10;
    double previous = 0;
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(screen.display.is_due(now));
        screen.display.update(progress(1, 2), now);
        double next = now;
        while (!screen.display.is_due(next)) next += 0.5;
        BOOST_TEST(next - now >= now - previous - 0.5);
        BOOST_TEST(next - now <= 600.5);
        previous = now;
        now = next;
    }
    screen.display.clear();
    BOOST_TEST(screen.stream.find_first_of("\r\x1b") == std::string::npos);
    BOOST_TEST(screen.stream.ends_with("\n"));
    BOOST_TEST(screen.stream.starts_with("   0:10  1 of 9 members done"));
}

BOOST_AUTO_TEST_CASE(without_utf8_everything_is_ascii) {
    Screen screen({.live = true, .columns = 100, .rows = 40, .color = false, .utf8 = false});
    screen.display.line("28×28 · digits");
    screen.display.update(progress(1, 1), 0.0);
    for (const char c : screen.stream) BOOST_TEST(static_cast<unsigned char>(c) < 0x80U);
    BOOST_TEST(screen.stream.starts_with("28x28 - digits\n"));
}

BOOST_AUTO_TEST_SUITE_END()
