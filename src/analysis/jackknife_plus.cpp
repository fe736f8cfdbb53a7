#include "analysis/jackknife_plus.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "analysis/conformal.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {

/// Finds ends of intervals: of all groups' mean + residual, each group's in ascending order, the one of a given rank.
/// Sums are compared as they are rounded, so that the result is that of sorting them all.
class IntervalEnds {
public:
    /// Of the groups' means of one row.
    struct Spread {
        double lowest = std::numeric_limits<double>::infinity();
        double middle = 0;  ///< mean over the calibration rows
        double highest = -std::numeric_limits<double>::infinity();

        [[nodiscard]] Spread mirrored() const { return {.lowest = -highest, .middle = -middle, .highest = -lowest}; }
    };

    explicit IntervalEnds(const JackknifePlus& source)
        : source_(source), windows_(source.groups_.size()), sums_(source.residuals_.size()) {
        for (std::uint32_t i = 0; i < source.groups_.size(); ++i) group_of_.resize(source.groups_[i].end, i);
    }

    /// `means` [groups].
    double upper(std::span<const double> means, const Spread& spread) {
        if (source_.rank_ > source_.residuals_.size()) return std::numeric_limits<double>::infinity();
        // Were all means the same, the end would be this mean + the threshold. It is seldom far from that, and never
        // further than the lowest and the highest mean make it.
        const auto near = within(means, spread.middle + source_.below_, spread.middle + source_.above_);
        if (near) return *near;
        return within(means, spread.lowest + source_.threshold_, spread.highest + source_.threshold_).value();
    }

private:
    /// So few are looked at one by one, which costs less than to search them group by group.
    static constexpr std::size_t few_residuals = JackknifePlus::most_bootstrap_rows;

    struct Window {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t middle = 0;

        [[nodiscard]] std::size_t size() const { return end - begin; }
    };

    template <class Predicate>
    [[nodiscard]] std::size_t first_not(std::size_t begin, std::size_t end, Predicate predicate) const {
        const auto first = source_.residuals_.begin();
        const auto found = std::partition_point(first + static_cast<std::ptrdiff_t>(begin),
                                                first + static_cast<std::ptrdiff_t>(end), predicate);
        return static_cast<std::size_t>(found - first);
    }

    /// The end, if it is from `low` to `high`.
    std::optional<double> within(std::span<const double> means, double low, double high) {
        std::size_t place = source_.rank_ - 1;
        if (sums_.size() <= few_residuals) {
            std::size_t below = 0;
            std::size_t between = 0;
            for (std::size_t i = 0; i < sums_.size(); ++i) {
                const double sum = means[group_of_[i]] + source_.residuals_[i];
                sums_[between] = sum;  // never beyond i
                below += sum < low ? 1 : 0;
                between += sum >= low && sum <= high ? 1 : 0;
            }
            if (place < below || place >= below + between) return std::nullopt;
            return nth(between, place - below);
        }
        std::size_t below = 0;
        std::size_t between = 0;
        for (std::size_t i = 0; i < windows_.size(); ++i) {
            const JackknifePlus::Group& group = source_.groups_[i];
            windows_[i].begin = first_not(group.begin, group.end, [&](double r) { return means[i] + r < low; });
            windows_[i].end = first_not(windows_[i].begin, group.end, [&](double r) { return means[i] + r <= high; });
            below += windows_[i].begin - group.begin;
            between += windows_[i].size();
        }
        if (place < below || place >= below + between) return std::nullopt;
        return narrowed(means, place - below);
    }

