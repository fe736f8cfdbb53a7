#include "core/thread_pool.hpp"

#include "core/contract.hpp"
#include "core/thread.hpp"

namespace ensemble::core {
namespace {

/// Looks before a thread goes to sleep: some 100 µs, as long as the way from one divided piece of work to the next. To
/// be woken costs as much.
constexpr int most_looks = 8000;

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/// Until `value` is another than `old`.
void wait(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
    for (int look = 0; look < most_looks; ++look) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
    }
    value.wait(old, std::memory_order_acquire);
}

}  // namespace

void ThreadPool::resize(std::size_t threads) {
    require(threads > 0, "a pool has at least one thread");
    if (threads == size()) return;
    join_all();
    // Known before the thread is there, so that it misses nothing.
    try {
        for (std::size_t number = 1; number < threads; ++number) {
            threads_.push_back(start_thread([this, number] { attend(number); }));
        }
    } catch (...) {
        join_all();
        throw;
    }
}

void ThreadPool::join_all() {
    ends_ = true;
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    threads_.clear();  // joins
    ends_ = false;
    round_ = 0;
}

void ThreadPool::attend(std::size_t number) {
    if (prepare_) prepare_();
    std::uint32_t seen = 0;
    while (true) {
        wait(round_, seen);
        ++seen;
        if (ends_) return;
        try {
            call_(work_, number);
        } catch (...) {
            if (!failed_.test_and_set()) failure_ = std::current_exception();
        }
        if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
}

void ThreadPool::run_all(const void* work, Call call) {
    if (threads_.empty()) return call(work, 0);
    work_ = work;
    call_ = call;
    busy_.store(static_cast<std::uint32_t>(threads_.size()), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    try {
        call(work, 0);
    } catch (...) {
        if (!failed_.test_and_set()) failure_ = std::current_exception();
    }
    for (std::uint32_t left = busy_.load(std::memory_order_acquire); left != 0;
         left = busy_.load(std::memory_order_acquire))
        wait(busy_, left);
    if (!failed_.test()) return;
    failed_.clear();
    std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace ensemble::core
