// Linked to tests that compute: their own thread does so as those of the program do.
#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"

namespace {

struct Prepared {
    Prepared() { ensemble::compute::prepare_thread(); }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(Prepared);
