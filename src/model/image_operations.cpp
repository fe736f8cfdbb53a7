#include "model/image_operations.hpp"

#include <algorithm>
#include <utility>

#include "compute/elementwise.hpp"
#include "compute/pooling.hpp"
#include "core/contract.hpp"

namespace ensemble::model {
namespace {

compute::ConvolutionShape convolution_shape(const compute::Images& images, const compute::ImageWindow& window,
                                            const ParameterBlock& weight) {
    return {.count = images.count,
            .height = images.height,
            .width = images.width,
            .channels_in = images.channels,
            .channels_out = weight.columns,
            .window = window,
            .weight_stride = weight.stride};
}

compute::Derivatives derivatives_of(const Tensor& input, const Tensor& output) {
    if (!output.has_gradient()) return compute::Derivatives::none;
    return input.has_gradient() ? compute::Derivatives::of_weights_and_input : compute::Derivatives::of_weights;
}

}  // namespace

Reorder::Reorder(Tensor& input, compute::Accumulate store, Tensor& output)
    : input_(input), output_(output), target_(input, store) {}

void Reorder::prepare() {
    target_.prepare();
}

std::vector<const Tensor*> Reorder::inputs() const {
    return {&input_};
}

void Reorder::forward(const float*, const Pass&) {
    compute::reorder(images_of(input_), input_.values.data(), images_of(output_), output_.values.data());
}

void Reorder::backward(const float*, float*, const GradientReady&) {
    if (!target_.is_wanted()) return;
    compute::reorder(images_of(output_), output_.gradients.data(), images_of(input_), target_.data());
    target_.deliver();
}

Convolve::Convolve(Tensor& input, compute::Accumulate store, Tensor& output, const compute::ImageWindow& window,
                   const ParameterBlock& weight, const ParameterBlock& bias, compute::Precision precision,
                   core::ThreadPool* pool)
    : RowOperation(output.stride > input.stride ? output : input),
      input_(input),
      output_(output),
      recipe_{.input = {.tensor = &input, .gradient = store},
              .window = window,
              .weight = weight,
              .bias = bias,
              .precision = precision},
      pool_(pool),
      target_(input, store) {}

void Convolve::prepare() {
    convolution_.emplace(convolution_shape(images_of(input_), recipe_.window, recipe_.weight),
                         compute::ConvolutionOrder{images_of(input_), images_of(output_)},
                         derivatives_of(input_, output_), recipe_.precision, pool_);
    if (!convolution_->goes_by_images()) target_.prepare();
}

RowOperation* Convolve::by_rows() noexcept {
    return convolution_ && convolution_->goes_by_images() ? this : nullptr;
}

void Convolve::forward_rows(const float* parameters, const Pass&, core::Part rows) {
    if (rows.begin == 0) convolution_->set_weights(parameters + recipe_.weight.offset);
    convolution_->forward(input_.values_at(rows.begin), parameters + recipe_.bias.offset, output_.values_at(rows.begin),
                          rows);
}

void Convolve::backward_rows(const float*, float* gradients, const GradientReady& ready, core::Part rows) {
    const float* dy = output_.gradients_at(rows.begin);
    if (input_.has_gradient())
        convolution_->backward_input(dy, input_.gradients_at(rows.begin), recipe_.input.gradient, rows);
    convolution_->backward_weights(input_.values_at(rows.begin), dy, gradients + recipe_.weight.offset,
                                   gradients + recipe_.bias.offset, rows);
    if (rows.end < input_.rows) return;
    report(recipe_.weight, ready);
    report(recipe_.bias, ready);
}

std::vector<const Tensor*> Convolve::inputs() const {
    return {&input_};
}

void Convolve::forward(const float* parameters, const Pass& pass) {
    if (by_rows() != nullptr) return RowOperation::forward(parameters, pass);
    convolution_->set_weights(parameters + recipe_.weight.offset);
    convolution_->forward(input_.values.data(), parameters + recipe_.bias.offset, output_.values.data());
}

void Convolve::backward(const float* parameters, float* gradients, const GradientReady& ready) {
    if (by_rows() != nullptr) return RowOperation::backward(parameters, gradients, ready);
    if (target_.is_wanted()) {
        convolution_->backward_input(output_.gradients.data(), target_.data());
        target_.deliver();
    }
    convolution_->backward_weights(input_.values.data(), output_.gradients.data(), gradients + recipe_.weight.offset,
                                   gradients + recipe_.bias.offset);
    report(recipe_.weight, ready);
    report(recipe_.bias, ready);
}

namespace {

/// `images` with another count.
compute::Images rows_of(compute::Images images, std::size_t count) {
    images.count = count;
    return images;
}

/// Of these rows, where heights are told.
compute::Heights some_of(compute::Heights heights, core::Part rows) {
    return heights.empty() ? heights : heights.subspan(rows.begin, rows.end - rows.begin);
}

}  // namespace

std::size_t ConvolveAndPool::slice_of(const compute::Images& between) {
    // Half of a second cache of 1 MiB; a batch that fits the third as it is gains nothing.
    constexpr std::size_t slice_floats = 128 * 1024;
    constexpr std::size_t large_floats = 1024 * 1024;
    if (between.elements() < large_floats) return 0;
    std::size_t slice = std::min(between.count, slice_floats / between.item_elements());
    while (slice > 0 && between.count % slice != 0) --slice;
    return slice > 1 ? slice : 0;
}

ConvolveAndPool::ConvolveAndPool(const Convolve::Recipe& recipe, std::size_t slice, const compute::Images& between,
                                 const compute::ImageWindow& pool, Tensor& output)
    : input_(*recipe.input.tensor),
      output_(output),
      recipe_(recipe),
      pool_(pool),
      slice_(slice),
      between_(rows_of(between, slice)),
      target_(input_, recipe.input.gradient) {}

void ConvolveAndPool::prepare() {
    target_.prepare();
    const compute::Images in = rows_of(images_of(input_), slice_);
    convolution_.emplace(convolution_shape(in, recipe_.window, recipe_.weight), compute::ConvolutionOrder{in, between_},
                         derivatives_of(input_, output_), recipe_.precision);
    values_.resize(between_.elements());
    weight_gradient_.resize(recipe_.weight.size());
    bias_gradient_.resize(recipe_.bias.size());
    chosen_.resize(images_of(output_).elements());
}

std::vector<const Tensor*> ConvolveAndPool::inputs() const {
    return {&input_};
}

void ConvolveAndPool::forward(const float* parameters, const Pass&) {
    convolution_->set_weights(parameters + recipe_.weight.offset);
    const std::size_t outputs = images_of(output_).item_elements();
    for (std::size_t row = 0; row < input_.rows; row += slice_) {
        convolution_->forward(input_.values.data() + row * input_.stride, parameters + recipe_.bias.offset,
                              values_.data());
        compute::max_pool(between_, pool_, values_.data(), output_.values.data() + row * outputs,
                          std::span(chosen_).subspan(row * outputs, slice_ * outputs));
    }
}

void ConvolveAndPool::backward(const float*, float* gradients, const GradientReady& ready) {
    const std::span<float> weight(gradients + recipe_.weight.offset, recipe_.weight.size());
    const std::span<float> bias(gradients + recipe_.bias.offset, recipe_.bias.size());
    const std::size_t outputs = images_of(output_).item_elements();
    for (std::size_t row = 0; row < input_.rows; row += slice_) {
        compute::max_pool_backward(between_, pool_, output_.gradients.data() + row * outputs,
                                   std::span(chosen_).subspan(row * outputs, slice_ * outputs), values_.data());
        if (target_.is_wanted()) convolution_->backward_input(values_.data(), target_.data() + row * input_.stride);
        convolution_->read_again(input_.values.data() + row * input_.stride);
        const bool first = row == 0;
        convolution_->backward_weights(input_.values.data() + row * input_.stride, values_.data(),
                                       first ? weight.data() : weight_gradient_.data(),
                                       first ? bias.data() : bias_gradient_.data());
        if (first) continue;
        compute::add(weight_gradient_, weight.data());
        compute::add(std::span(bias_gradient_).first(recipe_.bias.columns), bias.data());
    }
    if (target_.is_wanted()) target_.deliver();
    report(recipe_.weight, ready);
    report(recipe_.bias, ready);
}

MaxPool::MaxPool(Tensor& input, compute::Accumulate store, Tensor& output, const compute::ImageWindow& window)
    : RowOperation(input), input_(input), output_(output), window_(window), accumulate_(store), target_(input, store) {}

void MaxPool::prepare() {
    target_.prepare();
    chosen_.resize(images_of(output_).elements());
}

std::vector<const Tensor*> MaxPool::inputs() const {
    return {&input_};
}

/// A gradient that is added goes by way of a copy, as a whole.
RowOperation* MaxPool::by_rows() noexcept {
    return accumulate_ == compute::Accumulate::no ? this : nullptr;
}

void MaxPool::forward_rows(const float*, const Pass&, core::Part rows) {
    const std::size_t outputs = images_of(output_).item_elements();
    compute::max_pool(rows_of(images_of(input_), rows.end - rows.begin), window_, input_.values_at(rows.begin),
                      output_.values_at(rows.begin), std::span(chosen_).subspan(rows.begin * outputs),
                      some_of(input_.steps(), rows));
}

void MaxPool::backward_rows(const float*, float*, const GradientReady&, core::Part rows) {
    if (!target_.is_wanted()) return;
    const std::size_t outputs = images_of(output_).item_elements();
    float* const dx = by_rows() != nullptr ? input_.gradients_at(rows.begin) : target_.data();
    compute::max_pool_backward(rows_of(images_of(input_), rows.end - rows.begin), window_,
                               output_.gradients_at(rows.begin), std::span(chosen_).subspan(rows.begin * outputs), dx,
                               some_of(input_.steps(), rows));
    target_.deliver();
}

AveragePool::AveragePool(Tensor& input, compute::Accumulate store, Tensor& output, const compute::ImageWindow& window)
    : input_(input), output_(output), window_(window), target_(input, store) {}

void AveragePool::prepare() {
    target_.prepare();
}

std::vector<const Tensor*> AveragePool::inputs() const {
    return {&input_};
}

void AveragePool::forward(const float*, const Pass&) {
    compute::average_pool(images_of(input_), window_, input_.values.data(), output_.values.data(), input_.steps());
}

void AveragePool::backward(const float*, float*, const GradientReady&) {
    if (!target_.is_wanted()) return;
    compute::average_pool_backward(images_of(input_), window_, output_.gradients.data(), target_.data(),
                                   input_.steps());
    target_.deliver();
}

GlobalAverage::GlobalAverage(Tensor& input, compute::Accumulate store, Tensor& output)
    : input_(input), accumulate_(store), output_(output) {}

std::vector<const Tensor*> GlobalAverage::inputs() const {
    return {&input_};
}

void GlobalAverage::forward(const float*, const Pass&) {
    compute::global_average(images_of(input_), input_.values.data(), input_.stride, output_.values.data(),
                            output_.stride, input_.steps());
}

void GlobalAverage::backward(const float*, float*, const GradientReady&) {
    if (!input_.has_gradient()) return;
    compute::global_average_backward(images_of(input_), output_.gradients.data(), output_.stride, accumulate_,
                                     input_.gradients.data(), input_.stride, input_.steps());
}

Measure::Measure(Tensor& input, compute::Accumulate store, const Tensor& output, const NormState& state,
                 std::shared_ptr<compute::BatchNorm> norm)
    : RowOperation(input), input_(input), accumulate_(store), output_(output), state_(state), norm_(std::move(norm)) {}

RowOperation* Measure::by_rows() noexcept {
    return norm_->goes_by_images() ? this : nullptr;
}

std::vector<const Tensor*> Measure::inputs() const {
    return {&input_};
}

void Measure::forward_rows(const float* parameters, const Pass& pass, core::Part rows) {
    core::require(pass.statistics != nullptr, "a normalising network runs with its statistics");
    if (pass.mode == Mode::train) norm_->measure(input_.values_at(rows.begin), rows);
    if (rows.end < input_.rows) return;
    const float* scale = parameters + state_.scale.offset;
    const float* offset = parameters + state_.offset.offset;
    float* mean = pass.statistics + state_.mean.offset;
    float* variance = pass.statistics + state_.variance.offset;
    if (pass.mode == Mode::train) {
        norm_->use_measured(scale, offset, mean, variance, pass.share);
    } else {
        norm_->use_running(scale, offset, mean, variance);
    }
}

void Measure::backward_rows(const float*, float*, const GradientReady&, core::Part rows) {
    if (!input_.has_gradient()) return;
    norm_->spread_gradients(input_.values_at(rows.begin), output_.gradients_at(rows.begin), accumulate_,
                            input_.gradients_at(rows.begin), rows);
}

Normalise::Normalise(const Tensor& input, Tensor& output, const NormState& state,
                     std::shared_ptr<compute::BatchNorm> norm)
    : RowOperation(output), input_(input), output_(output), state_(state), norm_(std::move(norm)) {}

RowOperation* Normalise::by_rows() noexcept {
    return norm_->goes_by_images() ? this : nullptr;
}

bool Normalise::fuse_relu(const Tensor& value) {
    return &value == &output_ && norm_->fuse_relu();
}

void Normalise::forward_rows(const float*, const Pass&, core::Part rows) {
    norm_->normalise(input_.values_at(rows.begin), output_.values_at(rows.begin), rows);
}

void Normalise::backward_rows(const float* parameters, float* gradients, const GradientReady& ready, core::Part rows) {
    norm_->sum_gradients(input_.values_at(rows.begin), output_.gradients_at(rows.begin), rows);
    if (rows.end < input_.rows) return;
    norm_->use_sums(parameters + state_.scale.offset, gradients + state_.scale.offset,
                    gradients + state_.offset.offset);
    report(state_.scale, ready);
    report(state_.offset, ready);
}

Concatenate::Concatenate(std::vector<Value> branches, Tensor& output)
    : branches_(std::move(branches)), output_(output) {
    for (const Value& branch : branches_)
        core::require(branch.tensor->block == output.block, "branches and their concatenation have one order");
}

template <class Use>
void Concatenate::for_runs(Use use) const {
    const compute::Images out = images_of(output_);
    std::size_t done = 0;
    for (const Value& branch : branches_) {
        const compute::Images in = images_of(*branch.tensor);
        if (output_.shape.rank() < 2) {
            use(branch, std::size_t{0}, done, branch.tensor->width());
            done += branch.tensor->width();
        } else if (output_.block != 0) {
            use(branch, std::size_t{0}, done, in.item_elements());
            done += in.item_elements();
        } else if (output_.shape.rank() == 2) {
            const std::size_t features = branch.tensor->shape[1];
            for (std::size_t t = 0; t < output_.shape[0]; ++t)
                use(branch, t * features, t * output_.shape[1] + done, features);
            done += features;
        } else {
            for (std::size_t pixel = 0; pixel < in.pixels(); ++pixel)
                use(branch, pixel * in.channels, pixel * out.channels + done, in.channels);
            done += in.channels;
        }
    }
}

std::vector<const Tensor*> Concatenate::inputs() const {
    std::vector<const Tensor*> tensors;
    for (const Value& branch : branches_) tensors.push_back(branch.tensor);
    return tensors;
}

void Concatenate::forward(const float*, const Pass&) {
    for (std::size_t row = 0; row < output_.rows; ++row) {
        float* y = output_.values.data() + row * output_.stride;
        for_runs([&](const Value& branch, std::size_t from, std::size_t to, std::size_t count) {
            std::copy_n(branch.tensor->values.data() + row * branch.tensor->stride + from, count, y + to);
        });
    }
}

void Concatenate::backward(const float*, float*, const GradientReady&) {
    for (std::size_t row = 0; row < output_.rows; ++row) {
        const float* dy = output_.gradients.data() + row * output_.stride;
        for_runs([&](const Value& branch, std::size_t from, std::size_t to, std::size_t count) {
            if (!branch.tensor->has_gradient()) return;
            float* dx = branch.tensor->gradients.data() + row * branch.tensor->stride + from;
            deliver({dy + to, count}, branch.gradient, {dx, count});
        });
    }
}

}  // namespace ensemble::model
