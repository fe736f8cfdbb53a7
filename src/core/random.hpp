#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ensemble::core {

/// What random numbers are drawn for. The values are part of every result: never renumber, only append.
enum class Purpose : std::uint8_t {
    data = 0,          ///< built-in data
    split = 1,         ///< train, validation and test rows
    bootstrap = 2,     ///< rows of a member
    features = 3,      ///< features of a member
    initialise = 4,    ///< parameters
    shuffle = 5,       ///< order of the rows in an epoch
    dropout = 6,       ///< masks
    significance = 7,  ///< bootstrap over test items
    augment = 8,       ///< distortions of training items
    pretrain = 9,      ///< samples of hidden units, and the order of the rows, before training proper
    evaluate = 10,     ///< masks where dropout is left on in evaluation
    test_views = 11,   ///< distortions of test items
    vary = 12,         ///< settings of members that are drawn
    calibration = 13,  ///< outcomes of events as they would be were forecasts calibrated
    sets = 14,         ///< how sets of classes are randomised, row by row
    observe = 15,      ///< masks while a network is looked into
    shift = 16,        ///< noise and directions of test rows that are changed
    permute = 18,      ///< the order in which values of a column are handed out among test rows
};

/// Names one stream. Two different keys give independent streams; the same key gives the same numbers on any rank,
/// at any time, in any order.
struct StreamKey {
    std::uint64_t seed = 0;
    std::uint32_t member = 0;  ///< below 2^24
    Purpose purpose = Purpose::data;
    std::uint32_t epoch = 0;
    std::uint32_t step = 0;
};

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011):
/// the block of four words that belongs to `counter` under `key`.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) noexcept;

/// The random numbers of one key: a position in a sequence of 2^34 words that can be entered anywhere.
class RandomStream {
public:
    explicit RandomStream(const StreamKey& key);

    /// Moves to word 4·`block` of the sequence.
    void seek(std::uint32_t block) noexcept;

    /// 32 uniform bits.
    [[nodiscard]] std::uint32_t bits() noexcept;

    /// Uniform in [0, 1) with 53 random bits.
    [[nodiscard]] double uniform() noexcept;

    /// Uniform in [low, high).
    [[nodiscard]] double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

    /// Standard normal, by Box and Muller's method; every call uses four words.
    [[nodiscard]] double normal() noexcept;

    /// Uniform in {0, …, bound − 1}, without bias (Lemire: "Fast random integer generation in an interval", 2019).
    /// REQUIRES: bound > 0.
    [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept;

    /// Fills `words` with uniform bits, several blocks at a time; starts at a block boundary and ends on one.
    void fill(std::span<std::uint32_t> words) noexcept;

    /// Fisher–Yates: every order of `items` is equally likely.
    void shuffle(std::span<std::uint32_t> items) noexcept;

private:
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    std::size_t used_ = 4;
};

}  // namespace ensemble::core
