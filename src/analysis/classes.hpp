#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ensemble::analysis {

/// How answers and classes meet: what accuracy alone does not show where some classes are rare.
class Confusion {
public:
    Confusion() = default;

    /// Both [items], every entry below `classes`.
    Confusion(std::span<const std::int32_t> labels, std::span<const std::int32_t> predicted, std::size_t classes);

    [[nodiscard]] std::size_t classes() const noexcept { return classes_; }

    /// Items of class `label` that were taken for `predicted`.
    [[nodiscard]] std::int64_t count(std::size_t label, std::size_t predicted) const;

    /// Items of class `label`.
    [[nodiscard]] std::int64_t items(std::size_t label) const;

    /// The share of the items of class `label` that were recognised; nothing where there are none.
    [[nodiscard]] std::optional<double> recall(std::size_t label) const;

private:
    std::size_t classes_ = 0;
    std::vector<std::int64_t> counts_;  ///< [classes × classes], a row for each label
};

/// What can be had without learning anything: always the class that most training items have, the lowest of equals.
struct Baseline {
    std::size_t label = 0;
    double accuracy = 0;  ///< on the test items
};

/// `train` and `test` are labels below `classes`. REQUIRES: at least one of each.
[[nodiscard]] Baseline majority(std::span<const std::int32_t> train, std::span<const std::int32_t> test,
                                std::size_t classes);

}  // namespace ensemble::analysis
