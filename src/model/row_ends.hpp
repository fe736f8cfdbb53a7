#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "compute/convolution.hpp"

namespace ensemble::model {

/// Where the rows of a batch end that are sequences of different lengths: how many of their steps count. Those that a
/// window leaves follow from those before it, in the rows as they are at the time.
class RowEnds {
public:
    /// Of a batch whose ends are told by set().
    explicit RowEnds(std::size_t rows) : steps_(rows) {}

    /// Behind a window that slides along the steps of `before`: as many as it has positions on each row, which may be
    /// none. `before` must outlive it and tells it.
    RowEnds(RowEnds& before, const compute::Window& window);

    /// Of rows side by side, or of their sum: as many as the longest of them has. They must outlive it.
    explicit RowEnds(std::span<RowEnds* const> beside);

    RowEnds(const RowEnds&) = delete;
    RowEnds& operator=(const RowEnds&) = delete;
    ~RowEnds() = default;

    /// [rows], whose place in memory never changes.
    [[nodiscard]] std::span<const std::size_t> steps() const noexcept { return steps_; }

    void set(std::size_t row, std::size_t steps) { steps_[row] = steps; }

    /// Works out what follows from these.
    void tell_others() const;

    /// True if this is what `window` leaves of `before`.
    [[nodiscard]] bool is_behind(const RowEnds& before, const compute::Window& window) const noexcept;

private:
    void follow();

    std::vector<std::size_t> steps_;
    std::vector<const RowEnds*> before_;
    std::optional<compute::Window> window_;
    std::vector<RowEnds*> followers_;
};

}  // namespace ensemble::model
