#include "store/checkpoint_writer.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "store/failing_file_system.hpp"
#include "store/kept_state.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(checkpoint_writer_tests)

namespace {

/// A disk that does not answer until it is told to.
class StuckFileSystem : public store::FileSystem {
public:
    int fsync(int file) override {
        std::unique_lock lock(mutex_);
        free_.wait(lock, [this] { return is_free_; });
        return FileSystem::fsync(file);
    }
    void set_free() {
        const std::lock_guard lock(mutex_);
        is_free_ = true;
        free_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable free_;
    bool is_free_ = false;
};

std::shared_ptr<store::Checkpoints> checkpoints_in(const Place& place) {
    return std::make_shared<store::Checkpoints>(place.directory, configuration, place.system);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_handed_over_is_written_as_it_was) {
    const Place place;
    store::CheckpointWriter writer(checkpoints_in(place));
    for (std::uint32_t epoch = 1; epoch <= 5; ++epoch) {
        train::MemberState state = state_after(epoch, 10'000);
        writer.start(state);
        state.parameters.assign(state.parameters.size(), -1.0F);  // training goes on
        writer.wait();
        BOOST_TEST(writer.is_free());
        BOOST_TEST((place.load().state->parameters == state_after(epoch, 10'000).parameters));
    }
    BOOST_TEST(place.names().size() == 2U);
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_disk_that_does_not_answer) {
    StuckFileSystem system;
    const Place place(system);
    store::CheckpointWriter writer(checkpoints_in(place));
    writer.start(state_after(1));
    BOOST_TEST(!writer.is_free());
    BOOST_CHECK_THROW(writer.start(state_after(2)), core::ContractViolation);
    try {
        writer.wait(0.05);
        BOOST_ERROR("nothing was thrown");
    } catch (const core::Error& error) {
        BOOST_TEST(error.exit_code() == 4);
        BOOST_TEST(std::string(error.what()).find("member 3 is not on the disk") != std::string::npos);
    }
    system.set_free();
    writer.wait();
    BOOST_TEST(epoch_of(place.load()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_is_thrown_once_by_the_next_call) {
    for (const bool waits : {true, false}) {
        FailingFileSystem system;
        system.fail_at = 2;  // fsync of the file
        system.error = ENOSPC;
        const Place place(system);
        store::CheckpointWriter writer(checkpoints_in(place));
        writer.start(state_after(1));
        std::string message;
        try {
            if (waits) writer.wait();
            while (!writer.is_free()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        } catch (const core::Error& error) {
            message = error.what();
        }
        BOOST_TEST(message.find("fsync failed: No space left") != std::string::npos, message);
        BOOST_TEST(writer.is_free());
        writer.start(state_after(2));
        writer.wait();
        BOOST_TEST(epoch_of(place.load()) == 2U);
    }
}

BOOST_AUTO_TEST_CASE(what_is_under_way_at_the_end_is_still_written) {
    const Place place;
    { store::CheckpointWriter(checkpoints_in(place)).start(state_after(1, 100'000)); }
    BOOST_TEST(epoch_of(place.load()) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
