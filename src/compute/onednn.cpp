#include "compute/onednn.hpp"

#include <new>

#include "core/contract.hpp"
#include "core/memory.hpp"

namespace ensemble::compute {

const dnnl::engine& cpu_engine() {
    static const dnnl::engine engine = [] {
        // No environment variable may let single precision mean something else.
        static_cast<void>(dnnl_set_default_fpmath_mode(dnnl_fpmath_mode_strict));
        return dnnl::engine(dnnl::engine::kind::cpu, 0);
    }();
    return engine;
}

void FirstUse::require_room() {
    if (was_used_) return;
    // The kernels of its plain products, which it makes all at once, take about 7 MiB while they are made.
    constexpr std::size_t enough = std::size_t{16} << 20U;
    core::require_room(enough);
    was_used_ = true;
}

void require_success(dnnl_status_t status, const char* what) {
    if (status == dnnl_out_of_memory) throw std::bad_alloc();
    core::require(status == dnnl_success, what);
}

}  // namespace ensemble::compute
