#pragma once

#include <chrono>

namespace ensemble::comm {

/// Pauses of a loop that waits for other ranks: at first the core is only offered to others, then slept away for
/// longer and longer, so that a rank that waits takes no time from one that works.
class Backoff {
public:
    explicit Backoff(std::chrono::microseconds longest = std::chrono::milliseconds(1)) : longest_(longest) {}

    /// Pauses, longer than the last time.
    void pause();

    /// Something happened: the next pauses are short again.
    void reset() noexcept;

private:
    std::chrono::microseconds longest_;
    std::chrono::microseconds next_{0};
    int yields_ = 0;
};

}  // namespace ensemble::comm
