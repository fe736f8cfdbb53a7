#include "compute/matmul.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl.hpp>

#include "compute/onednn.hpp"
#include "compute/small_matmul.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

using dnnl::memory;

memory::desc descriptor(std::size_t rows, std::size_t columns, Operand factor, Precision precision) {
    const auto stride = static_cast<memory::dim>(factor.stride);
    const memory::dims strides = factor.transpose == Transpose::yes ? memory::dims{1, stride} : memory::dims{stride, 1};
    const auto type = precision == Precision::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
    return {{static_cast<memory::dim>(rows), static_cast<memory::dim>(columns)}, type, strides};
}

// oneDNN 2.x builds a primitive descriptor from an operation descriptor, 3.x from its arguments.
dnnl::matmul::primitive_desc primitive_descriptor(const memory::desc& a, const memory::desc& b, const memory::desc& c,
                                                  const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
    return {cpu_engine(), a, b, c, attributes};
#else
    return {{a, b, c}, attributes, cpu_engine()};
#endif
}

char blas_letter(Transpose transpose) {
    return transpose == Transpose::yes ? 'T' : 'N';
}

}  // namespace

struct MatMul::Impl {
    MatMulShape shape;
    Operand a;
    Operand b;
    std::size_t stride_c;
    Accumulate accumulate;
    Precision factors;
    std::string kernel;
    // Where the library would run its plain matrix multiplication anyway we call that directly: the same kernel
    // without the bookkeeping of a primitive, which costs as much as a small product.
    bool plain = false;
    std::optional<SmallMatMul> small;  ///< neither
    dnnl::matmul primitive;
    dnnl::stream stream;
    memory memory_a;
    memory memory_b;
    memory memory_c;
    core::Buffer<float> scratch;  ///< its own, if any
    memory memory_scratch;
    std::array<dnnl_exec_arg_t, 4> arguments{};
    int argument_count = 3;
    FirstUse first_run;
};

MatMul::MatMul(const MatMulShape& shape, Operand a, Operand b, std::size_t stride_c, Accumulate accumulate,
               Precision factors)
    : impl_(std::make_unique<Impl>()) {
    core::require(shape.m > 0 && shape.n > 0 && shape.k > 0, "a product has no empty extent");
    core::require(a.stride >= (a.transpose == Transpose::yes ? shape.m : shape.k), "rows of A do not overlap");
    core::require(b.stride >= (b.transpose == Transpose::yes ? shape.k : shape.n), "rows of B do not overlap");
    core::require(stride_c >= shape.n, "rows of C do not overlap");
    Impl& impl = *impl_;
    impl.shape = shape;
    impl.a = a;
    impl.b = b;
    impl.stride_c = stride_c;
    impl.accumulate = accumulate;
    impl.factors = factors;

    if (factors == Precision::f32 && SmallMatMul::suits(shape)) {
        impl.small.emplace(shape, a, b, stride_c, accumulate);
        impl.kernel = "small";
        return;
    }
    const memory::desc desc_a = descriptor(shape.m, shape.k, a, factors);
    const memory::desc desc_b = descriptor(shape.k, shape.n, b, factors);
    const memory::desc desc_c = descriptor(shape.m, shape.n, {stride_c, Transpose::no}, Precision::f32);
    dnnl::primitive_attr attributes;
    if (accumulate == Accumulate::yes) {
        dnnl::post_ops sum;
        sum.append_sum(1.0F);
        attributes.set_post_ops(sum);
    }
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const auto chosen = made_with_room([&] { return primitive_descriptor(desc_a, desc_b, desc_c, attributes); });
    impl.kernel = chosen.impl_info_str();
    impl.plain = factors == Precision::f32 && (impl.kernel.starts_with("gemm") || impl.kernel.starts_with("ref"));
    if (impl.plain) return;
    impl.primitive = made_with_room([&] { return dnnl::matmul(chosen); });
    impl.stream = dnnl::stream(cpu_engine());
    impl.memory_a = memory(desc_a, cpu_engine(), DNNL_MEMORY_NONE);
    impl.memory_b = memory(desc_b, cpu_engine(), DNNL_MEMORY_NONE);
    impl.memory_c = memory(desc_c, cpu_engine(), DNNL_MEMORY_NONE);
    impl.arguments = {{{DNNL_ARG_SRC, impl.memory_a.get()},
                       {DNNL_ARG_WEIGHTS, impl.memory_b.get()},
                       {DNNL_ARG_DST, impl.memory_c.get()}}};
    const memory::desc room = chosen.scratchpad_desc();
    if (room.get_size() == 0) return;
    impl.scratch.resize((room.get_size() + sizeof(float) - 1) / sizeof(float));
    impl.memory_scratch = memory(room, cpu_engine(), impl.scratch.data());
    impl.arguments[3] = {DNNL_ARG_SCRATCHPAD, impl.memory_scratch.get()};
    impl.argument_count = 4;
}

MatMul::~MatMul() = default;
MatMul::MatMul(MatMul&&) noexcept = default;
MatMul& MatMul::operator=(MatMul&&) noexcept = default;

void MatMul::operator()(const float* a, const float* b, float* c) const {
    Impl& impl = *impl_;
    core::require(impl.factors == Precision::f32, "a product is compiled for the precision of its factors");
    if (impl.small) return (*impl.small)(a, b, c);
    if (impl.plain) {
        impl.first_run.require_room();
        const auto dim = [](std::size_t extent) { return static_cast<dnnl_dim_t>(extent); };
        const dnnl_status_t status =
            dnnl_sgemm(blas_letter(impl.a.transpose), blas_letter(impl.b.transpose), dim(impl.shape.m),
                       dim(impl.shape.n), dim(impl.shape.k), 1.0F, a, dim(impl.a.stride), b, dim(impl.b.stride),
                       impl.accumulate == Accumulate::yes ? 1.0F : 0.0F, c, dim(impl.stride_c));
        require_success(status, "oneDNN multiplies matrices");
        return;
    }
    execute(a, b, c);
}

void MatMul::operator()(const Bfloat16* a, const Bfloat16* b, float* c) const {
    core::require(impl_->factors == Precision::bf16, "a product is compiled for the precision of its factors");
    execute(a, b, c);
}

void MatMul::execute(const void* a, const void* b, float* c) const {
    Impl& impl = *impl_;
    impl.first_run.require_room();
    // The library's handles are not const, though factors are only read.
    impl.memory_a.set_data_handle(const_cast<void*>(a));
    impl.memory_b.set_data_handle(const_cast<void*>(b));
    impl.memory_c.set_data_handle(c);
    const dnnl_status_t status =
        dnnl_primitive_execute(impl.primitive.get(), impl.stream.get(), impl.argument_count, impl.arguments.data());
    require_success(status, "oneDNN multiplies matrices");
}

double MatMul::flops() const noexcept {
    const MatMulShape& shape = impl_->shape;
    return 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.n) * static_cast<double>(shape.k);
}

const char* MatMul::kernel() const noexcept {
    return impl_->kernel.c_str();
}

}  // namespace ensemble::compute
