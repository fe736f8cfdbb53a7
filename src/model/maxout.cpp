#include "model/maxout.hpp"

#include <algorithm>

#include "compute/elementwise.hpp"

namespace ensemble::model {

Maxout::Maxout(Tensor& input, Tensor& output) : input_(input), output_(output) {}

void Maxout::prepare() {
    chosen_.resize(output_.rows * output_.width());
}

std::vector<const Tensor*> Maxout::inputs() const {
    return {&input_};
}

void Maxout::forward(const float*, const Pass&) {
    const std::size_t units = output_.width();
    for (std::size_t row = 0; row < output_.rows; ++row) {
        const float* x = input_.value_rows()[row].data();
        float* y = output_.value_rows()[row].data();
        std::uint8_t* chosen = chosen_.data() + row * units;
        std::copy_n(x, units, y);
        std::fill_n(chosen, units, std::uint8_t{0});
        for (std::size_t piece = 1; piece < input_.width() / units; ++piece) {
            x += units;
            compute::take_larger({x, units}, static_cast<std::uint8_t>(piece), y, chosen);
        }
    }
}

void Maxout::backward(const float*, float*, const GradientReady&) {
    const std::size_t units = output_.width();
    for (std::size_t row = 0; row < output_.rows; ++row) {
        const float* dy = output_.gradient_rows()[row].data();
        float* dx = input_.gradient_rows()[row].data();
        const std::uint8_t* chosen = chosen_.data() + row * units;
        for (std::size_t piece = 0; piece < input_.width() / units; ++piece, dx += units)
            compute::take_where({dy, units}, chosen, static_cast<std::uint8_t>(piece), dx);
    }
}

}  // namespace ensemble::model