    /// The sum of that place, from 0, in the windows: a pivot from the largest window leaves part of each, until few
    /// sums are left, or only small windows.
    double narrowed(std::span<const double> means, std::size_t place) {
        constexpr std::size_t few = 64;
        constexpr std::size_t small = 16;
        while (true) {
            std::size_t total = 0;
            std::size_t largest = 0;
            for (std::size_t i = 0; i < windows_.size(); ++i) {
                total += windows_[i].size();
                if (windows_[i].size() > windows_[largest].size()) largest = i;
            }
            const Window& window = windows_[largest];
            if (total <= few || window.size() < small) return gathered(means, place);
            const double pivot = means[largest] + source_.residuals_[window.begin + window.size() / 2];

            std::size_t below = 0;
            for (std::size_t i = 0; i < windows_.size(); ++i) {
                Window& each = windows_[i];
                each.middle = first_not(each.begin, each.end, [&](double r) { return means[i] + r < pivot; });
                below += each.middle - each.begin;
            }
            if (place < below) {
                for (Window& each : windows_) each.end = each.middle;
                continue;
            }
            std::size_t up_to = 0;
            for (std::size_t i = 0; i < windows_.size(); ++i) {
                Window& each = windows_[i];
                each.middle = first_not(each.middle, each.end, [&](double r) { return means[i] + r <= pivot; });
                up_to += each.middle - each.begin;
            }
            if (place < up_to) return pivot;
            for (Window& each : windows_) each.begin = each.middle;
            place -= up_to;
        }
    }

    double gathered(std::span<const double> means, std::size_t place) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < windows_.size(); ++i) {
            for (std::size_t at = windows_[i].begin; at < windows_[i].end; ++at)
                sums_[count++] = means[i] + source_.residuals_[at];
        }
        return nth(count, place);
    }

    /// Of the first `count` sums.
    double nth(std::size_t count, std::size_t place) {
        const auto found = sums_.begin() + static_cast<std::ptrdiff_t>(place);
        std::nth_element(sums_.begin(), found, sums_.begin() + static_cast<std::ptrdiff_t>(count));
        return *found;
    }

    const JackknifePlus& source_;
    std::vector<std::uint32_t> group_of_;  ///< of each residual
    std::vector<Window> windows_;          ///< of each group the residuals that may still be the one
    std::vector<double> sums_;             ///< room for all
};

namespace {

/// The means that one member predicts of a target.
class TargetMeans {
public:
    TargetMeans(const Block& block, std::size_t target)
        : block_(block), stride_(block.width()), first_(target * block.task.predicted) {
        core::require(block.task.kind == task::Kind::regression && target < block.targets,
                      "intervals are of one of the numbers that are learnt");
        core::require(block.predictions.size() == block.members * block.rows * stride_,
                      "every member predicts every row");
    }

    [[nodiscard]] double of(std::size_t member, std::size_t row) const {
        return block_.predictions[(member * block_.rows + row) * stride_ + first_];
    }

private:
    const Block& block_;
    std::size_t stride_;
    std::size_t first_;
};

}  // namespace

JackknifePlus::JackknifePlus(std::size_t members, std::size_t rows, double alpha, ResidualsByMembers by_members)
    : members_(members), rows_(rows), rank_(conformal_rank(rows, alpha)) {
    for (auto& [group, residuals] : by_members) {
        std::ranges::sort(residuals);
        groups_.push_back({.members = group, .begin = residuals_.size(), .end = residuals_.size() + residuals.size()});
        residuals_.insert(residuals_.end(), residuals.begin(), residuals.end());
    }
    if (rank_ > residuals_.size()) return;
    std::vector<double> all = residuals_;
    std::ranges::sort(all);
    const std::size_t place = rank_ - 1;
    const std::size_t near = 16 + all.size() / 32;
    below_ = all[place - std::min(near, place)];
    threshold_ = all[place];
    above_ = all[std::min(place + near, all.size() - 1)];
}

JackknifePlus JackknifePlus::from_folds(std::span<const double> residuals, std::span<const std::uint32_t> fold,
                                        std::span<const std::uint32_t> fold_of_member, double alpha) {
    core::require(residuals.size() == fold.size(), "every row has a fold");
    std::map<std::uint32_t, std::vector<std::uint32_t>> members;
    for (std::uint32_t member = 0; member < fold_of_member.size(); ++member)
        members[fold_of_member[member]].push_back(member);
    std::map<std::uint32_t, std::vector<double>> by_fold;
    bool valid = true;
    for (std::size_t row = 0; row < residuals.size(); ++row) {
        valid &= std::isfinite(residuals[row]) && residuals[row] >= 0 && members.contains(fold[row]);
        by_fold[fold[row]].push_back(residuals[row]);
    }
    core::require(valid, "a residual is finite, not negative, and by members of its row's fold");
    ResidualsByMembers by_members;
    for (auto& [number, list] : by_fold) by_members.emplace(members[number], std::move(list));
    return {fold_of_member.size(), residuals.size(), alpha, std::move(by_members)};
}

