#include "data/row_extras.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "core/buffer.hpp"
#include "core/error.hpp"
#include "core/printable.hpp"
#include "data/generator.hpp"

namespace ensemble::data {

RowExtras extras_of(const Columns& columns, GroupNumbers& groups) {
    core::Buffer<double> weights(columns.weights.size());
    std::ranges::copy(columns.weights, weights.begin());
    core::Buffer<std::uint32_t> numbers(columns.groups.size());
    std::ranges::transform(columns.groups, numbers.begin(), [&](const std::string& name) {
        const auto next = static_cast<std::uint32_t>(groups.size());
        return groups.try_emplace(name, next).first->second;
    });
    return {.weights = share(std::move(weights)), .groups = share(std::move(numbers))};
}

void require_some_weight(const Columns& columns) {
    if (columns.weights.empty() || std::ranges::any_of(columns.weights, [](double weight) { return weight > 0; }))
        return;
    core::fail(core::Failure::data,
               "{}, {}: all weights are 0, so that there is nothing to learn from; choose another --weight",
               columns.file, column_name(columns.header, *columns.weight));
}

std::string note_shared_groups(const Columns& train, const Columns& test) {
    const std::unordered_set<std::string> known(train.groups.begin(), train.groups.end());
    std::unordered_set<std::string> shared;
    std::size_t rows = 0;
    for (const std::string& group : test.groups) {
        if (!known.contains(group)) continue;
        shared.insert(group);
        ++rows;
    }
    if (shared.empty()) return {};
    return fmt::format("{}: {} of {} rows are of {} group{} that {} has too, so that results say less about new groups",
                       test.file, rows, test.groups.size(), shared.size(), shared.size() == 1 ? "" : "s", train.file);
}

std::string name_of_column(const Columns& columns, const std::optional<std::size_t>& place) {
    if (!place) return {};
    const bool is_named = !columns.header.empty() && !columns.header[*place].empty();
    return is_named ? core::printable(columns.header[*place]) : fmt::format("column {}", *place + 1);
}

}  // namespace ensemble::data
