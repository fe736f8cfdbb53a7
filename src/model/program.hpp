#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "compute/precision.hpp"
#include "compute/rows.hpp"
#include "model/compiler.hpp"
#include "model/layer_recorder.hpp"
#include "model/network.hpp"
#include "model/operation.hpp"
#include "model/slices.hpp"

namespace ensemble::model {

/// A network compiled for a batch size: every buffer and kernel is made here, running it allocates nothing.
/// Parameters and gradients stay with the caller, in the flat layout of the network.
class Program {
public:
    enum class Purpose : std::uint8_t {
        training,
        adversarial_training,  ///< as training, and backward() goes on to the input: see input_gradient()
        inference,
        observation,  ///< as training, but every layer keeps what it leaves: see layers()
    };

    /// `precision` is that of the factors of products and convolutions; parameters, gradients and all that stands
    /// between operations are in single precision. REQUIRES: rows > 0. The program does not refer to `network`
    /// afterwards. A `pool`, which must outlive the program and keep its size, shares the work; what comes out is the
    /// same to the bit.
    Program(const Network& network, std::size_t rows, Purpose purpose,
            compute::Precision precision = compute::Precision::f32, core::ThreadPool* pool = nullptr);
    ~Program();
    Program(Program&&) noexcept;
    Program& operator=(Program&&) noexcept;

    [[nodiscard]] std::size_t rows() const noexcept;

    /// Memory of all activations and their gradients.
    [[nodiscard]] std::size_t bytes() const noexcept { return parts_.bytes(); }

    /// The same of a program that is not made, however large it would be. A `summary` writes down what is compiled.
    [[nodiscard]] static std::size_t bytes_of(const Network& network, std::size_t rows, Purpose purpose,
                                              compute::Precision precision = compute::Precision::f32,
                                              SummaryBuilder* summary = nullptr);

    /// The layers with what they left of the last batch, the input first. REQUIRES: Purpose::observation.
    [[nodiscard]] const std::vector<KeptLayer>& layers() const noexcept { return layers_; }

    /// The same of a program that is not made, so that there are no values.
    [[nodiscard]] static std::vector<KeptLayer> layers_of(const Network& network);

    /// Where the caller writes a batch [rows × input]; sequences of different lengths with NaN behind their ends.
    [[nodiscard]] compute::Rows input() noexcept;

    /// Logits or predictions of the last forward pass [rows × outputs].
    [[nodiscard]] compute::Rows output() noexcept;

    /// Where the caller writes the loss's derivative before backward(). REQUIRES: not Purpose::inference.
    [[nodiscard]] compute::Rows output_gradient() noexcept;

    /// The loss's derivative by the input, once backward() is through: each row is that of its own row of input()
    /// [rows × input]. REQUIRES: Purpose::adversarial_training.
    [[nodiscard]] compute::Rows input_gradient() noexcept;

    void forward(const float* parameters, const Pass& pass);

    /// Writes the gradient of every parameter (padding: zero, or unspecified where `ready` may overwrite it).
    /// `ready` is called as parts become final, and may update the parameters in that part; with a pool for several
    /// parts at once, in any order.
    void backward(const float* parameters, float* gradients, const GradientReady& ready);

private:
    Program() = default;

    /// Everything but the memory. Fills the members.
    void lay_out(const Network& network, Purpose purpose, Compiler& compiler);

    Compiler::Result parts_;
    Slices slices_;
    core::ThreadPool* pool_ = nullptr;
    std::vector<KeptLayer> layers_;
    Tensor* input_ = nullptr;
    Tensor* output_ = nullptr;
};

}  // namespace ensemble::model
