#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <boost/test/tree/observer.hpp>
#include <boost/test/unit_test.hpp>

namespace ensemble::testing {

/// Says which cases cannot be tried on this machine, and why, in lines that tests/run repeats at its end: "skipped:
/// suite/case: reason". Boost.Test says so only where it says everything, and calls a program whose cases are all
/// skipped passed.
class Skips : public boost::unit_test::test_observer {
public:
    /// What CTest takes for a skipped test.
    static constexpr int exit_code = 77;

    void test_unit_start(const boost::unit_test::test_unit& unit) override {
        if (unit.p_type == boost::unit_test::TUT_CASE) ++started_;
    }

    void test_unit_skipped(const boost::unit_test::test_unit& unit, boost::unit_test::const_string reason) override {
        if (!unit.is_enabled()) return;  // --run_test did not ask for it
        constexpr std::string_view beginning = "precondition failed: ";
        std::string_view why(reason.begin(), reason.size());
        if (why.starts_with(beginning)) why.remove_prefix(beginning.size());
        ++skipped_;
        std::printf("skipped: %s: %s\n", unit.full_name().c_str(), std::string(why).c_str());
        static_cast<void>(std::fflush(stdout));
    }

    /// The exit code of the program that ran them and would end with `code`.
    [[nodiscard]] int judge(int code) const { return code == 0 && started_ == 0 && skipped_ > 0 ? exit_code : code; }

private:
    std::size_t started_ = 0;
    std::size_t skipped_ = 0;
};

}  // namespace ensemble::testing
