#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "compute/precision.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// Version, compiler, build type, instruction set, and the processor of this host.
[[nodiscard]] store::Program describe_program();

/// The processor's name and those of its vector instructions that matter here, from the text of /proc/cpuinfo.
[[nodiscard]] std::string describe_cpu(std::string_view cpuinfo);

/// The vector instructions that this host's products use, as far as results may depend on them.
[[nodiscard]] std::string describe_instructions();

/// SHA-256 of the file this process runs, in hexadecimal digits; empty where it cannot be read.
[[nodiscard]] std::string program_digest();

/// Throws core::Error (usage) where a processor cannot do what is asked of it; `host` is whose it is.
void require_precision(compute::Precision asked, bool multiplies_bf16, std::string_view host);

/// Cores of this host.
[[nodiscard]] std::size_t host_cores();

/// Cores this process may run on.
[[nodiscard]] std::size_t allowed_cores();
[[nodiscard]] std::vector<int> allowed_core_numbers();

}  // namespace ensemble::run
