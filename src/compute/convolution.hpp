#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "compute/images.hpp"
#include "compute/matmul.hpp"
#include "compute/precision.hpp"
#include "core/thread_pool.hpp"

namespace ensemble::compute {

enum class Padding : std::uint8_t {
    same,   ///< zeros around the image: output extent ⌈input / stride⌉
    valid,  ///< whole windows only: ⌊(input − window) / stride⌋ + 1
};

/// A window that slides over one axis of an image.
struct Window {
    std::size_t size = 1;
    std::size_t stride = 1;
    Padding padding = Padding::same;

    /// Positions of the window on an axis of `extent`; 0 if it does not fit.
    [[nodiscard]] std::size_t positions(std::size_t extent) const noexcept;

    /// Zeros before the first element; behind the last there are as many or one more.
    [[nodiscard]] std::size_t before(std::size_t extent) const noexcept;
    [[nodiscard]] std::size_t behind(std::size_t extent) const noexcept;
};

/// A window that slides over images: the same along both axes unless it is given one for each.
struct ImageWindow {
    ImageWindow() = default;
    ImageWindow(const Window& square) : vertical(square), horizontal(square) {}  // NOLINT(google-explicit-constructor)
    ImageWindow(const Window& down, const Window& across) : vertical(down), horizontal(across) {}

    [[nodiscard]] std::size_t area() const noexcept { return vertical.size * horizontal.size; }

    Window vertical;
    Window horizontal;
};

/// What a convolution is compiled for.
struct ConvolutionShape {
    std::size_t count = 0;  ///< images in a batch
    std::size_t height = 0;
    std::size_t width = 0;
    std::size_t channels_in = 0;
    std::size_t channels_out = 0;
    ImageWindow window;

    /// Floats between the rows of the weights, which lie as [window height × window width × channels_in] rows of
    /// channels_out.
    std::size_t weight_stride = 0;
};

enum class Derivatives : std::uint8_t { none, of_weights, of_weights_and_input };

/// Orders of input and output in which a convolution runs fastest here, if it multiplies in `precision` where it can.
struct ConvolutionOrder {
    Images in;
    Images out;
};
[[nodiscard]] ConvolutionOrder fastest_order(const ConvolutionShape& shape, Derivatives derivatives,
                                             Precision precision = Precision::f32);

/// Which kernels compute a convolution; `library` is there to be compared with.
enum class Method : std::uint8_t { fastest, library };

/// y(n, h, w, o) = b(o) + Σ x(n, h·s + i − pad, w·s + j − pad, c) · W(i, j, c, o): compiled once, run many times. 3×3
/// windows of stride 1 over channels in whole blocks go by way of compute::Winograd, all others through the library.
///
/// All arguments are in single precision. Precision::bf16 multiplies copies in bf16, made once for each batch, in those
/// of the three directions (y, dx, dW) where this is the faster way; which these are follows from the shape alone.
/// A pool shares what goes by way of Winograd; the bits are the same. Images one pixel wide (sequences) are turned on
/// their side, which changes nothing in memory: kernels run along the width.
class Convolution {
public:
    Convolution(const ConvolutionShape& shape, const ConvolutionOrder& order, Derivatives derivatives,
                Precision precision = Precision::f32, core::ThreadPool* pool = nullptr,
                Method method = Method::fastest);
    ~Convolution();
    Convolution(Convolution&&) noexcept;
    Convolution& operator=(Convolution&&) noexcept;

    /// Takes weights over into the order of the kernels, for all that follows.
    void set_weights(const float* weights);

    void forward(const float* x, const float* bias, float* y);

    /// dx from dy, with the weights taken last. REQUIRES: Derivatives::of_weights_and_input.
    void backward_input(const float* dy, float* dx);

    /// dW, db from x and dy. REQUIRES: derivatives of weights; forward() ran on this x, and if dx is compiled too
    /// backward_input() on this dy.
    void backward_weights(const float* x, const float* dy, float* dw, float* db);

    /// True if the calls below may be made for the images of a batch part by part.
    [[nodiscard]] bool goes_by_images() const noexcept;

    /// As above for some images of the batch, with pointers to the first of these; dx may be added to. Parts of a batch
    /// come in the order of its images; dW and db are there with the last. The bits are those of the whole batch at
    /// once. REQUIRES: goes_by_images().
    void forward(const float* x, const float* bias, float* y, core::Part images);
    void backward_input(const float* dy, float* dx, Accumulate accumulate, core::Part images);
    void backward_weights(const float* x, const float* dy, float* dw, float* db, core::Part images);

    /// Takes the place of forward() before backward_weights(), where that ran on another x in between.
    void read_again(const float* x);

    /// Multiplications and additions of one forward pass, as the definition has them (padding included).
    [[nodiscard]] double flops() const noexcept;

    /// The kernel of each direction, for benchmarks, tests and bug reports.
    [[nodiscard]] const std::string& kernels() const noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ensemble::compute
