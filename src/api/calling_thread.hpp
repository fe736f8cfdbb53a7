#pragma once

#include <csignal>

#include "compute/prepared_pool.hpp"

namespace ensemble::api {

/// Takes no signals while it lives: what the system puts "on the stack" for a handler would land in the middle of the
/// data of oneDNN's kernels (run/interrupt.hpp). Threads that are started meanwhile take none for ever.
class WithoutSignals {
public:
    WithoutSignals() {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~WithoutSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    WithoutSignals(const WithoutSignals&) = delete;
    WithoutSignals& operator=(const WithoutSignals&) = delete;

private:
    sigset_t before_{};
};

/// A thread of somebody else's while it computes for us; afterwards it is as it was.
class CallingThread {
    WithoutSignals without_signals_;
    compute::PreparedWhile prepared_;
};

}  // namespace ensemble::api
