#include "core/clock.hpp"

#include <thread>

namespace ensemble::core {

Clock::time_point Clock::now() noexcept {
    return time_point(std::chrono::steady_clock::now().time_since_epoch());
}

void rest(std::chrono::microseconds time) {
    if (time.count() > 0) {
        std::this_thread::sleep_for(time);
    } else {
        std::this_thread::yield();
    }
}

}  // namespace ensemble::core
