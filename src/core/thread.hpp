#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "core/error.hpp"

namespace core {

/// A thread of kind std::thread or std::jthread that does `work`. Throws Error (run) where the system has no room for
/// one.
template <class Thread = std::jthread, class Work>
[[nodiscard]] Thread start_thread(Work&& work) {
    try {
        return Thread(std::forward<Work>(work));
    } catch (const std::system_error& error) {
        fail(
            Failure::run,
            "no further thread can be started ({}); fewer --threads or ranks need fewer, or raise the limits of memory "
            "and processes (ulimit -v, ulimit -u, a container's pids limit)",
            error.what());
    }
}

}  // namespace core
