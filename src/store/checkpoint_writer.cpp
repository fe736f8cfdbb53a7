#include "store/checkpoint_writer.hpp"

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
#include "store/member_file.hpp"

namespace store {

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

    void rethrow() {
        if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
    }
};

CheckpointWriter::CheckpointWriter(std::shared_ptr<Checkpoints> checkpoints)
    : shared_(std::make_shared<Shared>(std::move(checkpoints))) {
    // No handler runs here, whatever signals the process takes.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    shared_->thread = std::thread([shared = shared_] { shared->work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

CheckpointWriter::~CheckpointWriter() {
    constexpr std::chrono::duration<double> limit(longest_write_s);
    std::unique_lock lock(shared_->mutex);
    const bool done = shared_->changed.wait_for(lock, limit, [this] { return !shared_->busy; });
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
    draft_member(state, shared_->checkpoints->configuration(), shared_->draft);
    const std::lock_guard lock(shared_->mutex);
    shared_->member = state.member;
    shared_->busy = true;
    shared_->changed.notify_all();
}

void CheckpointWriter::wait(double limit_s) {
    std::unique_lock lock(shared_->mutex);
    const std::chrono::duration<double> limit(limit_s);
    if (!shared_->changed.wait_for(lock, limit, [this] { return !shared_->busy; })) {
        core::fail(core::Failure::run,
                   "a checkpoint of member {} is not on the disk after {} s; the one before is kept: check the disk "
                   "and go on with --resume",
                   shared_->member, limit_s);
    }
    shared_->rethrow();
}

}  // namespace store
