#include "schedule/row_blocks.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace ensemble::schedule {
namespace {

/// In a block, of all members together, as long as these are some rows: each block opens a file for every member.
constexpr std::size_t most_numbers = std::size_t{1} << 20U;
constexpr std::size_t least_rows = 16;

std::size_t rows_of_block(std::size_t rows, std::size_t row) {
    core::require(rows > 0 && row > 0, "there are rows, and something is predicted of each");
    return std::clamp<std::size_t>(most_numbers / row, std::min(least_rows, rows), rows);
}

}  // namespace

RowBlocks::RowBlocks(std::size_t rows, std::size_t row)
    : rows_(rows), block_rows_(rows_of_block(rows, row)), blocks_((rows + block_rows_ - 1) / block_rows_) {
    for (std::size_t block = blocks_; block > 0; --block) queue_.push_back(block - 1);
}

std::optional<std::size_t> RowBlocks::take() {
    if (queue_.empty()) return std::nullopt;
    const std::size_t block = queue_.back();
    queue_.pop_back();
    return block;
}

std::size_t RowBlocks::rows(std::size_t block) const noexcept {
    return std::min(block_rows_, rows_ - first(block));
}

}  // namespace ensemble::schedule
