#include "train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(schedule_tests)

using train::learning_rate;
using train::ScheduleKind;

namespace {

train::Hyperparameters with(ScheduleKind kind) {
    train::Hyperparameters h;
    h.learning_rate = 0.4;
    h.schedule = kind;
    h.schedule_step = 10;
    h.schedule_factor = 0.1;
    return h;
}

bool near(double a, double b) {
    return std::abs(a - b) < 1e-12;
}

}  // namespace

BOOST_AUTO_TEST_CASE(constant_stays) {
    BOOST_TEST(learning_rate(with(ScheduleKind::constant), 0, 100, 0) == 0.4);
    BOOST_TEST(learning_rate(with(ScheduleKind::constant), 99, 100, 9) == 0.4);
}

BOOST_AUTO_TEST_CASE(step_drops_every_so_many_epochs) {
    const auto h = with(ScheduleKind::step);
    BOOST_TEST(near(learning_rate(h, 0, 100, 9), 0.4));
    BOOST_TEST(near(learning_rate(h, 0, 100, 10), 0.04));
    BOOST_TEST(near(learning_rate(h, 0, 100, 25), 0.004));
}

BOOST_AUTO_TEST_CASE(cosine_starts_at_the_top_and_is_half_at_half_time) {
    const auto h = with(ScheduleKind::cosine);
    BOOST_TEST(near(learning_rate(h, 0, 100, 0), 0.4));
    BOOST_TEST(near(learning_rate(h, 50, 100, 0), 0.2));
    BOOST_TEST(learning_rate(h, 99, 100, 0) < 0.001);
}

BOOST_AUTO_TEST_CASE(one_cycle_rises_then_falls) {
    const auto h = with(ScheduleKind::one_cycle);
    BOOST_TEST(near(learning_rate(h, 0, 1000, 0), 0.4 / 25));
    BOOST_TEST(near(learning_rate(h, 75, 1000, 0), 0.4 - (0.4 - 0.4 / 25) * (1 + std::cos(std::numbers::pi / 4)) / 2));
    BOOST_TEST(near(learning_rate(h, 150, 1000, 0), (0.4 / 25 + 0.4) / 2));
    BOOST_TEST(near(learning_rate(h, 300, 1000, 0), 0.4));
    BOOST_TEST(near(learning_rate(h, 650, 1000, 0), (0.4 + 0.4 / 250'000) / 2));
    BOOST_TEST(learning_rate(h, 999, 1000, 0) < 0.4 / 10'000);
    double largest = 0;
    for (std::uint64_t update = 0; update < 1000; ++update) {
        largest = std::max(largest, learning_rate(h, update, 1000, 0));
    }
    BOOST_TEST(near(largest, 0.4));
}

BOOST_AUTO_TEST_SUITE_END()
