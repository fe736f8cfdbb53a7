#pragma once

#include <optional>
#include <span>
#include <string>

#include "model/layers.hpp"

// The entries of the layer table that slide over the steps of a sequence; see LayerKind for what the functions do.
//
// Whatever has an axis is a sequence: a vector one of single numbers, an image one of its rows. What they leave is
// steps×1×channels, an image one pixel wide, so that all layers on images (batchnorm, avgpool, skip, split) go on from
// there channel by channel, and recurrent ones step by step.
namespace ensemble::model {

core::Shape plan_conv1d(const Item& item, const core::Shape& input, Layout& layout);
Value compile_conv1d(const Item& item, const Value& input, Compiler& compiler);

std::optional<compute::ImageWindow> window_of_conv1d(const Item& item, const core::Shape& input,
                                                     const core::Shape& output);

std::string check_pool1d(std::span<const double> arguments);
core::Shape plan_pool1d(const Item& item, const core::Shape& input, Layout& layout);
[[nodiscard]] double operations_of_pool1d(const Item& item, const core::Shape& input, const core::Shape& output);
std::optional<compute::ImageWindow> window_of_pool1d(const Item& item, const core::Shape& input,
                                                     const core::Shape& output);
Value compile_maxpool1d(const Item& item, const Value& input, Compiler& compiler);
Value compile_avgpool1d(const Item& item, const Value& input, Compiler& compiler);

/// Where a skip's network leaves steps×1×channels of something else: one weight for all steps, or for every so many.
/// False if none fits.
[[nodiscard]] bool projects_sequence(const core::Shape& from, const core::Shape& to);

/// What slides across such a skip, or one of images; nothing where its input is added as it is.
std::optional<compute::ImageWindow> window_of_projection(const Item& item, const core::Shape& input,
                                                         const core::Shape& output);
bool plan_sequence_projection(const std::string& name, const core::Shape& from, const core::Shape& to, Layout& layout);
Value compile_sequence_projection(const Value& from, const core::Shape& to, Compiler& compiler);

}  // namespace ensemble::model
