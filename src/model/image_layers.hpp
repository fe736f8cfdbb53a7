#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "compute/convolution.hpp"
#include "model/layers.hpp"

// The entries of the layer table that work on images; see LayerKind for what the functions do.
namespace ensemble::model {

std::string check_conv(std::span<const double> arguments);
core::Shape plan_conv(const Item& item, const core::Shape& input, Layout& layout);
std::optional<compute::ImageWindow> window_of_conv(const Item& item, const core::Shape& input,
                                                   const core::Shape& output);
Value compile_conv(const Item& item, const Value& input, Compiler& compiler);

std::string check_pool(std::span<const double> arguments);
core::Shape plan_pool(const Item& item, const core::Shape& input, Layout& layout);
[[nodiscard]] double operations_of_pool(const Item& item, const core::Shape& input, const core::Shape& output);
std::optional<compute::ImageWindow> window_of_pool(const Item& item, const core::Shape& input,
                                                   const core::Shape& output);
Value compile_maxpool(const Item& item, const Value& input, Compiler& compiler);
Value compile_avgpool(const Item& item, const Value& input, Compiler& compiler);

core::Shape plan_batchnorm(const Item& item, const core::Shape& input, Layout& layout);
Value compile_batchnorm(const Item& item, const Value& input, Compiler& compiler);

core::Shape plan_split(const Item& item, const core::Shape& input, Layout& layout);
Value compile_split(const Item& item, const Value& input, Compiler& compiler);

/// Appends a convolution with the next two parameter blocks. REQUIRES: an input in the form of images, see images_of().
Value convolve(const core::Shape& output_shape, const compute::ImageWindow& window, const Value& input,
               Compiler& compiler);

/// Weight and bias of a convolution whose window has `area` pixels.
void add_convolution(const std::string& name, std::size_t area, std::size_t in, std::size_t out, Layout& layout);

/// Where a skip's network leaves another image than it was given: a 1×1 convolution across. False if none fits.
bool plan_image_projection(const std::string& name, const core::Shape& from, const core::Shape& to, Layout& layout);
std::optional<compute::ImageWindow> window_of_image_projection(const Item& item, const core::Shape& from,
                                                               const core::Shape& to);
Value compile_image_projection(const Value& from, const core::Shape& to, Compiler& compiler);

}  // namespace ensemble::model
