#pragma once

#include <cstddef>
#include <vector>

#include "compute/convolution.hpp"
#include "compute/matmul.hpp"
#include "core/buffer.hpp"
#include "core/thread_pool.hpp"

namespace ensemble::compute {

/// Convolutions with windows of 3×3 and stride 1 by Winograd's F(4×4, 3×3) (Lavin & Gray 2016): tiles of 4×4 outputs
/// are transformed, multiplied channel by channel at 36 points, and transformed back. A quarter of the multiplications
/// of the definition; rounding errors of about 1e-5 of the largest value.
///
/// Images lie in blocks of 16 channels on both sides. The library's own kernel wants more channels than this one, and
/// keeps all transformed tiles in memory; here a group of tiles goes all the way while it is in the second cache.
class Winograd {
public:
    [[nodiscard]] static bool supports(const ConvolutionShape& shape);

    /// What it is compiled for.
    struct Directions {
        bool forward = false;
        bool input_gradient = false;
        bool weight_gradient = false;

        [[nodiscard]] bool any() const noexcept { return forward || input_gradient || weight_gradient; }
    };

    /// REQUIRES: supports(shape).
    /// A pool shares groups of tiles and, for the weights, points: nothing is summed in another order.
    Winograd(const ConvolutionShape& shape, const Directions& directions, core::ThreadPool* pool = nullptr);

    /// Transforms the weights for forward() and backward_input().
    void set_weights(const float* weights);

    /// As Convolution has them, for some images: pointers to the first of these.
    void forward(const float* x, const float* bias, float* y, core::Part images);
    void backward_input(const float* dy, float* dx, Accumulate accumulate, core::Part images);
    void backward_weights(const float* x, const float* dy, float* dw, float* db, core::Part images);

private:
    /// One side of the convolution, cut into tiles.
    struct Side {
        std::size_t height = 0;
        std::size_t width = 0;
        std::size_t blocks = 0;  ///< of 16 channels
    };

    /// Where the tiles of a pass over the images lie.
    struct Tiling {
        std::size_t down = 0;  ///< tiles in a column
        std::size_t across = 0;
        std::size_t before = 0;  ///< zeros before the first element of the images that windows slide over
    };

    struct Tile {
        std::size_t image;
        std::ptrdiff_t top;  ///< of its outputs
        std::ptrdiff_t left;
    };

    [[nodiscard]] static Tiling tiling_of(const Side& out, std::size_t before);
    [[nodiscard]] static Tile tile_of(const Tiling& tiling, std::size_t index);

    /// Number of the first output of a tile.
    [[nodiscard]] static std::size_t pixel_of(const Tile& tile, const Side& image);
    void pack_forward(const float* weights);
    void pack_backward(const float* weights);

    /// What a pass from one side to the other reads and writes.
    struct Pass {
        const Side& in;
        const Side& out;
        Tiling tiling;
        const float* x;
        const float* packed;  ///< weights
        const float* bias;    ///< may be null
        float* y;
        Accumulate accumulate;
    };

    void convolve(const Pass& pass, core::Part images);
    void convolve_group(const Pass& pass, std::size_t first, std::size_t count, std::size_t who);
    void put_outputs(const Pass& pass, std::size_t block, std::size_t first, std::size_t count, const float* products);
    void add_weight_sums(const Tiling& tiling, std::size_t first, std::size_t count, const float* x, const float* dy);
    void finish_weights(float* dw, float* db) const;
    template <auto one_dimension, std::size_t From>
    void transform_tiles(const Side& images, const Tiling& tiling, std::size_t before, const float* from,
                         std::size_t first, std::size_t count, float* to) const;

    ConvolutionShape shape_;
    Side in_;
    Side out_;
    std::size_t group_;       ///< tiles treated together, at most
    std::size_t pass_group_;  ///< of them in forward() and backward_input()
    core::ThreadPool* pool_;  ///< null where it is not worth it
    std::size_t input_room_;  ///< floats of inputs_ for each thread; of products_ likewise
    std::size_t product_room_;
    core::Buffer<float> forward_weights_;   ///< [block out][point][channel in][16]; empty if not compiled for
    core::Buffer<float> backward_weights_;  ///< [block in][point][channel out][16]
    core::Buffer<float> weight_sums_;       ///< [point][block out][channel in][16]
    core::Buffer<float> inputs_;            ///< [point][block][tile of the group][16], as the others
    core::Buffer<float> gradients_;
    core::Buffer<float> products_;  ///< [point][tile of the group][16]
    std::vector<double> bias_sums_;
};

}  // namespace ensemble::compute
