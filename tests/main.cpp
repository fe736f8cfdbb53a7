// The main program of every unit test; suites are chosen with --run_test.
#include <boost/test/unit_test.hpp>

#include "skips.hpp"

using namespace ensemble;

int main(int argc, char** argv) {
    testing::Skips skips;
    boost::unit_test::framework::register_observer(skips);
    const int code = boost::unit_test::unit_test_main(
        [] {
            boost::unit_test::framework::master_test_suite().p_name.value = "ensemble_train";
            return true;
        },
        argc, argv);
    return skips.judge(code);
}
