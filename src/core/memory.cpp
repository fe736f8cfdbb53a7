#include "core/memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <new>
#include <optional>
#include <utility>

namespace ensemble::core {
namespace {

std::string content(const char* path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The number at the beginning of a text, behind blanks.
std::optional<std::size_t> leading_number(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::size_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc()) return std::nullopt;
    return value;
}

/// The number of the line that begins with `name`.
std::size_t number_of_line(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (line.starts_with(name)) return leading_number(line.substr(name.size())).value_or(0);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return 0;
}

}  // namespace

std::size_t memory_left(std::string_view meminfo, const std::string& limit, const std::string& used) {
    constexpr std::size_t kilo = 1024;
    const std::size_t host = number_of_line(meminfo, "MemAvailable:") * kilo;
    const auto most = leading_number(limit);
    const auto taken = leading_number(used);
    if (!most || !taken) return host;
    return std::min(host, *most > *taken ? *most - *taken : 0);
}

std::size_t free_memory() {
    return memory_left(content("/proc/meminfo"), content("/sys/fs/cgroup/memory.max"),
                       content("/sys/fs/cgroup/memory.current"));
}

std::optional<std::size_t> left_by_limits() {
    // Pages in all, resident, shared, text, library, and those of data and stack.
    std::array<std::size_t, 6> pages{};
    std::ifstream stream("/proc/self/statm");
    for (std::size_t& count : pages) stream >> count;
    if (!stream) return std::nullopt;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::optional<std::size_t> least;
    for (const auto& [kind, taken] : {std::pair(RLIMIT_AS, pages[0] * page), std::pair(RLIMIT_DATA, pages[5] * page)}) {
        rlimit limit{};
        if (::getrlimit(kind, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) continue;
        const std::size_t left = limit.rlim_cur > taken ? limit.rlim_cur - taken : 0;
        least = std::min(left, least.value_or(left));
    }
    return least;
}

std::size_t attainable_memory() {
    const std::size_t host = free_memory();
    const auto own = left_by_limits();
    if (!own) return host;
    return host == 0 ? *own : std::min(host, *own);
}

void require_room(std::size_t bytes) {
    // Pages that nobody writes to cost nothing, but count against every limit.
    void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    ::munmap(pages, bytes);
}

}  // namespace ensemble::core
