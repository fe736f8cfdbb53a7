#include "schedule/checkpointer.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "scratch.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(checkpointer_tests)

using namespace schedule;

namespace {

train::MemberState state_after(std::uint32_t epoch, std::uint64_t step = 0) {
    train::MemberState state;
    state.member = 2;
    state.epoch = epoch;
    state.step = step;
    state.updates = 100 * epoch + step;
    state.parameters.assign(10, 0.5F);
    return state;
}

struct Place {
    Scratch scratch;
    store::RunDirectory directory = store::RunDirectory::create(scratch / "run");
    config::CheckpointInterval interval;

    /// The newest state on the disk once everything has got there.
    [[nodiscard]] std::pair<std::uint32_t, std::uint64_t> newest() const {
        store::FileSystem system;
        const auto kept = store::Checkpoints(directory, "digest", system).load(2);
        return kept.state ? std::pair(kept.state->epoch, kept.state->step) : std::pair(0U, std::uint64_t{0});
    }
    [[nodiscard]] auto keeper() const { return std::make_unique<Checkpointer>(directory, "digest", interval); }
};

using Where = std::pair<std::uint32_t, std::uint64_t>;

}  // namespace

BOOST_AUTO_TEST_CASE(by_epochs_it_keeps_what_has_come_so_far) {
    const Place place{.scratch = {}, .interval = {.epochs = 2, .seconds = 0}};
    auto keeper = place.keeper();
    BOOST_TEST(!keeper->load(2).state.has_value());
    const auto offer = [&](std::uint32_t epoch, std::uint64_t step) {
        keeper->offer(state_after(epoch, step));
        keeper.reset();  // waits for the disk
        keeper = place.keeper();
        static_cast<void>(keeper->load(2));
    };
    offer(1, 5);
    BOOST_TEST((place.newest() == Where{0, 0}));
    offer(2, 0);
    BOOST_TEST((place.newest() == Where{2, 0}));
    offer(3, 7);
    BOOST_TEST((place.newest() == Where{2, 0}));
    offer(4, 1);  // late, since the one before was on its way
    BOOST_TEST((place.newest() == Where{4, 1}));
    train::MemberState done = state_after(8);
    done.finished = true;
    offer(8, 0);
    keeper->offer(done);
    keeper->finish(done);
    BOOST_TEST(keeper->load(2).is_final);
}

BOOST_AUTO_TEST_CASE(layers_that_are_pretrained_are_kept_one_by_one) {
    Place place{.scratch = {}, .interval = {.epochs = 5, .seconds = 0}};
    const auto after = [](std::uint32_t layers) {
        train::MemberState state = state_after(0);
        state.pretrained = layers;
        return state;
    };
    auto keeper = place.keeper();
    static_cast<void>(keeper->load(2));
    BOOST_TEST(!keeper->offer(after(0)));
    BOOST_TEST(keeper->offer(after(1)));
    BOOST_TEST(!keeper->offer(after(1)));
    keeper.reset();
    keeper = place.keeper();
    const auto kept = keeper->load(2);
    BOOST_TEST_REQUIRE(kept.state.has_value());
    BOOST_TEST(kept.state->pretrained == 1U);
    BOOST_TEST(!keeper->offer(after(1)));
    // By time, what has not changed is not written again.
    place.interval = {.epochs = 0, .seconds = 0.01};
    keeper = place.keeper();
    static_cast<void>(keeper->load(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    BOOST_TEST(!keeper->offer(after(1)));
    BOOST_TEST(keeper->offer(after(2)));
}

BOOST_AUTO_TEST_CASE(by_time_it_keeps_after_so_long_and_never_without_either) {
    Place place{.scratch = {}, .interval = {.epochs = 0, .seconds = 1e6}};
    auto keeper = place.keeper();
    static_cast<void>(keeper->load(2));
    BOOST_TEST(!keeper->offer(state_after(0, 1)));
    place.interval.seconds = 0.01;
    keeper = place.keeper();
    static_cast<void>(keeper->load(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    BOOST_TEST(keeper->offer(state_after(0, 2)));
    keeper.reset();
    BOOST_TEST((place.newest() == Where{0, 2}));
    place.interval = {.epochs = 0, .seconds = 0};
    keeper = place.keeper();
    keeper->offer(state_after(7, 1));
    keeper.reset();
    BOOST_TEST((place.newest() == Where{0, 2}));
    keeper = place.keeper();
    keeper->save(state_after(3, 3));
    BOOST_TEST((place.newest() == Where{3, 3}));
}

BOOST_AUTO_TEST_SUITE_END()
