#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "comm/group.hpp"
#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(agreement_tests)

BOOST_AUTO_TEST_CASE(without_errors_nothing_happens) {
    for (int i = 0; i < 10; ++i) BOOST_CHECK_NO_THROW(distributed::world().throw_if_any_failed(std::nullopt));
}

BOOST_AUTO_TEST_CASE(every_rank_throws_the_error_of_any_one) {
    for (comm::Communicator group : {distributed::world(), small_chunks()}) {
        for (int guilty = 0; guilty < group.size(); ++guilty) {
            const std::string words =
                "file " + std::string(static_cast<std::size_t>(100 * guilty), 'x') + " is missing";
            std::optional<core::Error> mine;
            if (group.rank() == guilty) mine.emplace(core::Failure::data, words);
            BOOST_CHECK_EXCEPTION(group.throw_if_any_failed(mine), comm::SharedError,
                                  [&](const comm::SharedError& error) {
                                      return error.kind() == core::Failure::data && error.what() == words;
                                  });
        }
    }
}

BOOST_AUTO_TEST_CASE(the_lowest_rank_speaks) {
    comm::Communicator world = distributed::world();
    const int lowest = world.size() / 2;
    std::optional<core::Error> mine;
    if (world.rank() >= lowest) mine.emplace(core::Failure::usage, "rank " + std::to_string(world.rank()));
    BOOST_CHECK_EXCEPTION(world.throw_if_any_failed(mine), core::Error, [&](const core::Error& error) {
        return error.exit_code() == 2 && error.what() == "rank " + std::to_string(lowest);
    });
}

BOOST_AUTO_TEST_CASE(a_step_is_attempted_by_all_or_given_up_by_all) {
    comm::Communicator world = distributed::world();
    int done = 0;
    world.run_everywhere([&] { ++done; });
    BOOST_TEST(done == 1);
    BOOST_CHECK_EXCEPTION(world.run_everywhere([&] {
        if (world.is_root()) throw std::runtime_error("out of luck");
    }),
                          comm::SharedError, [](const comm::SharedError& error) {
                              return error.kind() == core::Failure::run &&
                                     std::string(error.what()).find("out of luck") != std::string::npos &&
                                     std::string(error.what()).find("rank 0") != std::string::npos;
                          });
}

BOOST_AUTO_TEST_SUITE_END()
