#include "comm/backoff.hpp"

#include <algorithm>
#include <thread>

namespace comm {
namespace {

constexpr int yields_before_sleep = 32;
constexpr std::chrono::microseconds first_sleep{10};

}  // namespace

void Backoff::pause() {
    if (yields_ < yields_before_sleep) {
        ++yields_;
        next_ = first_sleep;
        std::this_thread::yield();
        return;
    }
    std::this_thread::sleep_for(next_);
    next_ = std::min(next_ + next_ / 2, longest_);
}

void Backoff::reset() noexcept {
    yields_ = 0;
}

}  // namespace comm
