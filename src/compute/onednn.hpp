#pragma once

#include <array>
#include <cstddef>

#include <oneapi/dnnl/dnnl.hpp>

#include "core/contract.hpp"

namespace compute {

/// The one processor engine. For the sources of this folder only: no other includes oneDNN.
[[nodiscard]] const dnnl::engine& cpu_engine();

/// A oneDNN primitive with its arguments bound once, so that running it allocates nothing.
template <std::size_t Count>
class Kernel {
public:
    struct Argument {
        int name = 0;
        dnnl::memory::desc layout;
    };

    Kernel() = default;
    Kernel(const dnnl::primitive& primitive, const std::array<Argument, Count>& arguments)
        : primitive_(primitive), stream_(cpu_engine()) {
        for (std::size_t i = 0; i < Count; ++i) {
            memories_[i] = dnnl::memory(arguments[i].layout, cpu_engine(), DNNL_MEMORY_NONE);
            arguments_[i] = {arguments[i].name, memories_[i].get()};
        }
    }

    /// Runs on data in the order of the arguments. The library's handles are not const, though inputs are only read.
    void operator()(const std::array<const void*, Count>& data) const {
        for (std::size_t i = 0; i < Count; ++i) memories_[i].set_data_handle(const_cast<void*>(data[i]));
        const dnnl_status_t status =
            dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(Count), arguments_.data());
        core::require(status == dnnl_success, "oneDNN runs what it has compiled");
    }

private:
    dnnl::primitive primitive_;
    dnnl::stream stream_;
    std::array<dnnl::memory, Count> memories_;
    std::array<dnnl_exec_arg_t, Count> arguments_{};
};

}  // namespace compute
