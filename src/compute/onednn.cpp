#include "compute/onednn.hpp"

namespace compute {

const dnnl::engine& cpu_engine() {
    static const dnnl::engine engine = [] {
        // No environment variable may let single precision mean something else.
        static_cast<void>(dnnl_set_default_fpmath_mode(dnnl_fpmath_mode_strict));
        return dnnl::engine(dnnl::engine::kind::cpu, 0);
    }();
    return engine;
}

}  // namespace compute
