// The main program of every unit test; suites are chosen with --run_test.
#define BOOST_TEST_MODULE ensemble_train
#include <boost/test/unit_test.hpp>
