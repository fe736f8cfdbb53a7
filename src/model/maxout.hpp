#pragma once

#include <cstdint>
#include <vector>

#include "model/compiler.hpp"
#include "model/operation.hpp"

namespace ensemble::model {

/// The largest of several pieces: y [rows × units] from x [rows × pieces·units], where the pieces of all units lie one
/// behind the other. A NaN counts as largest, or a diverged member would look healthy.
class Maxout final : public Operation {
public:
    /// REQUIRES: nobody else reads `input`.
    Maxout(Tensor& input, Tensor& output);

    void prepare() override;
    void forward(const float* parameters, const Pass& pass) override;
    void backward(const float* parameters, float* gradients, const GradientReady& ready) override;
    [[nodiscard]] std::vector<const Tensor*> inputs() const override;

private:
    Tensor& input_;
    Tensor& output_;
    std::vector<std::uint8_t> chosen_;  ///< [rows × units]
};

}  // namespace ensemble::model
