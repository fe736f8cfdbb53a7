#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/names.hpp"
#include "core/shape.hpp"
#include "model/notation.hpp"
#include "model/parameters.hpp"

namespace ensemble::model {

enum class Initialiser : std::uint8_t { he, xavier, normal, zeros, rbm };

constexpr auto enum_names(Initialiser) {
    return std::array{core::Named{Initialiser::he, "he"}, core::Named{Initialiser::xavier, "xavier"},
                      core::Named{Initialiser::normal, "normal"}, core::Named{Initialiser::zeros, "zeros"},
                      core::Named{Initialiser::rbm, "rbm"}};
}

/// Whether rows are sequences of different lengths, which end where steps of NaN begin.
enum class Lengths : std::uint8_t { equal, different };

/// A column of a table in what a network sees of a row, one behind the other.
struct InputColumn {
    std::size_t features = 1;
    bool is_number = true;  ///< else a category, with a feature for each level
};

/// A network as described: notation, shapes and the layout of its parameters, independent of any batch size.
/// The output layer, dense(outputs), is added at the end.
class Network {
public:
    /// `text` is in the network notation, or the name of a preset.
    /// Throws core::Error (usage) naming the item, its position and the shapes that do not fit.
    /// `columns`: of a table, for layers that take them; empty: every feature is a number, or the text says what is.
    /// REQUIRES: sequences of different lengths have steps and features, steps first.
    Network(std::string_view text, const core::Shape& input, std::size_t outputs, Lengths lengths = Lengths::equal,
            std::span<const InputColumn> columns = {});

    [[nodiscard]] const core::Shape& input() const noexcept { return input_; }
    [[nodiscard]] Lengths lengths() const noexcept { return lengths_; }
    [[nodiscard]] std::size_t outputs() const noexcept { return outputs_; }

    /// The notation with presets resolved and without the output layer: parsing it gives this network again, with the
    /// same columns.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// The same with the features of each column where a layer takes them: it gives this network again by itself.
    [[nodiscard]] const std::string& full_text() const noexcept { return full_text_; }

    /// The items, output layer included.
    [[nodiscard]] const Items& items() const noexcept { return items_; }

    /// Whether there is a layer or block of that name anywhere in the network.
    [[nodiscard]] bool has(std::string_view item) const;

    [[nodiscard]] std::span<const ParameterBlock> blocks() const noexcept { return layout_.blocks(); }

    /// Floats in the flat buffer, padding included.
    [[nodiscard]] std::size_t buffer_size() const noexcept { return layout_.size(); }

    /// Running statistics of normalising layers, in the order of the items.
    [[nodiscard]] std::span<const StatisticsBlock> statistics() const noexcept { return layout_.statistics(); }
    [[nodiscard]] std::size_t statistics_size() const noexcept;

    /// Parameters that are learnt, padding excluded.
    [[nodiscard]] std::size_t parameter_count() const noexcept;

private:
    core::Shape input_;
    std::size_t outputs_;
    Lengths lengths_;
    std::string text_;
    std::string full_text_;
    Items items_;
    Layout layout_;
};

/// Fills a flat buffer with a member's initial parameters, drawn from the stream (seed, member, initialise);
/// padding is zero.
/// he: N(0, 2/fan_in) (He et al. 2015) · xavier: U(±√(6/(fan_in + fan_out))) (Glorot & Bengio 2010), both with zero
/// biases · normal: N(0, 1) for weights and biases · zeros · rbm: where Boltzmann machines begin to learn, N(0, 0.01²)
/// with zero biases, and xavier in the output layer.
/// With he and xavier, the weights of recurrent layers from state to state start as orthogonal matrices, one for each
/// gate (Saxe et al. 2014): they keep the length of a state and of its gradient over many steps.
void initialise(const Network& network, Initialiser how, std::uint64_t seed, std::uint32_t member,
                std::span<float> parameters);

/// Fills the running statistics with their values before training: means 0, variances 1.
void initialise_statistics(const Network& network, std::span<float> statistics);

/// A network with a name, and the settings it is meant to be run with.
struct Preset {
    struct Setting {
        std::string_view option;  ///< without the dashes: "epochs"
        std::string_view value;
    };

    std::string_view name;
    std::string_view text;
    std::string_view purpose;       ///< one line for --help
    std::vector<Setting> settings;  ///< defaults that --net NAME brings along; configuration and command line win
};

[[nodiscard]] std::span<const Preset> presets();

/// Null if there is none of that name, which may have white space around it.
[[nodiscard]] const Preset* find_preset(std::string_view name);

/// True if a network, given as its notation or the name of a preset, slides windows over images.
/// Throws core::Error (usage) like parse().
[[nodiscard]] bool convolves(std::string_view text);

}  // namespace ensemble::model
