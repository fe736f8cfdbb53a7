#include "core/shape.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/contract.hpp"

namespace ensemble::core {

Shape::Shape(std::initializer_list<std::size_t> extents) : rank_(extents.size()) {
    require(extents.size() <= max_rank, "a shape has at most four extents");
    std::copy(extents.begin(), extents.end(), extents_.begin());
}

std::size_t Shape::elements() const noexcept {
    return std::accumulate(extents_.begin(), extents_.begin() + static_cast<std::ptrdiff_t>(rank_), std::size_t{1},
                           std::multiplies<>());
}

std::string Shape::text() const {
    if (rank_ == 0) return "scalar";
    std::string words = std::to_string(extents_[0]);
    for (std::size_t axis = 1; axis < rank_; ++axis) words += "×" + std::to_string(extents_.at(axis));
    return words;
}

}  // namespace ensemble::core
