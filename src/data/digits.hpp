#pragma once

#include <cstddef>
#include <cstdint>

#include "data/dataset.hpp"
#include "data/generator.hpp"

namespace ensemble::data {

/// Grey images of handwritten digits, 28×28 bytes, bright ink on black, with labels 0 to 9 drawn evenly.
/// Each image is a way of writing the digit (digit_strokes.hpp), bent and moved at random, drawn by a pen of random
/// width and pressure, blurred and covered with noise. Image i depends on (seed, part, i) alone.
[[nodiscard]] Table make_digits(std::size_t rows, std::uint64_t seed, Part part);

}  // namespace ensemble::data
