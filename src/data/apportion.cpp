#include "data/apportion.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "core/contract.hpp"

namespace ensemble::data {
namespace {

/// Places of numbers, the largest first, of equals the first.
std::vector<std::size_t> largest_first(std::span<const std::uint64_t> numbers) {
    std::vector<std::size_t> places(numbers.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::ranges::stable_sort(places, [&](std::size_t a, std::size_t b) { return numbers[a] > numbers[b]; });
    return places;
}

class GroupPlacement {
public:
    GroupPlacement(const GroupCounts& counts, std::span<const double> shares)
        : counts_(counts),
          shares_(shares),
          all_(counts.classes),
          placed_(shares.size() * counts.classes),
          groups_in_(shares.size()) {
        for (std::size_t i = 0; i < counts.rows.size(); ++i) all_[i % counts.classes] += counts.rows[i];
    }

    [[nodiscard]] std::vector<std::uint32_t> place() {
        std::vector<std::uint32_t> parts(counts_.groups());
        std::vector<std::uint64_t> sizes;
        for (std::size_t group = 0; group < parts.size(); ++group) {
            const auto rows = rows_of(group);
            sizes.push_back(std::bit_width(std::accumulate(rows.begin(), rows.end(), std::size_t{0})));
        }
        std::size_t left = parts.size();
        for (const std::size_t group : largest_first(sizes)) {
            const std::size_t part = best_part(rows_of(group), left--);
            for (std::size_t c = 0; c < counts_.classes; ++c) placed_[part * counts_.classes + c] += rows_of(group)[c];
            ++groups_in_[part];
            parts[group] = static_cast<std::uint32_t>(part);
        }
        return parts;
    }

private:
    [[nodiscard]] std::span<const std::size_t> rows_of(std::size_t group) const {
        return std::span(counts_.rows).subspan(group * counts_.classes, counts_.classes);
    }

    /// How much the spread grows, apart from what is the same in all parts.
    [[nodiscard]] double growth(std::span<const std::size_t> rows, std::size_t part) const {
        double sum = 0;
        for (std::size_t c = 0; c < rows.size(); ++c) {
            if (rows[c] == 0) continue;
            const auto all = static_cast<double>(all_[c]);
            const double own = static_cast<double>(rows[c]) / all;
            const double there = static_cast<double>(placed_[part * counts_.classes + c]) / all;
            sum += own * (2 * there + own);
        }
        return sum / shares_[part];
    }

    [[nodiscard]] std::size_t best_part(std::span<const std::size_t> rows, std::size_t groups_left) const {
        const auto empty = static_cast<std::size_t>(std::ranges::count(groups_in_, std::size_t{0}));
        std::size_t best = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t part = 0; part < shares_.size(); ++part) {
            if (groups_left <= empty && groups_in_[part] > 0) continue;
            const double own = growth(rows, part);
            if (own > least) continue;
            least = own;
            best = part;
        }
        return best;
    }

    const GroupCounts& counts_;
    std::span<const double> shares_;
    std::vector<std::size_t> all_;        ///< rows of each class
    std::vector<std::size_t> placed_;     ///< [parts × classes]
    std::vector<std::size_t> groups_in_;  ///< of each part
};

}  // namespace

std::vector<std::size_t> apportion(std::span<const std::size_t> counts, std::size_t total,
                                   std::span<const std::size_t> limits, core::RandomStream& random) {
    core::require(limits.size() == counts.size(), "every stratum has a limit");
    std::vector<std::uint32_t> order;
    std::uint64_t all = 0;
    for (std::uint32_t i = 0; i < counts.size(); ++i) {
        if (limits[i] == 0) continue;
        order.push_back(i);
        all += counts[i];
    }
    std::vector<std::size_t> shares(counts.size());
    if (order.empty()) return shares;
    random.shuffle(order);
    const std::uint64_t start = random.below(static_cast<std::uint32_t>(all));
    std::uint64_t before = 0;
    std::uint64_t rows = 0;
    std::size_t left = total;
    for (const std::uint32_t i : order) {
        rows += counts[i];
        // Rows are numbered in 32 bits, so that the product is a number of 64.
        const std::uint64_t up_to = (rows * total + start) / all;
        shares[i] = std::min<std::size_t>(up_to - before, limits[i]);
        left -= shares[i];
        before = up_to;
    }
    for (bool some = true; left > 0 && some;) {
        some = false;
        for (const std::uint32_t i : order) {
            if (left == 0 || shares[i] == limits[i]) continue;
            ++shares[i];
            --left;
            some = true;
        }
    }
    return shares;
}

std::vector<std::uint32_t> place_groups(const GroupCounts& counts, std::span<const double> shares) {
    core::require(counts.groups() >= shares.size() && !shares.empty(), "every part gets a group");
    return GroupPlacement(counts, shares).place();
}

}  // namespace ensemble::data
