#include "exchange/onnx_value.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/contract.hpp"

namespace ensemble::exchange {
namespace {

/// Whether each step counts: [rows, steps], and of length 1 along the `other` axes.
std::string is_counted(OnnxBuilder& builder, const OnnxValue& value, const std::vector<std::int64_t>& other) {
    core::require(value.shape.rank() > 1, "rows that end have steps");
    std::vector<std::int64_t> numbers(value.shape[0]);
    std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
    const std::string column =
        builder.add_once("Unsqueeze", {value.ends, builder.integers({1})}, value.ends + "/column");
    const std::string mask = builder.add_once("Less", {builder.integers(numbers), column}, value.ends + "/counted");
    return builder.add_once("Unsqueeze", {mask, builder.integers(other)}, mask + "/spread");
}

}  // namespace

std::string ends_behind(OnnxBuilder& builder, const std::string& ends,
                        const std::optional<compute::ImageWindow>& window) {
    if (ends.empty() || !window) return ends;
    const compute::Window& along = window->vertical;
    // ⌈n / stride⌉, or ⌊(n − size) / stride⌋ + 1 and 0 where it does not fit: see compute::Window::positions().
    const std::size_t taken = along.padding == compute::Padding::same ? 1 : along.size;
    const auto stride = static_cast<std::int64_t>(along.stride);
    const std::int64_t more = stride - static_cast<std::int64_t>(taken);
    std::string behind = ends;
    if (more != 0) behind = builder.add_once("Add", {behind, builder.integers({more})}, "ends/moved");
    if (more < 0) behind = builder.add_once("Max", {behind, builder.integers({0})}, "ends/at least none");
    if (stride > 1) behind = builder.add_once("Div", {behind, builder.integers({stride})}, "ends/positions");
    return behind;
}

std::string ends_of_all(OnnxBuilder& builder, std::span<const OnnxValue> values) {
    OnnxBuilder::Names different;
    for (const OnnxValue& value : values) {
        if (!value.ends.empty() && std::ranges::find(different, value.ends) == different.end())
            different.push_back(value.ends);
    }
    if (different.empty()) return "";
    if (different.size() == 1) return different.front();
    return builder.add_once("Max", different, "ends/longest");
}

OnnxValue filled(OnnxBuilder& builder, const OnnxValue& value, float behind_ends) {
    if (value.ends.empty()) return value;
    std::vector<std::int64_t> other{2};
    if (value.channels_first) {
        other = {1, 3};
    } else if (value.shape.rank() > 2) {
        other = {2, 3};
    }
    // Where takes nothing of what it leaves out; a product with 0 would keep a NaN.
    OnnxValue result = value;
    result.name = builder.add_once(
        "Where", {is_counted(builder, value, other), value.name, builder.scalar(behind_ends)}, value.name + "/ended");
    return result;
}

OnnxValue steps_that_count(OnnxBuilder& builder, const OnnxValue& value) {
    const std::string mask = is_counted(builder, value, {1, 3});
    return {.name = builder.cast_once(mask, OnnxElement::f32, mask + "/number"),
            .shape = {value.shape[0], 1, 1},
            .channels_first = true};
}

}  // namespace ensemble::exchange