JackknifePlus JackknifePlus::from_bootstrap(const Block& training, TrainedOn trained_on, std::size_t target,
                                            double alpha) {
    const TargetMeans means(training, target);
    core::require(trained_on.size() == training.members * training.rows, "a member is trained on a row or not");
    core::require(
        training.truth.targets == training.targets && training.truth.numbers.size() == training.rows * training.targets,
        "the truth of every training row is known");
    const std::size_t used = std::min(training.rows, most_bootstrap_rows);
    ResidualsByMembers by_members;
    bool valid = true;
    for (std::size_t i = 0; i < used; ++i) {
        const std::size_t row = i * training.rows / used;
        std::vector<std::uint32_t> members;
        double sum = 0;
        for (std::uint32_t member = 0; member < training.members; ++member) {
            if (trained_on[member * training.rows + row] != 0) continue;
            members.push_back(member);
            sum += means.of(member, row);
        }
        if (members.empty()) continue;
        const double number = training.truth.numbers[row * training.targets + target];
        const double residual = std::abs(number - sum / static_cast<double>(members.size()));
        valid &= std::isfinite(residual);
        by_members[members].push_back(residual);
    }
    core::require(valid, "members predict finite numbers of rows that have them");
    return {training.members, used, alpha, std::move(by_members)};
}

std::vector<Interval> JackknifePlus::intervals(const Block& block, std::size_t target) const {
    const TargetMeans means(block, target);
    core::require(block.members == members_, "intervals are of the members that the residuals are of");
    constexpr std::size_t most_together = 16;  // rows, so that a group's sums of them fit a few registers
    IntervalEnds ends(*this);
    std::vector<double> of_members(members_ * most_together);       // [members × rows]
    std::vector<double> of_groups(groups_.size() * most_together);  // [groups × rows]
    std::vector<double> row_means(groups_.size());
    std::array<IntervalEnds::Spread, most_together> spreads;
    std::vector<Interval> intervals;
    for (std::size_t first = 0; first < block.rows; first += most_together) {
        const std::size_t count = std::min(most_together, block.rows - first);
        bool valid = true;
        for (std::size_t member = 0; member < members_; ++member) {
            for (std::size_t row = 0; row < count; ++row) {
                const double mean = means.of(member, first + row);
                valid &= std::isfinite(mean);
                of_members[member * most_together + row] = mean;
            }
        }
        core::require(valid, "members predict finite numbers");
        std::ranges::fill(of_groups, 0.0);
        spreads.fill({});
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            const Group& group = groups_[i];
            double* const mean = of_groups.data() + i * most_together;
            for (const std::uint32_t member : group.members) {
                const double* const from = of_members.data() + member * most_together;
                for (std::size_t row = 0; row < most_together; ++row) mean[row] += from[row];
            }
            const auto members = static_cast<double>(group.members.size());
            const double share = static_cast<double>(group.end - group.begin) / static_cast<double>(residuals_.size());
            for (std::size_t row = 0; row < most_together; ++row) {
                mean[row] /= members;
                spreads[row].middle += share * mean[row];
                spreads[row].lowest = std::min(spreads[row].lowest, mean[row]);
                spreads[row].highest = std::max(spreads[row].highest, mean[row]);
            }
        }
        for (std::size_t row = 0; row < count; ++row) {
            // The lower end is an upper end seen from the other side.
            for (std::size_t i = 0; i < groups_.size(); ++i) row_means[i] = -of_groups[i * most_together + row];
            const double low = -ends.upper(row_means, spreads[row].mirrored());
            for (double& mean : row_means) mean = -mean;
            intervals.push_back({.low = low, .high = ends.upper(row_means, spreads[row])});
        }
    }
    return intervals;
}

double guarantee_of_folds(std::size_t rows, std::size_t folds, double alpha) {
    const auto n = static_cast<double>(rows);
    const auto k = static_cast<double>(folds);
    return 1 - 2 * alpha - std::min(2 * (1 - 1 / k) / (n / k + 1), (1 - k / n) / (k + 1));
}

}  // namespace ensemble::analysis
