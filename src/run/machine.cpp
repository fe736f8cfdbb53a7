#include "run/machine.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "core/error.hpp"
#include "run/command_line.hpp"

namespace run {
namespace {

/// What stands behind the first "name : " in the text.
std::string field(std::string_view cpuinfo, std::string_view name) {
    std::istringstream lines{std::string(cpuinfo)};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.find(':');
        if (!line.starts_with(name) || colon == std::string::npos) continue;
        const std::size_t begin = line.find_first_not_of(' ', colon + 1);
        return begin == std::string::npos ? "" : line.substr(begin);
    }
    return "";
}

}  // namespace

std::string describe_cpu(std::string_view cpuinfo) {
    std::string text = field(cpuinfo, "model name");
    if (text.empty()) text = "unknown processor";
    std::istringstream flags(field(cpuinfo, "flags"));
    const std::set<std::string> has{std::istream_iterator<std::string>(flags), {}};
    for (const char* flag : {"avx2", "avx512f", "avx512_bf16", "amx_bf16"}) {
        if (has.contains(flag)) text += fmt::format(" {}", flag);
    }
    return text;
}

store::Program describe_program() {
    std::ifstream stream("/proc/cpuinfo");
    const std::string cpuinfo{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    return {.version = version(), .build = ENSEMBLE_BUILD, .cpu = describe_cpu(cpuinfo)};
}

void require_precision(compute::Precision asked, bool multiplies_bf16, std::string_view host) {
    if (asked == compute::Precision::f32 || multiplies_bf16) return;
    core::fail(core::Failure::usage,
               "--precision bf16: the processor of {} lacks the instruction set AVX512_BF16 (or AMX_BF16), or "
               "ONEDNN_MAX_CPU_ISA hides it; --precision f32 runs everywhere",
               host);
}

std::size_t host_cores() {
    return std::max(1U, std::thread::hardware_concurrency());
}

std::size_t allowed_cores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? static_cast<std::size_t>(CPU_COUNT(&cores)) : 1;
}

}  // namespace run
