#include "model/parameters.hpp"

#include <utility>

#include "core/buffer.hpp"

namespace model {

bool is_dense_weight(const ParameterBlock& block) {
    return block.is_weight && block.name.starts_with("dense");
}

std::string Layout::next_name(const std::string& kind) {
    return kind + std::to_string(++numbers_[kind]);
}

void Layout::add_weight(const std::string& name, std::size_t fan_in, std::size_t fan_out) {
    add({.name = name,
         .rows = fan_in,
         .columns = fan_out,
         .stride = core::row_stride(fan_out),
         .fan_in = fan_in,
         .fan_out = fan_out,
         .is_weight = true});
}

void Layout::add_bias(const std::string& name, std::size_t width) {
    add({.name = name, .rows = 1, .columns = width, .stride = core::row_stride(width), .is_weight = false});
}

void Layout::add(ParameterBlock block) {
    block.offset = size_;
    size_ += block.size();
    blocks_.push_back(std::move(block));
}

}  // namespace model
