#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/random.hpp"

namespace ensemble::data {

/// Divides `total` rows among strata of `counts` rows in proportion to these: each gets its quota counts·total / Σ
/// counts rounded down or up, by chance, so that its share is the quota on average and every row is as likely to be
/// taken as any other, however rare its stratum (systematic sampling, Madow and Madow 1944: quotas are laid end to end,
/// in an order drawn from `random`, and those cut at a place drawn from it, plus whole numbers, get one). Rounding to
/// the nearest would give small strata to some parts always and to others never. Those whose limit is 0 are left out of
/// the proportion; no stratum gets more than its limit, and what it cannot take others do, as far as they can.
/// REQUIRES: limits[i] <= counts[i] for each of them.
[[nodiscard]] std::vector<std::size_t> apportion(std::span<const std::size_t> counts, std::size_t total,
                                                 std::span<const std::size_t> limits, core::RandomStream& random);

/// Whole groups of rows, and the classes of their rows.
struct GroupCounts {
    std::size_t classes = 1;
    std::vector<std::size_t> rows;  ///< [groups × classes]; every group has a row

    [[nodiscard]] std::size_t groups() const noexcept { return rows.size() / classes; }
};

/// The part that each group goes to, where part p is to hold the share `shares[p]` of all rows and of each class.
/// Groups are placed one by one, from the largest to the smallest by powers of two, and in the order in which they come
/// within one: each where it adds least to the spread of the classes' shares,
///   Σ_c Σ_p share_p·(n_pc / (n_c·share_p) − m_c / n_c)²,   n_c rows of class c, m_c of them placed, n_pc in part p,
/// of equal parts in the last. That is what scikit-learn's StratifiedGroupKFold does with parts of one size. The last
/// groups go to parts that have none. REQUIRES: as many groups as parts at least; shares > 0.
[[nodiscard]] std::vector<std::uint32_t> place_groups(const GroupCounts& counts, std::span<const double> shares);

}  // namespace ensemble::data
