#include "compute/precision.hpp"

#include "compute/onednn.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {

bool multiplies_bf16() noexcept {
    // An instruction set's bits hold those of the sets that it extends, so AMX and later ones have them too.
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto bf16 = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
    return (isa & bf16) == bf16;
}

void narrow(std::span<const float> from, std::span<Bfloat16> to) {
    core::require(from.size() == to.size(), "a narrow copy has the size of its original");
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = narrowed(from[i]);
}

}  // namespace ensemble::compute
