#include "run/machine.hpp"

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "config/command_line.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "train/predictor.hpp"

namespace ensemble::run {
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

std::string content(const char* path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Each with a blank before it.
std::string vector_instructions(std::string_view cpuinfo) {
    std::string text;
    std::istringstream flags(field(cpuinfo, "flags"));
    const std::set<std::string> has{std::istream_iterator<std::string>(flags), {}};
    for (const char* flag : {"avx2", "avx512f", "avx512_bf16", "amx_bf16"}) {
        if (has.contains(flag)) text += fmt::format(" {}", flag);
    }
    return text;
}

}  // namespace

std::string describe_cpu(std::string_view cpuinfo) {
    const std::string name = field(cpuinfo, "model name");
    return (name.empty() ? "unknown processor" : name) + vector_instructions(cpuinfo);
}

std::string describe_instructions() {
    const char* most = std::getenv("ONEDNN_MAX_CPU_ISA");
    const std::string all = vector_instructions(content("/proc/cpuinfo"));
    const std::string text = all.empty() ? "no vectors" : all.substr(1);
    return most == nullptr ? text : fmt::format("{} up to {}", text, most);
}

std::string program_digest() {
    std::string program = content("/proc/self/exe");
    if (program.empty()) return "";
    // The program is thin: what computes is the library that this function is in, of which there may be one for each
    // instruction set.
    Dl_info library{};
    if (::dladdr(reinterpret_cast<const void*>(&program_digest), &library) != 0 && library.dli_fname != nullptr)
        program += content(library.dli_fname);
    return core::hex(core::sha256(std::as_bytes(std::span(program))));
}

store::Program describe_program() {
    return {.version = config::version(),
            .build = ENSEMBLE_BUILD,
            .cpu = describe_cpu(content("/proc/cpuinfo")),
            .evaluation_batch = train::evaluation_batch};
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
    return std::max<std::size_t>(1, allowed_core_numbers().size());
}

std::vector<int> allowed_core_numbers() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    std::vector<int> numbers;
    if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return numbers;
    for (int core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &cores)) numbers.push_back(core);
    return numbers;
}

}  // namespace ensemble::run
