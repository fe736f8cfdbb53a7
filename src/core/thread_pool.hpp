#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace ensemble::core {

/// Threads that share the work of the one that has it, who is one of them. Everyone does a part that its number alone
/// decides, so that what comes out depends on nothing else. Between two pieces of work they look for the next one for a
/// moment, and then sleep.
class ThreadPool {
public:
    /// A pool of one thread. `prepare` runs on each thread that joins, before anything else.
    explicit ThreadPool(std::function<void()> prepare = {}) : prepare_(std::move(prepare)) {}
    ~ThreadPool() { join_all(); }
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// REQUIRES: threads > 0; the owner's thread, outside run().
    void resize(std::size_t threads);

    [[nodiscard]] std::size_t size() const noexcept { return threads_.size() + 1; }

    /// Calls work(0) to work(size() - 1), each once and on a thread of its own; returns when all have. Throws what one
    /// of them threw. Allocates nothing. REQUIRES: the owner's thread, outside run().
    template <class Work>
    void run(const Work& work) {
        run_all(&work, [](const void* given, std::size_t number) { (*static_cast<const Work*>(given))(number); });
    }

private:
    using Call = void (*)(const void* work, std::size_t number);

    void run_all(const void* work, Call call);
    void attend(std::size_t number);
    void join_all();

    std::function<void()> prepare_;
    std::vector<std::jthread> threads_;
    const void* work_ = nullptr;
    Call call_ = nullptr;
    std::atomic<std::uint32_t> round_ = 0;  ///< counts pieces of work
    std::atomic<std::uint32_t> busy_ = 0;   ///< threads that are not done with the one under way
    bool ends_ = false;
    std::atomic_flag failed_;
    std::exception_ptr failure_;  ///< of the first that failed
};

/// The part of `count` things that falls to number `who` of `parts`: [begin, end), in multiples of `step`.
struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
};
[[nodiscard]] constexpr Part part_of(std::size_t count, std::size_t parts, std::size_t who, std::size_t step = 1) {
    const std::size_t steps = (count + step - 1) / step;
    return {std::min(count, steps * who / parts * step), std::min(count, steps * (who + 1) / parts * step)};
}

/// Calls work(begin, end) for parts of `count` things, on as many threads as have at least `least` of them; without a
/// pool, or with less to do, work(0, count).
template <class Work>
void parallel_for(ThreadPool* pool, std::size_t count, std::size_t least, const Work& work) {
    const std::size_t parts = pool == nullptr ? 1 : std::min(pool->size(), count / std::max<std::size_t>(least, 1));
    if (parts < 2) return work(0, count);
    pool->run([&](std::size_t who) {
        if (who >= parts) return;
        const Part part = part_of(count, parts, who);
        work(part.begin, part.end);
    });
}

}  // namespace ensemble::core
