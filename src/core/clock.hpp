#pragma once

#include <chrono>

namespace ensemble::core {

/// The clock that times are taken with; it never jumps. Which one that is, the program's link decides: a simulation
/// brings its own.
struct Clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static constexpr bool is_steady = true;

    [[nodiscard]] static time_point now() noexcept;
};

/// Puts the calling thread to sleep, by that clock; for no time at all it only offers its core to others.
void rest(std::chrono::microseconds time);

/// Seconds of a processor that the calling thread has had so far. What waits, or has no processor, is not counted.
[[nodiscard]] double processor_seconds() noexcept;

}  // namespace ensemble::core
