#include "comm/process_table.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <fmt/format.h>

namespace ensemble::comm {
namespace {

namespace fs = std::filesystem;

/// The fields of a "stat" file behind the program's name, which may hold spaces and brackets.
std::optional<std::istringstream> fields_of(const std::string& path) {
    std::ifstream file(path);
    std::string text;
    std::getline(file, text);
    const auto end = text.rfind(')');
    if (end == std::string::npos) return std::nullopt;
    return std::istringstream(text.substr(end + 1));
}

bool is_sleeping(const fs::path& thread) {
    auto fields = fields_of((thread / "stat").string());
    std::string state;
    return fields && (*fields >> state) && state == "S";
}

}  // namespace

std::optional<std::vector<int>> children_of(int parent) {
    std::error_code error;
    std::optional<std::vector<int>> children;
    for (const fs::directory_entry& thread : fs::directory_iterator(fmt::format("/proc/{}/task", parent), error)) {
        std::ifstream file(thread.path() / "children");
        if (!file) continue;
        if (!children) children.emplace();
        children->insert(children->end(), std::istream_iterator<int>(file), std::istream_iterator<int>());
    }
    return children;
}

bool runs_this_program(int process) {
    struct stat own {};
    struct stat other {};
    if (::stat("/proc/self/exe", &own) != 0 || ::stat(fmt::format("/proc/{}/exe", process).c_str(), &other) != 0)
        return false;
    return own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

std::optional<Activity> activity_of(int process) {
    auto fields = fields_of(fmt::format("/proc/{}/stat", process));
    if (!fields) return std::nullopt;
    constexpr int fields_before_times = 11;
    std::string skipped;
    for (int i = 0; i < fields_before_times; ++i) *fields >> skipped;
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    if (!(*fields >> user >> system)) return std::nullopt;
    Activity activity{.is_waiting = true, .ticks = user + system};
    std::error_code error;
    for (const fs::directory_entry& thread : fs::directory_iterator(fmt::format("/proc/{}/task", process), error))
        activity.is_waiting = activity.is_waiting && is_sleeping(thread.path());
    return activity;
}

}  // namespace ensemble::comm
