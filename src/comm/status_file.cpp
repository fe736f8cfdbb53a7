#include "comm/status_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/stderr.hpp"

namespace ensemble::comm {
namespace {

/// A file of that name which nobody had before: no link that somebody else has put there is followed.
bool write_new(const char* path, std::string_view text) {
    ::unlink(path);
    const int file = ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool is_whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    return ::close(file) == 0 && is_whole;
}

enum class Earlier { is_replaced, stays };

/// At once or not at all, so that no reader sees a part of it. False if an earlier one stays.
bool write_status(int exit_code, bool try_again, Earlier earlier) noexcept {
    const char* path = std::getenv("ENSEMBLE_STATUS_FILE");
    if (path == nullptr || *path == '\0') return true;
    bool is_there = false;
    try {
        const std::string draft = fmt::format("{}.{}", path, ::getpid());
        if (write_new(draft.c_str(), fmt::format("{}{}\n", exit_code, try_again ? " again" : ""))) {
            // Not every file system has links; there, the last one wins.
            const bool is_linked = earlier == Earlier::stays && ::link(draft.c_str(), path) == 0;
            is_there = !is_linked && earlier == Earlier::stays && ::access(path, F_OK) == 0;
            if (!is_linked && !is_there) static_cast<void>(std::rename(draft.c_str(), path));
        }
        ::unlink(draft.c_str());
    } catch (const std::exception&) {
        // The exit code proper still tells.
    }
    return !is_there;
}

}  // namespace

void leave_status(int exit_code, bool try_again) noexcept {
    static_cast<void>(write_status(exit_code, try_again, Earlier::is_replaced));
}

std::string asked_by(const std::string& signal) {
    const char* path = std::getenv("ENSEMBLE_STATUS_FILE");
    if (signal != "SIGUSR1" || path == nullptr) return signal;
    std::ifstream file(std::string(path) + ".asked");
    std::string name;
    std::getline(file, name);
    constexpr std::array<std::string_view, 3> known{"SIGINT", "SIGTERM", "SIGHUP"};
    return std::ranges::find(known, name) != known.end() ? name : signal;
}

void give_up(std::string_view why, Voice voice) noexcept {
    constexpr int code = static_cast<int>(core::Failure::run);
    if (voice == Voice::speaks && write_status(code, true, Earlier::stays)) {
        core::print_stderr("ensemble_train: error: {}\n", why);
    }
    std::_Exit(code);
}

}  // namespace ensemble::comm
