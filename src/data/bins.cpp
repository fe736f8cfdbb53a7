#include "data/bins.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

namespace ensemble::data {
namespace {

/// Splits that explain less than this share of what the whole column leaves open are not worth a bin.
constexpr double least_gain = 1e-4;

/// Without those that are equal, or so near to the one before that a bin between them had no width to divide by (which
/// is 0 to processors that flush what is smaller): that happens around 0 alone.
std::vector<double> ascending(std::vector<double> edges) {
    const double last = edges.back();
    const auto near = std::ranges::unique(
        edges, [](double a, double b) { return b / 2 - a / 2 < std::numeric_limits<double>::min(); });
    edges.erase(near.begin(), near.end());
    edges.back() = last;
    if (edges.size() < 3) edges.clear();
    return edges;
}

/// Leaves at most so many of each value; false if there were not more of any.
bool thin(std::vector<double>& sorted, std::size_t most) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (kept >= most && sorted[kept - most] == sorted[i]) continue;
        sorted[kept++] = sorted[i];
    }
    const bool has_thinned = kept < sorted.size();
    sorted.resize(kept);
    return has_thinned;
}

/// Values [first, end) and where they are split best.
struct Leaf {
    std::size_t first = 0;
    std::size_t end = 0;
    std::size_t split = 0;  ///< the first value of the right half
    double gain = 0;        ///< squares that the split explains; 0: there is none
};

class Tree {
public:
    Tree(const Explained& column, std::size_t least) : column_(column), least_(std::max<std::size_t>(least, 1)) {}

    [[nodiscard]] std::vector<double> edges(std::size_t bins) const {
        const std::size_t count = column_.sorted.size();
        std::vector<Leaf> leaves{split({.first = 0, .end = count})};
        const double enough = least_gain * squares();
        while (leaves.size() < bins) {
            const auto best = std::ranges::max_element(leaves, {}, &Leaf::gain);
            if (!(best->gain > enough)) break;
            const Leaf left = split({.first = best->first, .end = best->split});
            const Leaf right = split({.first = best->split, .end = best->end});
            *best = left;
            leaves.push_back(right);
        }
        std::vector<double> edges{column_.sorted.front(), column_.sorted.back()};
        for (const Leaf& leaf : leaves) {
            if (leaf.first == 0) continue;
            edges.push_back(column_.sorted[leaf.first - 1] / 2 + column_.sorted[leaf.first] / 2);
        }
        std::ranges::sort(edges);
        return ascending(edges);
    }

private:
    /// Of the targets, about their mean.
    [[nodiscard]] double squares() const {
        const auto count = static_cast<double>(column_.sorted.size());
        double all = 0;
        for (std::size_t j = 0; j < column_.width; ++j) {
            double sum = 0;
            double sum_of_squares = 0;
            for (std::size_t i = j; i < column_.targets.size(); i += column_.width) {
                sum += double{column_.targets[i]};
                sum_of_squares += double{column_.targets[i]} * double{column_.targets[i]};
            }
            all += sum_of_squares - sum * sum / count;
        }
        return all;
    }

    /// Where the leaf is split best: what is gained is left sum² / left count + right sum² / right count − all.
    [[nodiscard]] Leaf split(Leaf leaf) const {
        const std::size_t width = column_.width;
        const std::size_t count = leaf.end - leaf.first;
        if (count < 2 * least_) return leaf;
        std::vector<double> right(width);
        std::vector<double> left(width);
        for (std::size_t i = leaf.first; i < leaf.end; ++i) {
            for (std::size_t j = 0; j < width; ++j) right[j] += double{column_.targets[i * width + j]};
        }
        double whole = 0;
        for (const double sum : right) whole += sum * sum;
        whole /= static_cast<double>(count);
        for (std::size_t i = leaf.first; i + least_ < leaf.end; ++i) {
            for (std::size_t j = 0; j < width; ++j) {
                left[j] += double{column_.targets[i * width + j]};
                right[j] -= double{column_.targets[i * width + j]};
            }
            const std::size_t on_left = i + 1 - leaf.first;
            if (on_left < least_ || column_.sorted[i] == column_.sorted[i + 1]) continue;
            double explained = 0;
            for (std::size_t j = 0; j < width; ++j) {
                explained += left[j] * left[j] / static_cast<double>(on_left) +
                             right[j] * right[j] / static_cast<double>(count - on_left);
            }
            if (explained - whole <= leaf.gain) continue;
            leaf.gain = explained - whole;
            leaf.split = i + 1;
        }
        return leaf;
    }

    const Explained& column_;
    std::size_t least_;
};

}  // namespace

double quantile(std::span<const double> sorted, double share) {
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = at - std::floor(at);
    return sorted[below] * (1 - part) + sorted[above] * part;
}

std::vector<double> quantile_bins(std::span<const double> sorted, std::size_t bins) {
    std::vector<double> values;
    std::ranges::unique_copy(sorted, std::back_inserter(values));
    if (values.size() <= bins + 1) return ascending(std::move(values));
    values.assign(sorted.begin(), sorted.end());
    // A value that fills several bins counts as one that fills one: the others are for the rest.
    for (std::size_t most = values.size() / bins; most > 0 && thin(values, most); most = values.size() / bins) {
    }
    std::vector<double> edges;
    for (std::size_t i = 0; i <= bins; ++i)
        edges.push_back(quantile(values, static_cast<double>(i) / static_cast<double>(bins)));
    return ascending(edges);
}

std::vector<double> target_bins(const Explained& column, std::size_t bins, std::size_t least) {
    return Tree(column, least).edges(bins);
}

}  // namespace ensemble::data
