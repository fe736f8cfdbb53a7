#include "report/page/shrunk.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace ensemble::report {

bool is_whole(const store::Picture& image) noexcept {
    return image.width > 0 && image.height > 0 && (image.channels == 1 || image.channels == 3) &&
           image.pixels.size() == image.width * image.height * image.channels;
}

store::Picture shrunk(const store::Picture& image, std::size_t side) {
    core::require(is_whole(image) && side > 0, "an image that is whole becomes one of a pixel or more");
    const std::size_t longer = std::max(image.width, image.height);
    const std::size_t block = (longer + side - 1) / side;  // pixels of each side that become one
    if (block <= 1) return image;
    store::Picture small{.height = (image.height + block - 1) / block,
                         .width = (image.width + block - 1) / block,
                         .channels = image.channels,
                         .pixels = {}};
    for (std::size_t row = 0; row < small.height; ++row) {
        for (std::size_t column = 0; column < small.width; ++column) {
            for (std::size_t channel = 0; channel < image.channels; ++channel) {
                std::size_t sum = 0;
                std::size_t pixels = 0;
                for (std::size_t y = row * block; y < std::min((row + 1) * block, image.height); ++y) {
                    for (std::size_t x = column * block; x < std::min((column + 1) * block, image.width);
                         ++x, ++pixels) {
                        sum += image.pixels[(y * image.width + x) * image.channels + channel];
                    }
                }
                small.pixels.push_back(static_cast<std::uint8_t>((sum + pixels / 2) / pixels));
            }
        }
    }
    return small;
}

}  // namespace ensemble::report
