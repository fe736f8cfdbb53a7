#include "comm/deadline.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace comm {

bool stops_within(const std::stop_token& stop, std::chrono::duration<double> time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    return never.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
}

Deadline::Deadline(double seconds, std::function<void()> expired)
    : thread_([seconds, act = std::move(expired)](const std::stop_token& met) {
          if (!stops_within(met, std::chrono::duration<double>(seconds))) act();
      }) {}

}  // namespace comm
