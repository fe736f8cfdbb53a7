#include "compute/gather.hpp"

namespace ensemble::compute {

template <class Stored, class Real>
void gather(std::span<const std::uint32_t> chosen, const Stored* stored, std::size_t width, Real scale, Real offset,
            Real* out, std::size_t stride) {
    for (const std::uint32_t row : chosen) {
        const Stored* const item = stored + row * width;
#pragma omp simd
        for (std::size_t j = 0; j < width; ++j) out[j] = static_cast<Real>(item[j]) * scale + offset;
        out += stride;
    }
}

template void gather(std::span<const std::uint32_t>, const std::uint8_t*, std::size_t, float, float, float*,
                     std::size_t);
template void gather(std::span<const std::uint32_t>, const float*, std::size_t, float, float, float*, std::size_t);
template void gather(std::span<const std::uint32_t>, const double*, std::size_t, float, float, float*, std::size_t);
template void gather(std::span<const std::uint32_t>, const std::uint8_t*, std::size_t, double, double, double*,
                     std::size_t);
template void gather(std::span<const std::uint32_t>, const float*, std::size_t, double, double, double*, std::size_t);
template void gather(std::span<const std::uint32_t>, const double*, std::size_t, double, double, double*, std::size_t);

}  // namespace ensemble::compute
