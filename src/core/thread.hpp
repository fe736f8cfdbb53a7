#pragma once

#include <pthread.h>

#include <cstddef>
#include <system_error>
#include <thread>
#include <utility>

#include "core/error.hpp"

namespace ensemble::core {

/// Bytes of a new thread's stack.
[[nodiscard]] inline std::size_t thread_stack() {
    pthread_attr_t attributes;
    std::size_t bytes = 0;
    if (::pthread_getattr_default_np(&attributes) != 0) return 0;
    ::pthread_attr_getstacksize(&attributes, &bytes);
    ::pthread_attr_destroy(&attributes);
    return bytes;
}

/// A thread of kind std::thread or std::jthread that does `work`. Throws Error (run) where the system has no room for
/// one.
template <class Thread = std::jthread, class Work>
[[nodiscard]] Thread start_thread(Work&& work) {
    try {
        return Thread(std::forward<Work>(work));
    } catch (const std::system_error& error) {
        fail(Failure::run,
             "no further thread can be started ({}), which wants {} MiB of memory for its stack; fewer --threads or "
             "ranks "
             "need fewer, or raise the limits of memory and processes (ulimit -v, ulimit -u, a container's pids limit)",
             error.what(), thread_stack() >> 20U);
    }
}

}  // namespace ensemble::core
