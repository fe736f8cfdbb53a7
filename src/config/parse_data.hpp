#pragma once

#include <string>
#include <string_view>

#include "data/augmentation.hpp"
#include "data/image_size.hpp"
#include "data/preprocessing.hpp"

namespace ensemble::config {

// Each reads what the function of the same line writes. They throw core::Error (usage) saying what is wrong with
// `text`.

/// "128x1": steps and features of each.
[[nodiscard]] data::Sequence parse_sequence(std::string_view text);
[[nodiscard]] std::string text_of_sequence(const data::Sequence& sequence);

/// "32x32": height and width.
[[nodiscard]] data::ImageSize parse_image_size(std::string_view text);
[[nodiscard]] std::string text_of_image_size(const data::ImageSize& size);

/// "none", "pca:30" or "variance:100".
void parse_reduction(data::Preprocessing& preprocessing, std::string_view text);
[[nodiscard]] std::string text_of_reduction(const data::Preprocessing& preprocessing);

/// "none", or parts such as "shift:2,rotate:10,scale:0.1,elastic:3".
[[nodiscard]] data::Augmentation parse_augmentation(std::string_view text);
[[nodiscard]] std::string text_of_augmentation(const data::Augmentation& augmentation);

}  // namespace ensemble::config
