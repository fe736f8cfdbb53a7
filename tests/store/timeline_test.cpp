#include "store/timeline.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(timeline_tests)

using store::Activity;
using store::TimelineEntry;

BOOST_AUTO_TEST_CASE(a_line_says_who_did_what_from_when_to_when) {
    const TimelineEntry training{
        .start = 2, .rank = 7, .activity = Activity::train, .member = 12, .from_s = 0.5, .to_s = 3.25};
    BOOST_TEST(store::timeline_line(training) ==
               R"({"start":2,"rank":7,"what":"train","member":12,"from":0.500000000,"to":3.250000000})");
    const TimelineEntry idle{.rank = 0, .activity = Activity::idle, .from_s = 3.25, .to_s = 4};
    BOOST_TEST(store::timeline_line(idle) ==
               R"({"start":1,"rank":0,"what":"idle","from":3.250000000,"to":4.000000000})");
}

BOOST_AUTO_TEST_CASE(lines_are_read_as_they_were_written) {
    const std::vector<TimelineEntry> entries{
        {.start = 1, .rank = 3, .activity = Activity::predict, .member = 0, .from_s = 1.5, .to_s = 2.25},
        {.start = 3, .rank = 0, .activity = Activity::analyse, .member = {}, .from_s = 0, .to_s = 1e6},
        {.start = 3, .rank = 1, .activity = Activity::idle, .member = {}, .from_s = 0.25, .to_s = 0.75}};
    std::string text;
    for (const TimelineEntry& entry : entries) text += store::timeline_line(entry) + '\n';
    BOOST_TEST((store::read_timeline(text) == entries));
    BOOST_TEST(store::read_timeline("").empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_entry_is_left_out) {
    const TimelineEntry entry{.start = 1, .rank = 3, .activity = Activity::idle, .from_s = 1.5, .to_s = 2.25};
    const std::string line = store::timeline_line(entry);
    for (const std::string& other :
         {line.substr(0, line.size() - 1), std::string("[1]"), std::string("{}"), std::string("null"),
          std::string(R"({"start":1,"rank":"x","what":"idle","from":1,"to":2})"),
          std::string(R"({"start":1,"rank":0,"what":"sleep","from":1,"to":2})")}) {
        const std::vector<TimelineEntry> found = store::read_timeline(other + '\n' + line + '\n');
        BOOST_TEST_REQUIRE(found.size() == 1U, other);
        BOOST_TEST((found.front() == entry));
    }
}

BOOST_AUTO_TEST_SUITE_END()
