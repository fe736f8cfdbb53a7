#include "comm/process.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace ensemble::comm {
namespace {

/// Where process numbers mean the same: one start of one machine, one name space.
std::string place() {
    std::string boot = "unknown";
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
    std::array<char, 128> space{};
    const ssize_t size = ::readlink("/proc/self/ns/pid", space.data(), space.size());
    return fmt::format("{}/{}", boot, std::string_view(space.data(), size > 0 ? static_cast<std::size_t>(size) : 0));
}

/// When a process was started, in the system's ticks; empty if there is none.
std::string start_of(int number) {
    std::ifstream file(fmt::format("/proc/{}/stat", number));
    std::string text;
    std::getline(file, text);
    // The program's name may hold spaces and brackets.
    const auto end = text.rfind(')');
    if (end == std::string::npos) return "";
    std::istringstream fields(text.substr(end + 1));
    std::string field;
    constexpr int start_field = 20;  // counted from behind the name
    for (int i = 0; i < start_field; ++i) fields >> field;
    return field;
}

}  // namespace

std::string process_name() {
    return fmt::format("{}@{}@{}", ::getpid(), start_of(::getpid()), place());
}

std::optional<Process> Process::find(std::string_view name) {
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc{} || number <= 0) return std::nullopt;
    const auto start = name.find('@');
    const auto middle = name.find('@', start + 1);
    if (middle == std::string_view::npos || name.substr(middle + 1) != place()) return std::nullopt;
    auto process = open(number);
    if (process && !process->is_over() && name.substr(start + 1, middle - start - 1) != start_of(number))
        return Process(-1);
    return process;
}

std::optional<Process> Process::open(int number) {
    Process process(static_cast<int>(::syscall(SYS_pidfd_open, number, 0)));
    if (process.file_ < 0 && errno != ESRCH) return std::nullopt;
    return process;
}

Process::Process(Process&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
}

Process::~Process() {
    if (file_ >= 0) ::close(file_);
}

bool Process::is_over() const {
    if (file_ < 0) return true;
    pollfd event{.fd = file_, .events = POLLIN, .revents = 0};
    return ::poll(&event, 1, 0) > 0;
}

void Process::kill() const {
    if (file_ >= 0) static_cast<void>(::syscall(SYS_pidfd_send_signal, file_, SIGKILL, nullptr, 0));
}

}  // namespace ensemble::comm
