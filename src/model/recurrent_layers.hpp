#pragma once

#include <span>
#include <string>

#include "compute/cell.hpp"
#include "model/layers.hpp"

// The entries of the layer table that work on sequences; see LayerKind for what the functions do.
namespace ensemble::model {

std::string check_recurrent(std::span<const double> arguments);

[[nodiscard]] std::size_t steps_of(const core::Shape& input);
template <compute::Cell cell>
double operations_of_recurrent(const Item& item, const core::Shape& input, const core::Shape& output);

template <compute::Cell cell>
core::Shape plan_recurrent(const Item& item, const core::Shape& input, Layout& layout);
template <compute::Cell cell>
Value compile_recurrent(const Item& item, const Value& input, Compiler& compiler);

/// Where a skip's network leaves as many steps as it was given, with other features: one weight for all steps. False if
/// the shapes are others.
bool plan_step_projection(const std::string& name, const core::Shape& from, const core::Shape& to, Layout& layout);

}  // namespace ensemble::model
