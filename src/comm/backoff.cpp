#include "comm/backoff.hpp"

#include <algorithm>

#include "core/clock.hpp"

namespace ensemble::comm {
namespace {

constexpr int yields_before_sleep = 32;
constexpr std::chrono::microseconds first_sleep{10};

}  // namespace

void Backoff::pause() {
    if (yields_ < yields_before_sleep) {
        ++yields_;
        next_ = first_sleep;
        core::rest(std::chrono::microseconds(0));
        return;
    }
    core::rest(next_);
    next_ = std::min(next_ + next_ / 2, longest_);
}

void Backoff::reset() noexcept {
    yields_ = 0;
}

}  // namespace ensemble::comm
