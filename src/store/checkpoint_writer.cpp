#include "store/checkpoint_writer.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/thread.hpp"
#include "store/member_file.hpp"

namespace ensemble::store {

/// What the two threads share. It outlives the writer if the disk does not answer: then the thread is left to itself.
struct CheckpointWriter::Shared {
    explicit Shared(std::shared_ptr<Checkpoints> given) : checkpoints(std::move(given)) {}

    std::shared_ptr<Checkpoints> checkpoints;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::byte> draft;  ///< the thread's own while it is busy
    std::uint32_t member = 0;
    bool busy = false;
    bool leave = false;
    std::exception_ptr failure;
    std::thread thread;

    void work() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return busy || leave; });
            if (!busy) return;
            lock.unlock();
            std::exception_ptr trouble;
            try {
                seal_member(draft);
                checkpoints->save(member, draft);
            } catch (...) {
                trouble = std::current_exception();
            }
            lock.lock();
            failure = trouble;
            busy = false;
            changed.notify_all();
        }
    }

    /// True as soon as nothing is being written. Counted second by second, so that time in which the process was
    /// stopped, and its disk with it, is none of it.
    [[nodiscard]] bool is_done_within(std::unique_lock<std::mutex>& lock, double seconds) {
        constexpr double turn_s = 1;
        for (double left_s = seconds; left_s > 0; left_s -= turn_s) {
            const std::chrono::duration<double> turn(std::min(left_s, turn_s));
            if (changed.wait_for(lock, turn, [this] { return !busy; })) return true;
        }
        return !busy;
    }

    void rethrow() {
        if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
    }
};

namespace {

/// No handler runs on a thread that is started meanwhile, whatever signals the process takes.
class AllBlocked {
public:
    AllBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~AllBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    AllBlocked(const AllBlocked&) = delete;
    AllBlocked& operator=(const AllBlocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

CheckpointWriter::CheckpointWriter(std::shared_ptr<Checkpoints> checkpoints)
    : shared_(std::make_shared<Shared>(std::move(checkpoints))) {
    const AllBlocked inherited;
    shared_->thread = core::start_thread<std::thread>([shared = shared_] { shared->work(); });
}

CheckpointWriter::~CheckpointWriter() {
    std::unique_lock lock(shared_->mutex);
    const bool done = shared_->is_done_within(lock, longest_write_s);
    shared_->leave = true;
    shared_->changed.notify_all();
    lock.unlock();
    if (done) {
        shared_->thread.join();
    } else {
        shared_->thread.detach();
    }
}

bool CheckpointWriter::is_free() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->busy) return false;
    shared_->rethrow();
    return true;
}

void CheckpointWriter::start(const train::MemberState& state) {
    core::require(is_free(), "one checkpoint is written after the other");
    draft_member(state, shared_->checkpoints->digest_of(state.member), shared_->draft);
    const std::lock_guard lock(shared_->mutex);
    shared_->member = state.member;
    shared_->busy = true;
    shared_->changed.notify_all();
}

void CheckpointWriter::wait(double limit_s) {
    std::unique_lock lock(shared_->mutex);
    if (!shared_->is_done_within(lock, limit_s)) {
        core::fail(core::Failure::run,
                   "a checkpoint of member {} is not on the disk after {} s; the one before is kept: check the disk "
                   "and go on with --resume",
                   shared_->member, limit_s);
    }
    shared_->rethrow();
}

}  // namespace ensemble::store
