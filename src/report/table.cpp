#include "report/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "core/printable.hpp"
#include "report/text.hpp"

namespace ensemble::report {
namespace {

using analysis::MemberResult;

/// Up to so many members are all shown; of more only the first and the last.
constexpr std::size_t shown_in_full = 16;
constexpr std::size_t first_shown = 8;
constexpr std::size_t last_shown = 4;

constexpr std::array<std::size_t, 7> widths{18, 7, 11, 9, 8, 8, 13};
constexpr std::array<std::size_t, 7> by_importance{0, 3, 2, 4, 1, 5, 6};
constexpr std::size_t always_shown = 2;

/// The table's lines, of as many columns as the terminal has room for; a log has all.
class Rows {
public:
    explicit Rows(const Terminal& terminal) {
        for (std::size_t i = 0; i < by_importance.size(); ++i) {
            const std::size_t column = by_importance.at(i);
            const bool fits = !terminal.live || width_ + widths.at(column) < terminal.columns;
            if (!fits && i >= always_shown) break;
            shown_.at(column) = true;
            width_ += widths.at(column);
        }
    }

    [[nodiscard]] std::string row(const std::array<std::string, 7>& cells) const {
        std::string line = left(cells[0], widths[0]);
        for (std::size_t i = 1; i < cells.size(); ++i) {
            if (shown_.at(i)) line += right(cells.at(i), widths.at(i));
        }
        const std::size_t end = line.find_last_not_of(' ');
        line.resize(end + 1);
        line += '\n';
        return line;
    }

    [[nodiscard]] std::string rule() const {
        std::string line;
        for (std::size_t i = 0; i < width_; ++i) line += "─";
        line += '\n';
        return line;
    }

private:
    std::array<bool, 7> shown_{};
    std::size_t width_ = 0;
};

std::string member_row(const Rows& rows, const MemberResult& member) {
    const std::string name = fmt::format("member {}", member.index);
    const std::string epochs = std::to_string(member.epochs);
    if (!member.excluded.empty()) return rows.row({name, epochs, "excluded", "", "", "", duration(member.train_s)});
    return rows.row({name, epochs, percent(member.validation_score), percent(member.test.accuracy),
                     number(member.test.nll, 4), number(member.test.ece, 4), duration(member.train_s)});
}

std::string scores_row(const Rows& rows, const std::string& name, const std::string& validation,
                       const analysis::Scores& scores) {
    return rows.row({name, "", validation, percent(scores.accuracy), number(scores.nll, 4), number(scores.ece, 4), ""});
}

std::string members_rows(const Rows& rows, const std::vector<MemberResult>& members) {
    std::string text;
    const bool all = members.size() <= shown_in_full;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!all && i == first_shown) {
            text += fmt::format("… {} more in summary.json\n", grouped(members.size() - first_shown - last_shown));
        }
        if (all || i < first_shown || i + last_shown >= members.size()) text += member_row(rows, members[i]);
    }
    return text;
}

/// How well the chosen combination knows each class, beside what can be had without learning anything.
std::string class_lines(const store::Summary& summary) {
    constexpr std::size_t most_shown = 3;
    constexpr std::size_t longest_name = 40;
    const bool averages = summary.combine == analysis::Combination::average;
    const analysis::Confusion& by_class = averages ? summary.ensemble.average_by_class : summary.ensemble.vote_by_class;
    const auto name = [&](std::size_t label) {
        return core::printable(clipped(summary.data.class_name(label), longest_name));
    };
    std::vector<std::size_t> hardest;
    for (std::size_t label = 0; label < by_class.classes(); ++label) {
        if (by_class.recall(label)) hardest.push_back(label);
    }
    std::ranges::stable_sort(hardest, {}, [&](std::size_t label) { return *by_class.recall(label); });
    hardest.resize(std::min(hardest.size(), most_shown));
    std::vector<std::size_t> untested;
    for (std::size_t label = 0; label < by_class.classes(); ++label) {
        if (by_class.items(label) == 0) untested.push_back(label);
    }
    std::string recalls;
    for (const std::size_t label : hardest) {
        recalls +=
            fmt::format("{}'{}' {} of {}", recalls.empty() ? "" : ", ", name(label), percent(*by_class.recall(label)),
                        counted(static_cast<std::uint64_t>(by_class.items(label)), "row"));
    }
    return fmt::format(
        "Always saying '{}' would be right on {} of the test rows\n"
        "Balanced accuracy of the {} (mean recall of the classes): {}{}\n"
        "Recall is lowest for {}\n\n",
        name(summary.data.baseline.label), percent(summary.data.baseline.accuracy), averages ? "average" : "vote",
        percent(by_class.balanced_accuracy()),
        untested.empty() ? ""
                         : fmt::format(", without '{}'{}, of which there is no test row", name(untested.front()),
                                       untested.size() > 1 ? fmt::format(" and {} more", untested.size() - 1) : ""),
        recalls);
}

