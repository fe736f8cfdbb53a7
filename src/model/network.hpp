#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/shape.hpp"
#include "model/notation.hpp"

namespace model {

enum class Initialiser : std::uint8_t { he, xavier, normal, zeros };

/// What the network is asked for; decides the output layer and the loss.
enum class Objective : std::uint8_t { classification, regression };

/// A block of the flat parameter buffer: a matrix whose rows are `stride` floats apart, or a vector (rows = 1).
struct ParameterBlock {
    std::string name;  ///< "dense1.weight"
    std::size_t offset = 0;
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t stride = 0;
    std::size_t fan_in = 0;
    std::size_t fan_out = 0;
    bool is_weight = true;  ///< weights are initialised at random and decay; biases start at zero and do not
};

/// A network as described: notation, shapes and the layout of its parameters, independent of any batch size.
/// The output layer that fits the objective (dense(outputs)) is added at the end.
class Network {
public:
    /// `text` is in the network notation, or the name of a preset.
    /// Throws core::Error (usage) naming the item, its position and the shapes that do not fit.
    Network(std::string_view text, const core::Shape& input, std::size_t outputs, Objective objective);

    [[nodiscard]] const core::Shape& input() const noexcept { return input_; }
    [[nodiscard]] std::size_t outputs() const noexcept { return outputs_; }
    [[nodiscard]] Objective objective() const noexcept { return objective_; }

    /// The notation with presets resolved and without the output layer: parsing it gives this network again.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    [[nodiscard]] const Items& items() const noexcept { return items_; }
    [[nodiscard]] std::span<const ParameterBlock> blocks() const noexcept { return blocks_; }

    /// Floats in the flat buffer, padding included.
    [[nodiscard]] std::size_t buffer_size() const noexcept { return buffer_size_; }

    /// Parameters that are learnt, padding excluded.
    [[nodiscard]] std::size_t parameter_count() const noexcept;

    /// Bytes one rank needs to train this network at `batch` rows: parameters, gradients, two moments, activations.
    [[nodiscard]] std::size_t training_bytes(std::size_t batch) const;

private:
    core::Shape input_;
    std::size_t outputs_;
    Objective objective_;
    std::string text_;
    Items items_;
    std::vector<ParameterBlock> blocks_;
    std::size_t buffer_size_ = 0;
};

/// Fills a flat buffer with a member's initial parameters, drawn from the stream (seed, member, initialise);
/// padding is zero. he: N(0, 2/fan_in) · xavier: U(±√(6/(fan_in+fan_out))) · normal: N(0, 1) · zeros.
void initialise(const Network& network, Initialiser how, std::uint64_t seed, std::uint32_t member,
                std::span<float> parameters);

struct Preset {
    std::string name;
    std::string text;
    std::string purpose;  ///< one line for --help
};

[[nodiscard]] std::span<const Preset> presets();

}  // namespace model
