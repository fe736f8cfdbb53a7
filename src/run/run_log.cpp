#include "run/run_log.hpp"

#include <chrono>
#include <ctime>

#include <fmt/chrono.h>

#include "core/error.hpp"
#include "store/file.hpp"

namespace ensemble::run {

void RunLog::note(const std::string& text) const {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    store::FileSystem system;
    try {
        store::append_line(file_, fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}", fmt::gmtime(now), text), system);
    } catch (const core::Error&) {
        // A log that cannot be written is no reason to end a run that can go on.
    }
}

}  // namespace ensemble::run
