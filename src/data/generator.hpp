#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/buffer.hpp"
#include "core/random.hpp"
#include "data/dataset.hpp"

namespace ensemble::data {

/// The two tables of a built-in set; their items are independent of each other.
enum class Part : std::uint32_t { train = 0, test = 1 };

/// Which generator draws: the values are part of every result, so never renumber.
enum class Generator : std::uint32_t { digits = 0, moons = 1, spirals = 2 };

/// The random numbers of one generated item: they depend on nothing but these four.
[[nodiscard]] inline core::RandomStream item_stream(std::uint64_t seed, Generator generator, Part part,
                                                    std::size_t item) {
    return core::RandomStream({.seed = seed,
                               .member = static_cast<std::uint32_t>(generator),
                               .purpose = core::Purpose::data,
                               .epoch = static_cast<std::uint32_t>(part),
                               .step = static_cast<std::uint32_t>(item)});
}

/// Hands `values` over to whoever views them last.
template <class T>
[[nodiscard]] SharedBytes share(core::Buffer<T> values) {
    auto owner = std::make_shared<const core::Buffer<T>>(std::move(values));
    const auto bytes = std::as_bytes(std::span(*owner));
    return {std::move(owner), bytes};
}

}  // namespace ensemble::data
