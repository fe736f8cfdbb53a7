#include "run/status_file.hpp"

#include <cstdlib>
#include <exception>

#include <fmt/core.h>

#include "store/file.hpp"

namespace run {

void leave_status(int exit_code, bool try_again) noexcept {
    const char* path = std::getenv("ENSEMBLE_STATUS_FILE");
    if (path == nullptr || *path == '\0') return;
    try {
        store::write_file_atomically(path, fmt::format("{}{}\n", exit_code, try_again ? " again" : ""));
    } catch (const std::exception&) {
        // The exit code proper still tells.
    }
}

}  // namespace run