/// A difference of accuracies in percentage points, with its sign.
std::string points(double share) {
    const std::string size = fmt::format("{:.2f}", std::abs(100.0 * share));
    return fmt::format("{}{}", share < 0 && size != "0.00" ? "−" : "+", size);
}

std::string interval(const analysis::Gain& gain) {
    // No row tells them apart, so that no resampling of rows can: that is no certainty that the gain is 0.
    if (gain.ci95.low == 0 && gain.ci95.high == 0) return "right and wrong on the same test rows: no interval";
    return fmt::format("95 % interval {} to {}", points(gain.ci95.low), points(gain.ci95.high));
}

/// Which of the gains may be none.
std::string doubts(const analysis::Gain& over_mean, const analysis::PairedGain& over_best) {
    const bool mean = over_mean.ci95.low <= 0 && over_mean.ci95.high >= 0;
    const bool best = over_best.p_value >= 0.05;
    if (mean && best) return "Both could be chance.\n";
    if (!mean && !best) return "";
    return fmt::format("That over the {} member could be chance.\n", mean ? "mean" : "best");
}

/// Empty if but one member is included, over which nothing can be gained.
std::string gain_lines(const store::Summary& summary, std::size_t included) {
    if (included < 2) return "";
    const bool averages = summary.combine == analysis::Combination::average;
    const auto& result = summary.ensemble;
    const analysis::Gain& mean = averages ? result.average_over_mean : result.vote_over_mean;
    const analysis::PairedGain& best = averages ? result.average_over_best : result.vote_over_best;
    const std::string p = best.p_value < 0.0001 ? "p < 0.0001" : fmt::format("p = {:.4f}", best.p_value);
    return fmt::format(
        "Gain of the {} in points of test accuracy\n"
        "  over the mean member  {}   {}\n"
        "  over the best member  {}   {}, {}\n"
        "intervals: bootstrap over the test rows, at the best member in accord with p · p: McNemar's exact test\n{}",
        averages ? "average" : "vote", right(points(mean.accuracy), 6), interval(mean),
        right(points(best.gain.accuracy), 6), interval(best.gain), p, doubts(mean, best));
}

/// "eight", "16".
std::string number_word(std::size_t count) {
    constexpr std::array<std::string_view, 13> words{"no",    "one",   "two",  "three", "four",   "five",  "six",
                                                     "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    return count < words.size() ? std::string(words.at(count)) : grouped(count);
}

/// What has come out, in one sentence: by how much members together err less often than one of them does on average.
std::string conclusion(const store::Summary& summary, std::size_t included) {
    if (included < 2) return "";
    const bool averages = summary.combine == analysis::Combination::average;
    const auto& result = summary.ensemble;
    const analysis::Interval& gain = (averages ? result.average_over_mean : result.vote_over_mean).ci95;
    const double one = 1 - result.mean_member.accuracy;
    const double all = 1 - (averages ? result.average.accuracy : result.vote_accuracy);
    std::string networks = number_word(included) + " networks";
    if (one <= 0)
        return "No network makes an error on the test rows, so there is nothing that an ensemble could gain.\n";
    if (gain.low <= 0 && gain.high >= 0) {
        return fmt::format("Whether {} make fewer errors than one cannot be told from these test rows.\n", networks);
    }
    networks.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(networks.front())));
    const long change = std::lround(100 * std::abs(one - all) / one);
    return fmt::format("{} make {} % {} errors than one.\n", networks,
                       change > 0 ? std::to_string(change) : "less than 1", all < one ? "fewer" : "more");
}

