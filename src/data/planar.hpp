#pragma once

#include <cstddef>
#include <cstdint>

#include "data/dataset.hpp"
#include "data/generator.hpp"

namespace ensemble::data {

/// The truth table of exclusive or: four rows (0,0), (0,1), (1,0), (1,1).
[[nodiscard]] Table make_xor();

/// Two interleaving half circles of radius 1, with normal noise of standard deviation `noise` on both coordinates.
[[nodiscard]] Table make_moons(std::size_t rows, double noise, std::uint64_t seed, Part part);

/// Two spiral arms of one and a half turns inside the unit circle, with normal noise on both coordinates.
[[nodiscard]] Table make_spirals(std::size_t rows, double noise, std::uint64_t seed, Part part);

}  // namespace ensemble::data
