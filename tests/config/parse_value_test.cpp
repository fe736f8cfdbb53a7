#include "config/parse_value.hpp"

#include <array>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(parse_value_tests)

using namespace config;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}

BOOST_AUTO_TEST_CASE(counts) {
    BOOST_TEST(parse_count("1", 1, 8) == 1U);
    BOOST_TEST(parse_count("8", 1, 8) == 8U);
    BOOST_TEST(parse_count("18446744073709551615", 0, std::numeric_limits<std::uint64_t>::max()) ==
               std::numeric_limits<std::uint64_t>::max());
    for (const char* bad : {"0", "9", "-1", "+1", "1.5", "1e3", "", " 1", "1 ", "x", "99999999999999999999"}) {
        const std::string message = usage_error([&] { static_cast<void>(parse_count(bad, 1, 8)); });
        BOOST_TEST(message == fmt::format("'{}' is not a whole number from 1 to 8", bad));
    }
}

BOOST_AUTO_TEST_CASE(numbers) {
    const Range half_open{0, 1, true, false};
    BOOST_TEST(parse_number("1", half_open, "0.5") == 1.0);
    BOOST_TEST(parse_number("1e-3", half_open, "0.5") == 1e-3);
    BOOST_TEST(usage_error([&] { static_cast<void>(parse_number("0", half_open, "0.5")); }) ==
               "0 is out of range; it must be above 0 and at most 1, such as 0.5");
    for (const auto& [text, what] : {std::pair{"1e-50", "too small"}, {"1e39", "too large"}}) {
        BOOST_TEST(contains(usage_error([&] {
                                static_cast<void>(parse_number(text, {0, infinity, true, true}, "0.5"));
                            }),
                            what));
    }
    BOOST_TEST(usage_error([&] { static_cast<void>(parse_number("1.01", half_open, "0.5")); }) ==
               "1.01 is out of range; it must be above 0 and at most 1, such as 0.5");
    BOOST_TEST(usage_error([&] {
                   static_cast<void>(parse_number("-2", {0, infinity, false, true}, "0.5"));
               }) == "-2 is out of range; it must be at least 0, such as 0.5");
    BOOST_TEST(usage_error([&] {
                   static_cast<void>(parse_number("1", {0, 1, false, true}, "0.5"));
               }) == "1 is out of range; it must be at least 0 and below 1, such as 0.5");
    for (const char* bad : {"", "x", "nan", "inf", "0.5x", "0,5", "1e999"}) {
        BOOST_TEST(contains(usage_error([&] { static_cast<void>(parse_number(bad, half_open, "0.5")); }),
                            "is not a number; give one such as 0.5"));
    }
}

BOOST_AUTO_TEST_CASE(choices) {
    constexpr std::array<std::string_view, 3> names{"adam", "adamw", "sgd"};
    BOOST_TEST(parse_choice("sgd", names) == 2U);
    BOOST_TEST(usage_error([&] { static_cast<void>(parse_choice("adan", names)); }) ==
               "'adan' is none of adam, adamw, sgd; did you mean adam?");
    BOOST_TEST(usage_error([&] { static_cast<void>(parse_choice("newton", names)); }) ==
               "'newton' is none of adam, adamw, sgd");
}

BOOST_AUTO_TEST_CASE(toggles) {
    BOOST_TEST(parse_toggle("true"));
    BOOST_TEST(!parse_toggle("false"));
    BOOST_TEST(usage_error([&] { static_cast<void>(parse_toggle("1")); }) == "'1' is neither true nor false");
}

BOOST_AUTO_TEST_CASE(times_have_a_unit_or_are_hours_minutes_and_seconds) {
    for (const auto& [text, seconds] : std::initializer_list<std::pair<const char*, double>>{{"90s", 90},
                                                                                             {"250ms", 0.25},
                                                                                             {"1.5h", 5400},
                                                                                             {"30min", 1800},
                                                                                             {"2d", 172800},
                                                                                             {"1:30:00", 5400},
                                                                                             {"0:00:07", 7},
                                                                                             {"100:00:00", 360000}}) {
        BOOST_TEST(config::parse_duration(text) == seconds);
    }
    for (const char* text : {"", "90", "s", "-5s", "0s", "5 s", "5m", "1:30", "1:30:", "1:2:3:4", "::", "1::2", "a:b:c",
                             "nans", "infs", "1e20s", "0:0:0", "1.5:0:0"}) {
        BOOST_TEST(contains(usage_error([&] { static_cast<void>(config::parse_duration(text)); }), "is not a time"),
                   text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
