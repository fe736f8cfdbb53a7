#pragma once

#include <array>
#include <cstddef>
#include <new>

#include <oneapi/dnnl/dnnl.hpp>

#include "core/buffer.hpp"

namespace ensemble::compute {

/// The one processor engine. For the sources of this folder only: no other includes oneDNN.
[[nodiscard]] const dnnl::engine& cpu_engine();

/// Comes before the library makes a kernel, and before that runs for the first time, when the library may make more: it
/// writes machine code to address 0 where it gets no memory for it.
class FirstUse {
public:
    /// Throws std::bad_alloc where there is too little memory left; does nothing the next time.
    void require_room();

private:
    bool was_used_ = false;
};

/// Throws std::bad_alloc where the library says that memory is out. REQUIRES `what`: any other status is success.
void require_success(dnnl_status_t status, const char* what);

/// What `make` makes through the library. Throws std::bad_alloc where there is too little memory for it.
template <class Make>
auto made_with_room(Make make) {
    FirstUse().require_room();
    try {
        return make();
    } catch (const dnnl::error& error) {
        if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
        throw;
    }
}

/// What every kernel is made with: memory to work in comes from its owner. The library's own belongs to the thread that
/// has made the kernel, and another that runs it has none.
[[nodiscard]] inline dnnl::primitive_attr with_own_scratch() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

/// A oneDNN primitive with its arguments bound once, so that running it allocates nothing.
template <std::size_t Count>
class Kernel {
public:
    struct Argument {
        int name = 0;
        dnnl::memory::desc layout;
    };

    Kernel() = default;

    /// `scratch` is what the primitive's descriptor asks for. REQUIRES: that was made with_own_scratch().
    Kernel(const dnnl::primitive& primitive, const std::array<Argument, Count>& arguments,
           const dnnl::memory::desc& scratch)
        : primitive_(primitive),
          stream_(cpu_engine()),
          scratch_((scratch.get_size() + sizeof(float) - 1) / sizeof(float)),
          scratch_memory_(scratch, cpu_engine(), scratch_.data()) {
        arguments_[Count] = {DNNL_ARG_SCRATCHPAD, scratch_memory_.get()};
        for (std::size_t i = 0; i < Count; ++i) {
            memories_[i] = dnnl::memory(arguments[i].layout, cpu_engine(), DNNL_MEMORY_NONE);
            arguments_[i] = {arguments[i].name, memories_[i].get()};
        }
    }

    /// Runs on data in the order of the arguments. The library's handles are not const, though inputs are only read.
    void operator()(const std::array<const void*, Count>& data) const {
        for (std::size_t i = 0; i < Count; ++i) memories_[i].set_data_handle(const_cast<void*>(data[i]));
        first_run_.require_room();
        require_success(dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()),
                                               arguments_.data()),
                        "oneDNN runs what it has compiled");
    }

private:
    dnnl::primitive primitive_;
    dnnl::stream stream_;
    std::array<dnnl::memory, Count> memories_;
    core::Buffer<float> scratch_;
    dnnl::memory scratch_memory_;
    std::array<dnnl_exec_arg_t, Count + 1> arguments_{};
    mutable FirstUse first_run_;
};

}  // namespace ensemble::compute
