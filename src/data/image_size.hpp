#pragma once

#include <cstddef>

namespace ensemble::data {

/// Pixels that pictures are brought to.
struct ImageSize {
    std::size_t height = 1;
    std::size_t width = 1;

    friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

}  // namespace ensemble::data
