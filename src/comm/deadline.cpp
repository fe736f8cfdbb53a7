#include "comm/deadline.hpp"

#include <chrono>
#include <utility>

namespace comm {

Deadline::Deadline(double seconds, std::function<void()> expired)
    : thread_([this, seconds, act = std::move(expired)] {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return met_; })) return;
          act();
      }) {}

Deadline::~Deadline() {
    {
        const std::scoped_lock lock(mutex_);
        met_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

}  // namespace comm
