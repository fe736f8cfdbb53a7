// The main program of tests that run on several ranks: the session spans all suites.
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "distributed/world.hpp"

using namespace ensemble;

namespace {

std::optional<comm::Communicator> session_world;

}  // namespace

comm::Communicator distributed::world() {
    return session_world.value();
}

int main(int argc, char** argv) {
    return comm::run_ranks(
        argc, argv,
        [&](const comm::Communicator& world) {
            session_world = world;
            const int failures = boost::unit_test::unit_test_main([] { return true; }, argc, argv);
            if (failures != 0) std::fprintf(stderr, "rank %d of %d failed\n", world.rank(), world.size());
            session_world.reset();
            return failures;
        },
        [](const std::string& message) { std::fprintf(stderr, "%s\n", message.c_str()); });
}
