#include "schedule/timeline.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(timeline_tests)

using namespace schedule;

namespace {

using Lines = std::vector<std::string>;

Finished finished(std::uint32_t member, double predict_s) {
    Finished message;
    message.result.index = member;
    message.predict_s = predict_s;
    return message;
}

Assign assign(std::uint32_t first, std::uint32_t count = 1) {
    return {.unit = {.first = first, .count = count}};
}

/// "0 train 3: 1 to 2.5"
Lines take(Timeline& timeline) {
    Lines lines;
    for (const store::TimelineEntry& entry : timeline.take()) {
        const std::string member = entry.member ? fmt::format(" {}", *entry.member) : "";
        lines.push_back(fmt::format("{} {}{}: {} to {}", entry.rank, core::name_of(entry.activity), member,
                                    entry.from_s, entry.to_s));
    }
    return lines;
}

void check(Timeline& timeline, const Lines& expected) {
    BOOST_TEST(take(timeline) == expected, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_member_is_waited_for_trained_and_predicts) {
    Timeline timeline(2);
    timeline.heard(1, Request{}, 0.5);
    timeline.told(1, assign(3), 1);
    timeline.heard(1, EpochDone{}, 2);
    timeline.heard(1, finished(3, 1.5), 5);
    timeline.end(7);
    check(timeline,
          {"1 idle: 0 to 1", "1 train 3: 1 to 3.5", "0 idle: 0 to 7", "1 predict 3: 3.5 to 5", "1 idle: 5 to 7"});
}

BOOST_AUTO_TEST_CASE(the_next_member_begins_when_the_one_before_is_stored) {
    Timeline timeline(1);
    timeline.told(0, assign(0), 0);
    timeline.heard(0, Request{}, 3);
    timeline.told(0, assign(4), 3);
    timeline.heard(0, finished(0, 1), 4);
    timeline.heard(0, finished(4, 0.5), 9);
    timeline.end(9);
    check(timeline, {"0 train 0: 0 to 3", "0 predict 0: 3 to 4", "0 train 4: 4 to 8.5", "0 predict 4: 8.5 to 9"});
}

BOOST_AUTO_TEST_CASE(members_of_one_unit) {
    Timeline timeline(1);
    timeline.told(0, assign(6, 2), 1);
    timeline.heard(0, finished(6, 0.25), 2);
    timeline.heard(0, finished(7, 0.25), 3);
    timeline.end(3);
    check(timeline, {"0 idle: 0 to 1", "0 train 6: 1 to 1.75", "0 predict 6: 1.75 to 2", "0 train 7: 2 to 2.75",
                     "0 predict 7: 2.75 to 3"});
}

BOOST_AUTO_TEST_CASE(a_member_that_was_trained_before_only_predicts) {
    // Its rank may have been at it for longer than the message was on its way.
    Timeline timeline(1);
    timeline.told(0, assign(2), 1);
    timeline.heard(0, finished(2, 0.75), 1.5);
    timeline.end(1.5);
    check(timeline, {"0 idle: 0 to 1", "0 predict 2: 1 to 1.5"});
}

BOOST_AUTO_TEST_CASE(jobs_of_the_analysis_without_a_gap_are_one) {
    Timeline timeline(1);
    timeline.told(0, Analyse{.job = 0, .context = {}}, 1);
    timeline.heard(0, Analysed{.job = 0, .result = {}}, 2);
    timeline.told(0, Analyse{.job = 1, .context = {}}, 2);
    timeline.heard(0, Analysed{.job = 1, .result = {}}, 3);
    timeline.told(0, Analyse{}, 3);  // others do the rest
    timeline.told(0, Analyse{.job = 5, .context = {}}, 4);
    timeline.end(6);
    check(timeline, {"0 idle: 0 to 1", "0 analyse: 1 to 3", "0 idle: 3 to 4", "0 analyse: 4 to 6"});
}

BOOST_AUTO_TEST_CASE(who_has_a_job_ahead_does_not_wait) {
    Timeline timeline(1);
    timeline.told(0, Analyse{.job = 0, .context = {}}, 1);
    timeline.told(0, Analyse{.job = 1, .context = {}}, 1);
    timeline.heard(0, Analysed{.job = 0, .result = {}}, 3);
    timeline.told(0, Analyse{.job = 2, .context = {}}, 4);
    timeline.heard(0, Analysed{.job = 1, .result = {}}, 5);
    timeline.heard(0, Analysed{.job = 2, .result = {}}, 6);
    timeline.end(8);
    check(timeline, {"0 idle: 0 to 1", "0 analyse: 1 to 6", "0 idle: 6 to 8"});
}

BOOST_AUTO_TEST_CASE(who_is_stopped_or_lost) {
    Timeline timeline(3);
    for (int rank = 0; rank < 3; ++rank) timeline.told(rank, assign(static_cast<std::uint32_t>(rank)), 0);
    timeline.lost(2, 4);
    timeline.told(2, assign(9), 5);  // comes too late
    check(timeline, {"2 train 2: 0 to 4"});
    timeline.told(0, Suspend{}, 5);
    timeline.heard(0, Suspended{}, 6);
    timeline.told(0, assign(8), 8);
    timeline.end(9);
    check(timeline, {"0 train 0: 0 to 6", "0 idle: 6 to 8", "0 train 8: 8 to 9", "1 train 1: 0 to 9"});
    timeline.end(10);
    check(timeline, {});
}

BOOST_AUTO_TEST_SUITE_END()