std::string exclusion_lines(const std::vector<MemberResult>& members) {
    std::string text;
    for (const MemberResult& member : members) {
        if (member.excluded.empty()) continue;
        text += fmt::format("Member {} was excluded from the ensemble: {}.\n", member.index, member.excluded);
    }
    return text;
}

std::string missing_line(const store::Summary& summary) {
    if (summary.missing.empty()) return "";
    const std::size_t all = summary.members.size() + summary.missing.size();
    return fmt::format("{} {} of {}, since the run was stopped.\n",
                       summary.partial ? "These are partial results:" : "Accepted as it is, with",
                       summary.members.size(), counted(all, "member"));
}

std::string emphasised(const std::string& line, const Terminal& terminal) {
    return terminal.color ? fmt::format("\x1b[1m{}\x1b[0m\n", line.substr(0, line.size() - 1)) : line;
}

}  // namespace

std::string results_table(const store::Summary& summary, const std::string& directory, const Terminal& terminal) {
    const auto& result = summary.ensemble;
    const auto included = static_cast<std::size_t>(
        std::ranges::count_if(summary.members, [](const MemberResult& member) { return member.excluded.empty(); }));
    const Rows rows(terminal);
    const std::string rule = rows.rule();

    const MemberResult& best = *std::ranges::find(summary.members, result.best_member, &MemberResult::index);
    const store::Timing& timing = summary.timing;
    std::string text = "\n";
    text += rows.row({"", "epochs", "validation", "test", "NLL", "ECE", "time"});
    text += rule + members_rows(rows, summary.members) + rule;
    text += scores_row(rows, "mean member", "", result.mean_member);
    text += scores_row(rows, fmt::format("best member ({})", best.index), percent(best.validation_score),
                       result.best_member_test);
    text += emphasised(scores_row(rows, fmt::format("average of {}", included), "", result.average), terminal);
    text += emphasised(
        rows.row({fmt::format("vote of {}", included), "", "", percent(result.vote_accuracy), "", "", ""}), terminal);
    text += rule;
    std::string words =
        "best: chosen on validation data · NLL: negative log-likelihood, at most 27.7 a row,\nECE: expected "
        "calibration error, smaller "
        "is better for both\n\n";
    words += class_lines(summary) + gain_lines(summary, included) + conclusion(summary, included) +
             exclusion_lines(summary.members) + missing_line(summary);
    words += fmt::format("\nRanks were idle for {} in all: efficiency {}, at best {} for members of these lengths\n",
                         duration(timing.idle_s), percent(timing.efficiency, 1), percent(timing.efficiency_bound, 1));
    words += fmt::format("{} on {} · {} samples/s · results in {}\n", duration(timing.wall_s),
                         counted(static_cast<std::uint64_t>(timing.ranks), "rank"),
                         grouped(static_cast<std::uint64_t>(std::llround(timing.samples_per_s))), directory);
    text += terminal.live ? wrapped(words, terminal.columns) : words;
    return terminal.utf8 ? text : to_ascii(text);
}

std::string member_line(const MemberResult& member, int rank, int ranks) {
    const std::string where = ranks > 1 ? fmt::format(" on rank {}", rank) : "";
    if (!member.excluded.empty()) {
        return fmt::format("member {} is excluded{}: {}", member.index, where, member.excluded);
    }
    return fmt::format("member {} done{}: {}, validation {}, test {}, {}", member.index, where,
                       counted(member.epochs, "epoch"), percent(member.validation_score), percent(member.test.accuracy),
                       duration(member.train_s));
}

}  // namespace ensemble::report
