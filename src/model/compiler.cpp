#include "model/compiler.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "compute/elementwise.hpp"
#include "core/contract.hpp"
#include "model/end_operations.hpp"
#include "model/image_operations.hpp"
#include "model/layer_recorder.hpp"
#include "model/pointwise.hpp"
#include "model/slices.hpp"
#include "model/summary_builder.hpp"

namespace ensemble::model {

void deliver(std::span<const float> from, compute::Accumulate store, std::span<float> to) {
    if (store == compute::Accumulate::no) {
        std::copy(from.begin(), from.end(), to.begin());
    } else {
        compute::add(from.first(to.size()), to.data());
    }
}

void GradientTarget::prepare() {
    if (accumulate_ == compute::Accumulate::yes) scratch_.resize(input_.has_gradient() ? input_.size() : 0);
}

void GradientTarget::deliver() {
    if (!scratch_.empty()) model::deliver(scratch_, compute::Accumulate::yes, input_.gradients);
}

compute::Images images_of(const Tensor& tensor) {
    const core::Shape& shape = tensor.shape;
    if (shape.rank() < 2) {
        return {.count = tensor.rows, .height = 1, .width = 1, .channels = tensor.stride, .block = tensor.stride};
    }
    const std::size_t channels = shape.rank() == 2 ? 1 : shape[2];
    return {.count = tensor.rows,
            .height = shape[0],
            .width = shape[1],
            .channels = channels,
            .block = tensor.block == 0 ? channels : tensor.block};
}

Compiler::Compiler(std::span<const ParameterBlock> blocks, std::span<const StatisticsBlock> statistics,
                   std::size_t rows, bool with_gradients, compute::Precision precision, SummaryBuilder* summary,
                   core::ThreadPool* pool)
    : blocks_(blocks),
      statistics_(statistics),
      rows_(rows),
      with_gradients_(with_gradients),
      precision_(precision),
      summary_(summary),
      pool_(pool) {
    core::require(rows > 0, "a program has at least one row");
}

Compiler::~Compiler() = default;

Tensor& Compiler::tensor(const core::Shape& shape, Gradient gradient, std::size_t block) {
    auto made = std::make_unique<Tensor>();
    made->shape = shape;
    made->rows = rows_;
    made->stride = shape.rank() < 2 ? core::row_stride(shape.elements()) : shape.elements();
    made->block = block;
    made->born = result_.operations.size();
    made->wants_gradient = with_gradients_ && gradient == Gradient::as_compiled;
    if (summary_ != nullptr) summary_->makes(*made);
    result_.tensors.push_back(std::move(made));
    return *result_.tensors.back();
}

const ParameterBlock& Compiler::parameters() {
    core::require(next_block_ < blocks_.size(), "a layer compiles with the parameters it planned");
    if (summary_ != nullptr) summary_->takes(blocks_[next_block_]);
    if (recorder_ != nullptr) recorder_->takes(blocks_[next_block_]);
    return blocks_[next_block_++];
}

const StatisticsBlock& Compiler::statistics() {
    core::require(next_statistics_ < statistics_.size(), "a layer compiles with the statistics it planned");
    if (recorder_ != nullptr) recorder_->takes(statistics_[next_statistics_]);
    return statistics_[next_statistics_++];
}

Value Compiler::ordered(const Value& value, std::size_t block) {
    if (value.tensor->block == block) return value;
    Tensor& target = tensor(value.tensor->shape, Gradient::as_compiled, block);
    append(std::make_unique<Reorder>(*value.tensor, value.gradient, target));
    target.ends = value.tensor->ends;
    target.is_clear = value.tensor->is_clear;
    return {.tensor = &target, .exclusive = true};
}

RowEnds* Compiler::keep(std::unique_ptr<RowEnds> ends) {
    result_.ends.push_back(std::move(ends));
    return result_.ends.back().get();
}

Value Compiler::read_ends(Tensor& input) {
    Tensor& output = tensor(input.shape, input.has_gradient() ? Gradient::as_compiled : Gradient::none);
    output.ends = keep(std::make_unique<RowEnds>(rows_));
    output.is_clear = true;
    append(std::make_unique<ReadEnds>(input, output));
    return {.tensor = &output};
}

Value Compiler::cleared(const Value& value) {
    if (value.tensor->ends == nullptr || value.tensor->is_clear) return value;
    append(std::make_unique<ClearBehindEnds>(*value.tensor));
    value.tensor->is_clear = true;
    // What was done in place before may still need the values, and no longer knows of who comes next.
    return {.tensor = value.tensor, .exclusive = false, .gradient = value.gradient};
}

RowEnds* Compiler::ends_behind(RowEnds* before, const std::optional<compute::ImageWindow>& window) {
    if (before == nullptr || !window) return before;
    const compute::Window& along = window->vertical;
    if (along.stride == 1 && along.padding == compute::Padding::same) return before;
    for (const auto& known : result_.ends) {
        if (known->is_behind(*before, along)) return known.get();
    }
    return keep(std::make_unique<RowEnds>(*before, along));
}

RowEnds* Compiler::ends_of_all(std::span<const Value> values) {
    std::vector<RowEnds*> different;
    for (const Value& value : values) {
        RowEnds* const ends = value.tensor->ends;
        if (ends != nullptr && std::ranges::find(different, ends) == different.end()) different.push_back(ends);
    }
    if (different.size() < 2) return different.empty() ? nullptr : different.front();
    for (const Value& value : values) static_cast<void>(cleared(value));
    return keep(std::make_unique<RowEnds>(different));
}

bool Compiler::is_read_backward(const Value& value) const {
    return open_chain_ != nullptr && &open_chain_->target() == value.tensor && open_chain_->reads_its_values();
}

bool Compiler::fuse_relu(Value& value) {
    if (result_.operations.empty() || !value.exclusive) return false;
    const Operation& last = *result_.operations.back();
    if (!result_.operations.back()->fuse_relu(*value.tensor)) return false;
    value.exclusive = !last.reads_output_backward();
    return true;
}

Operation* Compiler::producer_of(const Value& value) const {
    const bool is_last = !result_.tensors.empty() && result_.tensors.back().get() == value.tensor;
    if (!is_last || !value.exclusive || result_.operations.size() != value.tensor->born + 1) return nullptr;
    return result_.operations.back().get();
}

void Compiler::undo_last(const Value& value) {
    core::require(producer_of(value) != nullptr, "only what was made last can be taken back");
    if (summary_ != nullptr) summary_->drops(*value.tensor);
    result_.operations.pop_back();
    result_.tensors.pop_back();
    open_chain_ = nullptr;
}

bool Compiler::undo_relu(const Value& value) {
    if (open_chain_ == nullptr || &open_chain_->target() != value.tensor || !value.exclusive) return false;
    if (!open_chain_->is_lone_relu()) return false;
    result_.operations.pop_back();
    open_chain_ = nullptr;
    return true;
}

void Compiler::append(std::unique_ptr<Operation> operation) {
    result_.operations.push_back(std::move(operation));
    open_chain_ = nullptr;
}

Pointwise& Compiler::pointwise(Value& value) {
    if (open_chain_ != nullptr && &open_chain_->target() == value.tensor && value.exclusive) return *open_chain_;
    std::unique_ptr<Pointwise> chain;
    if (value.exclusive) {
        chain = std::make_unique<Pointwise>(*value.tensor, pool_);
    } else {
        Tensor& copy = tensor(value.tensor->shape, Gradient::as_compiled, value.tensor->block);
        copy.ends = value.tensor->ends;
        chain = std::make_unique<Pointwise>(*value.tensor, value.gradient, copy, pool_);
        value = {.tensor = &copy, .exclusive = true};
    }
    Pointwise& opened = *chain;
    append(std::move(chain));
    open_chain_ = &opened;
    return opened;
}

std::uint32_t Compiler::reserve_random(std::size_t blocks) {
    core::require(blocks <= std::numeric_limits<std::uint32_t>::max() - next_random_,
                  "the masks of one step fit into one random stream");
    return std::exchange(next_random_, next_random_ + static_cast<std::uint32_t>(blocks));
}

/// Gradients of images and sequences share memory: one is needed from the last operation that reads its tensor back to
/// the one that made it. In deep networks they then stay in cache. Vectors keep their own: they are small, and the
/// padding of their rows stays zero.
void Compiler::place_gradients(const Tensor& output) {
    constexpr std::size_t never = 0;
    std::map<const Tensor*, std::size_t> last_reader;
    for (std::size_t i = 0; i < result_.operations.size(); ++i)
        for (const Tensor* tensor : result_.operations[i]->inputs()) last_reader[tensor] = i;
    std::vector<std::size_t> busy_until;  // by place
    for (const auto& tensor : result_.tensors) {
        if (!tensor->has_gradient()) continue;
        const auto reader = last_reader.find(tensor.get());
        const bool shares = tensor->shape.rank() > 1 && tensor.get() != &output && reader != last_reader.end();
        std::size_t place = result_.gradients.size();
        for (std::size_t i = 0; shares && i < result_.gradients.size(); ++i) {
            const bool fits = result_.gradients[i].size == tensor->size();
            if (fits && busy_until[i] != never && busy_until[i] < tensor->born) place = i;
        }
        if (place == result_.gradients.size()) {
            result_.gradients.push_back({.size = tensor->size(), .tensors = {}, .memory = {}, .slice = {}});
            busy_until.push_back(never);
        }
        busy_until[place] = shares ? reader->second : never;
        result_.gradients[place].tensors.push_back(tensor.get());
    }
}

Compiler::Result Compiler::finish(const Tensor& output) {
    core::require(next_block_ == blocks_.size() && next_statistics_ == statistics_.size(),
                  "every planned block of parameters and statistics was compiled");
    place_gradients(output);
    result_.output = &output;
    return std::move(result_);
}

std::size_t Compiler::Result::bytes() const noexcept {
    std::size_t floats = 0;
    for (const auto& tensor : tensors) floats += tensor->size();
    for (const Gradients& place : gradients) floats += place.size;
    return floats * sizeof(float);
}

void Compiler::Result::prepare() {
    for (const auto& tensor : tensors) tensor->values.assign(tensor->size(), 0.0F);
    for (const auto& operation : operations) operation->prepare();
}

void Compiler::Result::allocate_gradients(const Slices& slices) {
    for (Gradients& place : gradients) {
        for (Tensor* tensor : place.tensors) {
            // Callers read and write the gradients of the first and the last.
            const bool is_inside = tensor != tensors.front().get() && tensor != output;
            const std::size_t rows = is_inside ? slices.rows_of_gradient(*tensor) : 0;
            tensor->is_sliced = rows > 0;
            core::Buffer<float>& memory = tensor->is_sliced ? place.slice : place.memory;
            const std::size_t size = tensor->is_sliced ? rows * tensor->stride : place.size;
            memory.resize(std::max(memory.size(), size));
        }
        for (Tensor* tensor : place.tensors) tensor->gradients = tensor->is_sliced ? place.slice : place.memory;
    }
}

}  // namespace ensemble::model
