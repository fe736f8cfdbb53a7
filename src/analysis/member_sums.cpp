#include "analysis/member_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>

#include "analysis/probability_pools.hpp"
#include "core/contract.hpp"
#include "core/hash.hpp"
#include "core/wire.hpp"

namespace ensemble::analysis {
namespace {

bool classifies(const Block& block) {
    return block.task.kind == task::Kind::classification;
}

std::size_t paired(const Block& block) {
    return std::min(block.members, most_paired);
}

std::size_t pairs_of(std::size_t members) {
    return members * (members - 1) / 2;
}

std::size_t line_count(const Block& block) {
    return metrics_by_size(block.task).size() * block.task.questions(block.targets);
}

/// Row values of predictions in the metrics by size.
class Lines {
public:
    explicit Lines(const Block& block)
        : block_(&block), metrics_(metrics_by_size(block.task)), values_(line_count(block) * block.rows) {}

    /// Measures `predictions` [rows × width]; line(i) are then its row values.
    void measure(std::span<const float> predictions) {
        const auto chosen =
            classifies(*block_) ? task::most_probable(predictions, block_->width()) : std::vector<std::int32_t>{};
        const task::Predicted predicted{
            .task = block_->task, .targets = block_->targets, .predictions = predictions, .chosen = chosen};
        auto next = values_.begin();
        for (const std::size_t metric : metrics_) {
            const auto of_row = block_->task.metrics()[metric].of_row;
            for (std::size_t question = 0; question < block_->task.questions(block_->targets); ++question) {
                const task::Answers answers = predicted.answers(question, block_->truth);
                for (std::size_t row = 0; row < block_->rows; ++row) *next++ = of_row(answers, row);
            }
        }
    }

