#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compute/convolution.hpp"
#include "core/shape.hpp"
#include "model/column_place.hpp"
#include "model/notation.hpp"
#include "model/parameters.hpp"

namespace ensemble::model {

class Compiler;
struct Value;

/// Everything the notation knows under one name. A new layer is one more entry of the table in layers.cpp.
struct LayerKind {
    std::string_view name;
    std::string_view usage;  ///< "dense(units)", for messages and --help
    std::size_t least_arguments = 0;
    std::size_t most_arguments = 0;
    std::size_t branches = 0;                      ///< networks it holds at most; 0 for a layer
    std::span<const std::string_view> words = {};  ///< what may stand behind its numbers

    /// How often its networks are run, each time with other parameters; null: once.
    std::size_t (*times)(std::span<const double> arguments) = nullptr;

    /// Complaint about argument values, empty if they are fine; may be null.
    std::string (*check)(std::span<const double> arguments) = nullptr;

    /// How often each of its parameters is used for one row; null: once at every place of the output, which is once for
    /// vectors and once for every pixel of images. What goes through a sequence has a use for each step.
    std::size_t (*uses)(const core::Shape& input) = nullptr;

    /// Floating-point operations for one row, besides those with its parameters and those inside; null: none.
    double (*operations)(const Item& item, const core::Shape& input, const core::Shape& output) = nullptr;

    /// Shape behind the item for `input` before it; appends the parameters it needs to `layout`, in a fixed order.
    core::Shape (*plan)(const Item& item, const core::Shape& input, Layout& layout) = nullptr;

    /// The window that slides over the images before it, for who reads the graph; null or nothing: none, or the whole
    /// image is one.
    std::optional<compute::ImageWindow> (*window)(const Item& item, const core::Shape& input,
                                                  const core::Shape& output) = nullptr;

    /// Where the columns of a table lie that it treats one by one; null: it sees features alone. These stand behind its
    /// first argument, once the network is told of them.
    std::vector<ColumnPlace> (*columns)(const Item& item, const core::Shape& input) = nullptr;

    /// Whether what it leaves at a place depends on that place alone: it may run over what is behind the ends of rows.
    bool is_elementwise = false;

    /// Whether its input also goes past its networks to its end.
    bool joins_input = false;

    /// Appends the operations of the item to the program; takes its parameters in the order of plan().
    Value (*compile)(const Item& item, const Value& input, Compiler& compiler) = nullptr;
};

/// Throws core::Error (usage): "network, line 1, column 7: conv(4, 3) …".
[[noreturn]] void refuse(const Item& item, const std::string& why);

/// A whole number from 1 to `most`.
[[nodiscard]] bool is_count(double value, double most) noexcept;

[[nodiscard]] std::span<const LayerKind> layer_kinds();

/// Null if there is none.
[[nodiscard]] const LayerKind* find_layer(std::string_view name);

/// Plans items one after the other. Throws core::Error (usage) that names item, position and shapes.
[[nodiscard]] core::Shape plan(const Items& items, const core::Shape& input, Layout& layout);

/// Compiles items one after the other.
[[nodiscard]] Value compile(const Items& items, const Value& input, Compiler& compiler);

}  // namespace ensemble::model
