// The main program of every unit test; suites are chosen with --run_test.
#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
    return boost::unit_test::unit_test_main(
        [] {
            boost::unit_test::framework::master_test_suite().p_name.value = "ensemble_train";
            return true;
        },
        argc, argv);
}