    [[nodiscard]] std::size_t count() const noexcept { return values_.size() / block_->rows; }
    [[nodiscard]] std::span<const double> line(std::size_t line) const {
        return std::span(values_).subspan(line * block_->rows, block_->rows);
    }
    [[nodiscard]] double sum(std::size_t place) const {
        const auto values = line(place);
        return std::accumulate(values.begin(), values.end(), 0.0);
    }

private:
    const Block* block_;
    std::vector<std::size_t> metrics_;
    std::vector<double> values_;
};

void compare_classes(const Block& block, MemberSums& sums) {
    std::vector<std::vector<std::int32_t>> chosen;
    std::vector<std::vector<std::int32_t>> hits;
    for (std::size_t member = 0; member < paired(block); ++member) {
        const auto& own = chosen.emplace_back(task::most_probable(block.of(member), block.width()));
        auto& right = hits.emplace_back(block.rows);
        for (std::size_t row = 0; row < block.rows; ++row) {
            right[row] = own[row] == block.truth.labels[row] ? 1 : 0;
            ++sums.chosen[member * block.width() + static_cast<std::size_t>(own[row])];
            sums.right[member] += right[row];
        }
    }
    for (std::size_t second = 1; second < chosen.size(); ++second) {
        for (std::size_t first = 0; first < second; ++first) {
            std::int32_t both = 0;
            std::int32_t same = 0;
            for (std::size_t row = 0; row < block.rows; ++row) {
                both += hits[first][row] & hits[second][row];
                same += chosen[first][row] == chosen[second][row] ? 1 : 0;
            }
            sums.both_right[pair_place(first, second)] += both;
            sums.agree[pair_place(first, second)] += same;
        }
    }
}

void compare_errors(const Block& block, MemberSums& sums) {
    const std::size_t members = paired(block);
    std::vector<std::vector<double>> errors(members, std::vector<double>(block.rows));
    for (std::size_t target = 0; target < block.targets; ++target) {
        for (std::size_t member = 0; member < members; ++member) {
            const std::span<const float> own = block.of(member);
            const std::size_t place = target * members + member;
            for (std::size_t row = 0; row < block.rows; ++row) {
                const double truth = block.truth.numbers[row * block.targets + target];
                const double error = double{own[row * block.width() + target * block.task.predicted]} - truth;
                errors[member][row] = error;
                sums.residuals[place] += error;
                sums.residual_squares[place] += error * error;
            }
        }
        for (std::size_t second = 1; second < members; ++second) {
            for (std::size_t first = 0; first < second; ++first)
                sums.residual_products[target * pairs_of(members) + pair_place(first, second)] +=
                    std::inner_product(errors[first].begin(), errors[first].end(), errors[second].begin(), 0.0);
        }
    }
}

void add_split(std::span<double> split, double mean_member, double diversity, double ensemble) {
    split[static_cast<std::size_t>(Split::mean_member)] += mean_member;
    split[static_cast<std::size_t>(Split::diversity)] += diversity;
    split[static_cast<std::size_t>(Split::ensemble)] += ensemble;
}

/// Of one number whose value should be `truth`, the squares (Krogh and Vedelsby 1995): the mean of the members' squared
/// errors is that of their mean and their variance.
void split_square(const Block& block, std::size_t number, double truth, std::span<double> split) {
    const auto members = static_cast<double>(block.members);
    double mean = 0;
    double error = 0;
    for (std::size_t member = 0; member < block.members; ++member) {
        const double own = block.of(member)[number];
        mean += own;
        error += (own - truth) * (own - truth);
    }
    mean /= members;
    double variance = 0;
    for (std::size_t member = 0; member < block.members; ++member) {
        const double distance = block.of(member)[number] - mean;
        variance += distance * distance;
    }
    add_split(split, error / members, variance / members, (mean - truth) * (mean - truth));
}

/// Of log losses (Heskes 1998): the mean of the members' is that of their geometric mean and their mean
/// Kullback-Leibler divergence from it.
void split_logarithm(const Block& block, MemberSums& sums) {
    const Combined geometric = geometric_mean(block, {});
    const auto members = static_cast<double>(block.members);
    const auto logarithm = [](float p) { return std::log(std::max(double{p}, task::least_probability)); };
    std::vector<double> means(block.width());
    for (std::size_t row = 0; row < block.rows; ++row) {
        std::ranges::fill(means, 0.0);
        for (std::size_t member = 0; member < block.members; ++member) {
            const auto own = block.of(member).subspan(row * block.width(), block.width());
            for (std::size_t c = 0; c < own.size(); ++c) means[c] += logarithm(own[c]) / members;
        }
        double divergence = 0;
        const auto pooled = std::span(geometric.predictions).subspan(row * block.width(), block.width());
        for (std::size_t c = 0; c < pooled.size(); ++c) divergence += pooled[c] * (logarithm(pooled[c]) - means[c]);
        const auto label = static_cast<std::size_t>(block.truth.labels[row]);
        add_split(sums.log_split, -means[label], divergence, -logarithm(pooled[label]));
    }
}

void split_errors(const Block& block, MemberSums& sums) {
    const std::size_t width = block.width();
    for (std::size_t row = 0; row < block.rows; ++row) {
        if (classifies(block)) {
            for (std::size_t c = 0; c < width; ++c) {
                const bool is_true = static_cast<std::size_t>(block.truth.labels[row]) == c;
                split_square(block, row * width + c, is_true ? 1 : 0, sums.split);
            }
            continue;
        }
        for (std::size_t target = 0; target < block.targets; ++target) {
            split_square(block, row * width + target * block.task.predicted,
                         block.truth.numbers[row * block.targets + target],
                         std::span(sums.split).subspan(target * split_parts, split_parts));
        }
    }
    if (classifies(block)) split_logarithm(block, sums);
}

/// Row values of each member, or of the ensemble without it, in one line: [members × rows].
using MemberRows = std::vector<std::vector<double>>;

/// One line's products of deviations.
void add_moments(const MemberRows& members, const MemberRows& without, std::size_t best, std::size_t second,
                 std::span<double> moments) {
    const std::size_t count = members.size();
    const auto all = static_cast<double>(count);
    for (std::size_t row = 0; row < members.front().size(); ++row) {
        double mean = 0;
        double mean_without = 0;
        for (std::size_t member = 0; member < count; ++member) {
            mean += members[member][row] / all;
            mean_without += without[member][row] / all;
        }
        // Of the mean of the others, and of the best of the others, only the deviations count.
        const double change = members[second][row] - members[best][row];
        for (std::size_t member = 0; member < count; ++member) {
            const double own = without[member][row] - mean_without;
            const double others = (mean - members[member][row]) / (all - 1);
            const double best_of_others = change * ((member == best ? 1.0 : 0.0) - 1 / all);
            moments[static_cast<std::size_t>(Moment::ensemble)] += own * own;
            moments[static_cast<std::size_t>(Moment::with_mean)] += own * others;
            moments[static_cast<std::size_t>(Moment::mean)] += others * others;
            moments[static_cast<std::size_t>(Moment::with_best)] += own * best_of_others;
            moments[static_cast<std::size_t>(Moment::best)] += best_of_others * best_of_others;
        }
    }
}

void measure_members(const Block& block, std::size_t best, std::size_t second, MemberSums& sums) {
    Lines lines(block);
    std::vector<MemberRows> members(lines.count());
    std::vector<MemberRows> without(lines.count());
    const auto keep = [&](std::vector<MemberRows>& rows, std::vector<double>& totals, std::size_t member) {
        for (std::size_t line = 0; line < lines.count(); ++line) {
            rows[line].emplace_back(lines.line(line).begin(), lines.line(line).end());
            totals[line * block.members + member] += lines.sum(line);
        }
    };
    for (std::size_t member = 0; member < block.members; ++member) {
        lines.measure(block.of(member));
        keep(members, sums.members, member);
    }
    if (block.members < 2) return;
    const ReducedEnsemble reduced(block);
    std::vector<float> predictions(block.rows * block.width());
    for (std::size_t member = 0; member < block.members; ++member) {
        reduced.predict_without(member, predictions);
        lines.measure(predictions);
        keep(without, sums.without, member);
    }
    for (std::size_t line = 0; line < lines.count(); ++line)
        add_moments(members[line], without[line], best, second,
                    std::span(sums.moments).subspan(line * moment_count, moment_count));
}

void measure_subsets(const Block& block, const Subsets& subsets, MemberSums& sums) {
    Lines lines(block);
    GrowingEnsemble ensemble(block.task.kind, block.rows * block.width());
    std::vector<float> predictions(block.rows * block.width());
    for (std::size_t member = 0; member < block.members; ++member) ensemble.add(block.of(member));
    ensemble.predict(predictions);
    lines.measure(predictions);
    for (std::size_t line = 0; line < lines.count(); ++line) sums.ensemble[line] += lines.sum(line);
    for (std::size_t order = 0; order < subsets.orders.size(); ++order) {
        ensemble.clear();
        std::size_t members = 0;
        for (std::size_t size = 0; size < subsets.sizes.size(); ++size) {
            for (; members < subsets.sizes[size]; ++members) ensemble.add(block.of(subsets.orders[order][members]));
            ensemble.predict(predictions);
            lines.measure(predictions);
            for (std::size_t line = 0; line < lines.count(); ++line)
                sums.subsets[(line * subsets.sizes.size() + size) * subsets.orders.size() + order] += lines.sum(line);
        }
    }
}

std::uint64_t digest_of(std::span<const std::byte> bytes) {
    const core::Checksum checksum = core::checksum(bytes);
    std::uint64_t digest = 0;
    std::memcpy(&digest, checksum.data(), sizeof digest);
    return digest;
}

/// Sums over so many rows that are all 0.
MemberSums no_sums(const Block& block, const Subsets& subsets) {
    const std::size_t lines = line_count(block);
    const std::size_t compared = paired(block);
    const std::size_t pairs = pairs_of(compared);
    const bool reduces = block.members > 1;
    MemberSums sums;
    sums.rows = block.rows;
    if (classifies(block)) {
        sums.right.resize(compared);
        sums.chosen.resize(compared * block.width());
        sums.both_right.resize(pairs);
        sums.agree.resize(pairs);
        sums.log_split.resize(split_parts);
    } else {
        sums.residuals.resize(block.targets * compared);
        sums.residual_squares.resize(block.targets * compared);
        sums.residual_products.resize(block.targets * pairs);
    }
    sums.split.resize(block.task.questions(block.targets) * split_parts);
    sums.members.resize(lines * block.members);
    sums.ensemble.resize(lines);
    sums.without.resize(reduces ? lines * block.members : 0);
    sums.moments.resize(reduces ? lines * moment_count : 0);
    sums.subsets.resize(lines * subsets.count());
    sums.digests.resize(block.members);
    return sums;
}

/// One list of fields serves adding, comparing, writing and reading: each(field of one, the same field of the other).
template <class One, class Other, class Each>
void sum_fields(One& one, Other& other, Each&& each) {
    each(one.right, other.right), each(one.chosen, other.chosen), each(one.both_right, other.both_right);
    each(one.agree, other.agree), each(one.residuals, other.residuals);
    each(one.residual_squares, other.residual_squares), each(one.residual_products, other.residual_products);
    each(one.split, other.split), each(one.log_split, other.log_split), each(one.members, other.members);
    each(one.ensemble, other.ensemble), each(one.without, other.without), each(one.moments, other.moments);
    each(one.subsets, other.subsets);
}

}  // namespace

std::vector<std::size_t> metrics_by_size(const task::Task& task) {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < task.metrics().size(); ++place) {
        if (task.metrics()[place].by_size) places.push_back(place);
    }
    return places;
}

