#include "data/target_scale.hpp"

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/field.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

// Predicted variances are between a millionth of the deviation's square and some hundred times it; all of them must be
// normal numbers of single precision, which goes from 1.2e-38 to 3.4e38.
constexpr double least_deviation = 1e-15;
constexpr double most_deviation = 1e18;

std::string name_of(const Source& source, std::size_t target) {
    return target < source.target_names.size() ? source.target_names[target] : fmt::format("target {}", target + 1);
}

void require_learnable(const Source& source, std::size_t target, double mean, double deviation, std::size_t rows) {
    if (deviation >= least_deviation && deviation <= most_deviation) return;
    const std::string where = fmt::format("{}: the target '{}'", source.name, excerpt(name_of(source, target)));
    if (deviation == 0) {
        fail(Failure::data, "{} is {:.9g} in all {} training rows; there is nothing to learn, choose another --target",
             where, mean, rows);
    }
    fail(
        Failure::data,
        "{} deviates by {:.2g} from its mean, and single precision does not hold such a variance ({:.0e} to {:.0e} are "
        "possible deviations); choose another unit",
        where, deviation, least_deviation, most_deviation);
}

}  // namespace

task::Scale scale_of_targets(const Source& source, std::span<const std::uint32_t> rows) {
    const Table& table = source.train;
    if (table.description().task == task::Kind::classification) return {};
    const std::span<const float> numbers = table.targets();
    const std::size_t targets = table.outputs();
    const auto count = static_cast<double>(rows.size());
    task::Scale scale{.mean = std::vector<double>(targets), .deviation = std::vector<double>(targets)};
    for (std::size_t target = 0; target < targets; ++target) {
        const auto of = [&](std::uint32_t row) { return double{numbers[row * targets + target]}; };
        double sum = 0;
        bool varies = false;
        for (const std::uint32_t row : rows) {
            sum += of(row);
            varies = varies || of(row) != of(rows.front());
        }
        const double mean = varies ? sum / count : of(rows.front());
        double squares = 0;
        for (const std::uint32_t row : rows) squares += (of(row) - mean) * (of(row) - mean);
        scale.mean[target] = mean;
        scale.deviation[target] = std::sqrt(squares / count);
        require_learnable(source, target, mean, scale.deviation[target], rows.size());
    }
    return scale;
}

}  // namespace ensemble::data
