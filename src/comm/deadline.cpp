#include "comm/deadline.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/thread.hpp"

namespace ensemble::comm {
namespace {

using Seconds = std::chrono::duration<double>;

/// A limit is counted in turns of this length. One that took longer, because this process was stopped or frozen
/// meanwhile, counts no more than others: what it waits for has had no chance either.
constexpr Seconds longest_turn(1);

}  // namespace

bool stops_within(const std::stop_token& stop, Seconds time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    // What the wait returns is no answer: a request that comes between its look at the predicate and its look at the
    // token makes it return false at once.
    static_cast<void>(never.wait_for(lock, stop, time, [&] { return stop.stop_requested(); }));
    return stop.stop_requested();
}

Deadline::Deadline(double seconds, std::function<void()> expired)
    : thread_(core::start_thread([limit = Seconds(seconds), act = std::move(expired)](const std::stop_token& met) {
          for (Seconds left = limit; left.count() > 0; left -= longest_turn) {
              if (stops_within(met, std::min(left, longest_turn))) return;
          }
          act();
      })) {}

Patience::Patience(double seconds, double longest_turn_s) : left_(seconds), longest_turn_(longest_turn_s) {}

bool Patience::is_over() {
    const auto now = core::Clock::now();
    left_ -= std::min(Seconds(now - std::exchange(last_, now)), longest_turn_);
    return left_.count() < 0;
}

}  // namespace ensemble::comm
