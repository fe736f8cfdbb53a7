#pragma once

#include <chrono>

#include "core/clock.hpp"

namespace ensemble::core {

/// Seconds since it was made or last restarted, on a clock that never jumps.
class Stopwatch {
public:
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
    void restart() { start_ = Clock::now(); }

private:
    Clock::time_point start_ = Clock::now();
};

}  // namespace ensemble::core
