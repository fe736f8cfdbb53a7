#include "compute/images.hpp"

#include <algorithm>

#include "compute/onednn.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {

std::size_t widest_block() noexcept {
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto avx512 = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
    return (isa & avx512) == avx512 ? 16 : 8;
}

void reorder(const Images& from, const float* source, const Images& to, float* target) {
    core::require(from.count == to.count && from.pixels() == to.pixels() && from.channels == to.channels,
                  "a new order keeps the extents");
    // Runs of channels that are neighbours in both orders.
    const std::size_t run = std::min(from.block, to.block);
    core::require(from.block % run == 0 && to.block % run == 0, "one block is a multiple of the other");
    const auto place = [](const Images& images, std::size_t channel) {
        return channel / images.block * images.pixels() * images.block + channel % images.block;
    };
    for (std::size_t item = 0; item < from.count; ++item) {
        for (std::size_t channel = 0; channel < from.channels; channel += run) {
            const float* in = source + place(from, channel);
            float* out = target + place(to, channel);
            for (std::size_t pixel = 0; pixel < from.pixels(); ++pixel)
                std::copy_n(in + pixel * from.block, run, out + pixel * to.block);
        }
        source += from.item_elements();
        target += to.item_elements();
    }
}

}  // namespace ensemble::compute
