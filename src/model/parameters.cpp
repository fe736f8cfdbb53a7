#include "model/parameters.hpp"

#include <utility>

#include "core/buffer.hpp"

namespace ensemble::model {

bool is_dense_weight(const ParameterBlock& block) {
    return block.is_weight && (block.name.starts_with("dense") || block.name.starts_with("maxout"));
}

std::string Layout::next_name(const std::string& kind) {
    return kind + std::to_string(++numbers_[kind]);
}

void Layout::add_weight(const std::string& name, std::size_t rows, std::size_t columns) {
    add({.name = name,
         .rows = rows,
         .columns = columns,
         .stride = core::row_stride(columns),
         .fan_in = rows,
         .fan_out = columns,
         .is_weight = true});
}

void Layout::add_recurrent(const std::string& name, std::size_t units, std::size_t gates) {
    add_weight(name, units, gates * units);
    blocks_.back().is_recurrent = true;
}

void Layout::add_convolution(const std::string& name, std::size_t rows, std::size_t columns, std::size_t fan_out) {
    add({.name = name,
         .rows = rows,
         .columns = columns,
         .stride = columns,
         .fan_in = rows,
         .fan_out = fan_out,
         .is_weight = true});
}

void Layout::add_scale(const std::string& name, std::size_t width) {
    add({.name = name,
         .rows = 1,
         .columns = width,
         .stride = core::row_stride(width),
         .is_weight = false,
         .initial = 1.0F});
}

void Layout::add_statistics(std::size_t width, float initial) {
    const std::size_t offset = statistics_.empty() ? 0 : statistics_.back().offset + statistics_.back().width;
    statistics_.push_back({offset, width, initial});
}

void Layout::add_bias(const std::string& name, std::size_t width) {
    add({.name = name, .rows = 1, .columns = width, .stride = core::row_stride(width), .is_weight = false});
}

void Layout::add(ParameterBlock block) {
    block.offset = size_;
    constexpr std::size_t line = core::alignment / sizeof(float);
    size_ += (block.size() + line - 1) / line * line;
    blocks_.push_back(std::move(block));
}

}  // namespace ensemble::model