void MemberSums::add(const MemberSums& next) {
    rows += next.rows;
    sum_fields(*this, next, [](auto& own, const auto& more) {
        core::require(own.size() == more.size(), "sums of the same members are added");
        for (std::size_t i = 0; i < own.size(); ++i) own[i] += more[i];
    });
    for (std::size_t member = 0; member < digests.size(); ++member) {
        const std::array both{digests[member], next.digests.at(member)};
        digests[member] = digest_of(std::as_bytes(std::span(both)));
    }
}

MemberSums member_sums(const Block& block, const Subsets& subsets, std::size_t best, std::size_t second) {
    core::require(block.members > 0 && best < block.members && second < block.members, "a block has its best members");
    core::require(subsets.orders.front().size() == block.members, "subsets are of the block's members");
    MemberSums sums = no_sums(block, subsets);
    if (classifies(block)) {
        compare_classes(block, sums);
    } else {
        compare_errors(block, sums);
    }
    split_errors(block, sums);
    measure_members(block, best, second, sums);
    measure_subsets(block, subsets, sums);
    for (std::size_t member = 0; member < block.members; ++member)
        sums.digests[member] = digest_of(std::as_bytes(block.of(member)));
    return sums;
}

std::vector<std::byte> to_bytes(const MemberSums& sums) {
    core::WireWriter writer;
    sum_fields(sums, sums, [&](const auto& field, const auto&) { writer(field); });
    writer(sums.digests);
    return std::move(writer.bytes);
}

MemberSums member_sums_from_bytes(const Block& shape, const Subsets& subsets, std::span<const std::byte> bytes) {
    core::WireReader reader(bytes);
    MemberSums sums;
    sums.rows = shape.rows;
    sum_fields(sums, sums, [&](auto& field, const auto&) { reader(field); });
    reader(sums.digests);
    bool fits = reader.at_end();
    const MemberSums room = no_sums(shape, subsets);
    sum_fields(sums, room, [&](const auto& own, const auto& other) { fits &= own.size() == other.size(); });
    if (!fits || sums.digests.size() != room.digests.size())
        core::refuse_message("they are no sums over rows of these members");
    return sums;
}

}  // namespace ensemble::analysis
