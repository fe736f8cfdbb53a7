#pragma once

#include <string>

#include "data/dataset.hpp"

namespace ensemble::data {

/// What the numbers of a file reach.
struct Reach {
    std::string name;  ///< of the file
    double low = 0;
    double high = 0;
};

/// Holds the images of the test rows against those of the training rows. Where one goes up to 1 or 16 and the other to
/// 255, a network that has learnt from one sees nothing in the other. Throws core::Error (data) where they are `pixels`
/// and a factor of 8 or more lies between them; otherwise returns a note where a lesser factor or a sign does, or 16
/// between numbers of any kind; empty if nothing is unusual.
[[nodiscard]] std::string compare_scales(const Reach& train, const Reach& test, bool pixels);

/// True if the features are the pixels of images as far as values tell it: at least 49, none below zero, and a quarter
/// of them reach the largest value of all, or nearly.
[[nodiscard]] bool look_like_pixels(const Table& table);

/// The same as compare_scales() for images that are given as columns; nothing where the features do not look like
/// pixels.
[[nodiscard]] std::string compare_scales_of_columns(const std::string& name, const Table& train,
                                                    const std::string& test_name, const Table& test);

}  // namespace ensemble::data
