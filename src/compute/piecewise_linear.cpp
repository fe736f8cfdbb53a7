#include "compute/piecewise_linear.hpp"

#include <algorithm>
#include <cstddef>

namespace ensemble::compute {

template <class Real>
void piecewise_linear(double value, std::span<const double> edges, Real* out) {
    const std::size_t bins = edges.size() - 1;
    const auto inner = edges.subspan(1, bins - 1);
    const auto bin = static_cast<std::size_t>(std::ranges::upper_bound(inner, value) - inner.begin());
    std::fill(out, out + bin, Real{1});
    std::fill(out + bin + 1, out + bins, Real{0});
    // Halves, since the difference of two numbers may be none.
    const double part = (value / 2 - edges[bin] / 2) / (edges[bin + 1] / 2 - edges[bin] / 2);
    out[bin] = static_cast<Real>(std::clamp(part, bin == 0 ? -1.0 : 0.0, bin + 1 == bins ? 2.0 : 1.0));
}

template void piecewise_linear(double, std::span<const double>, float*);
template void piecewise_linear(double, std::span<const double>, double*);

}  // namespace ensemble::compute
