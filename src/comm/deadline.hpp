#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "core/clock.hpp"

namespace ensemble::comm {

/// Sleeps for so long, or until this thread is asked to stop, and then returns true.
[[nodiscard]] bool stops_within(const std::stop_token& stop, std::chrono::duration<double> time);

/// Does something from a thread of its own unless it is destroyed in time: a limit to a call that cannot be given one,
/// such as MPI's start and end. Time in which this process was stopped does not count.
class Deadline {
public:
    Deadline(double seconds, std::function<void()> expired);

private:
    std::jthread thread_;
};

/// The same for a loop, which asks again and again, many times a second. The time between two questions counts as
/// `longest_turn_s` at most: if it was longer, this process was stopped or had no processor.
class Patience {
public:
    explicit Patience(double seconds, double longest_turn_s = 1);

    [[nodiscard]] bool is_over();

private:
    std::chrono::duration<double> left_;
    std::chrono::duration<double> longest_turn_;
    core::Clock::time_point last_ = core::Clock::now();
};

}  // namespace ensemble::comm
