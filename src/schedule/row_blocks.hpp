#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace ensemble::schedule {

/// The rows of an evaluation set in blocks, each to be analysed by one rank.
class RowBlocks {
public:
    /// Blocks of at most so many rows that their numbers, `row` of each over all members, fit where they are computed.
    /// REQUIRES: rows and row > 0.
    RowBlocks(std::size_t rows, std::size_t row);

    /// The next block that nobody has; nothing where all are handed out.
    [[nodiscard]] std::optional<std::size_t> take();

    /// One whose rank is lost.
    void put_back(std::size_t block) { queue_.push_back(block); }

    void finish() noexcept { ++done_; }
    [[nodiscard]] bool are_done() const noexcept { return done_ == blocks_; }
    [[nodiscard]] bool are_handed_out() const noexcept { return queue_.empty(); }

    /// Its first row, and how many it has.
    [[nodiscard]] std::size_t first(std::size_t block) const noexcept { return block * block_rows_; }
    [[nodiscard]] std::size_t rows(std::size_t block) const noexcept;

private:
    std::size_t rows_;
    std::size_t block_rows_;
    std::size_t blocks_;
    std::vector<std::size_t> queue_;  ///< the next one last
    std::size_t done_ = 0;
};

}  // namespace ensemble::schedule
