#include "model/end_operations.hpp"

#include <algorithm>
#include <cmath>

namespace ensemble::model {

void ReadEnds::forward(const float*, const Pass&) {
    const std::size_t steps = input_.shape[0];
    const std::size_t features = input_.width() / steps;
    for (std::size_t row = 0; row < input_.rows; ++row) {
        const float* from = input_.values.data() + row * input_.stride;
        float* to = output_.values.data() + row * output_.stride;
        std::size_t end = steps;
        while (end > 0 && std::isnan(from[(end - 1) * features])) --end;
        std::copy_n(from, end * features, to);
        std::fill(to + end * features, to + steps * features, 0.0F);
        output_.ends->set(row, end);
    }
    output_.ends->tell_others();
}

void ReadEnds::backward(const float*, float*, const GradientReady&) {
    if (!input_.has_gradient()) return;
    const std::size_t features = input_.width() / input_.shape[0];
    for (std::size_t row = 0; row < input_.rows; ++row) {
        const std::size_t count = output_.ends->steps()[row] * features;
        float* to = input_.gradients.data() + row * input_.stride;
        std::copy_n(output_.gradients.data() + row * output_.stride, count, to);
        std::fill(to + count, to + input_.width(), 0.0F);
    }
}

void ClearBehindEnds::clear(float* values) const {
    const compute::Images images = images_of(tensor_);
    const std::size_t step = images.width * images.block;
    for (std::size_t row = 0; row < images.count; ++row) {
        const std::size_t end = ends_.steps()[row];
        for (std::size_t block = 0; block < images.blocks(); ++block, values += images.height * step)
            std::fill(values + end * step, values + images.height * step, 0.0F);
    }
}

void ClearBehindEnds::forward(const float*, const Pass&) {
    clear(tensor_.values.data());
}

void ClearBehindEnds::backward(const float*, float*, const GradientReady&) {
    if (tensor_.has_gradient()) clear(tensor_.gradients.data());
}

}  // namespace ensemble::model
