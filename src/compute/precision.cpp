#include "compute/precision.hpp"

#include "compute/onednn.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {

namespace {

/// An instruction set's bits hold those of the sets that it extends.
bool extends(dnnl::cpu_isa other) noexcept {
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto bits = static_cast<unsigned>(other);
    return (isa & bits) == bits;
}

}  // namespace

bool multiplies_bf16() noexcept {
    return extends(dnnl::cpu_isa::avx512_core_bf16);
}

bool has_amx() noexcept {
    return extends(dnnl::cpu_isa::avx512_core_amx);
}

Precision layer_precision(Precision wanted, std::size_t rows, std::size_t columns) noexcept {
    constexpr std::size_t least_elements = 2048;
    constexpr std::size_t least_columns = 32;
    const bool gains = rows * columns >= least_elements && (columns >= least_columns || has_amx());
    return gains ? wanted : Precision::f32;
}

void narrow(std::span<const float> from, std::span<Bfloat16> to) {
    core::require(from.size() == to.size(), "a narrow copy has the size of its original");
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = narrowed(from[i]);
}

}  // namespace ensemble::compute
