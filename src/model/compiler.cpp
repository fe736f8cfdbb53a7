#include "model/compiler.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/contract.hpp"
#include "model/pointwise.hpp"

namespace model {

void deliver(std::span<const float> from, compute::Store store, std::span<float> to) {
    if (store == compute::Store::replace) {
        std::copy(from.begin(), from.end(), to.begin());
    } else {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
    }
}

Compiler::Compiler(std::span<const ParameterBlock> blocks, std::size_t rows, bool with_gradients)
    : blocks_(blocks), rows_(rows), with_gradients_(with_gradients) {
    core::require(rows > 0, "a program has at least one row");
}

Compiler::~Compiler() = default;

Tensor& Compiler::tensor(const core::Shape& shape, Gradient gradient) {
    auto made = std::make_unique<Tensor>();
    made->shape = shape;
    made->rows = rows_;
    made->stride = core::row_stride(shape.elements());
    made->values.assign(rows_ * made->stride, 0.0F);
    if (with_gradients_ && gradient == Gradient::as_compiled) made->gradients.assign(rows_ * made->stride, 0.0F);
    result_.tensors.push_back(std::move(made));
    return *result_.tensors.back();
}

const ParameterBlock& Compiler::parameters() {
    core::require(next_block_ < blocks_.size(), "a layer compiles with the parameters it planned");
    return blocks_[next_block_++];
}

void Compiler::append(std::unique_ptr<Operation> operation) {
    result_.operations.push_back(std::move(operation));
    open_chain_ = nullptr;
}

Pointwise& Compiler::pointwise(Value& value) {
    if (open_chain_ != nullptr && &open_chain_->target() == value.tensor && value.exclusive) return *open_chain_;
    std::unique_ptr<Pointwise> chain;
    if (value.exclusive) {
        chain = std::make_unique<Pointwise>(*value.tensor);
    } else {
        Tensor& copy = tensor(value.tensor->shape);
        chain = std::make_unique<Pointwise>(*value.tensor, value.gradient, copy);
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

Compiler::Result Compiler::finish() {
    core::require(next_block_ == blocks_.size(), "every planned parameter block was compiled");
    return std::move(result_);
}

}  // namespace model
