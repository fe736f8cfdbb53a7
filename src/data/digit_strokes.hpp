#pragma once

#include <array>
#include <vector>

namespace ensemble::data {

/// A point a pen passes through, in a unit box with y downwards; at a corner it changes direction sharply.
struct Knot {
    float x = 0;
    float y = 0;
    bool corner = false;
};

/// What a pen draws without being lifted.
using Stroke = std::vector<Knot>;

/// One way in which people write a digit.
struct Style {
    double share = 0;  ///< of the people who write the digit; a digit's shares sum to 1
    std::vector<Stroke> strokes;
};

/// All styles of the ten digits.
[[nodiscard]] const std::array<std::vector<Style>, 10>& digit_styles();

}  // namespace ensemble::data
