#include "report/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <vector>

#include <fmt/ranges.h>

#include "core/printable.hpp"
#include "core/text.hpp"
#include "report/table_rows.hpp"

namespace ensemble::report {
namespace {

using analysis::MemberResult;

/// Up to so many members are all shown; of more only the first and the last.
constexpr std::size_t shown_in_full = 16;
constexpr std::size_t first_shown = 8;
constexpr std::size_t last_shown = 4;

std::string member_row(const TableRows& rows, const MemberResult& member, const task::Task& task) {
    const std::string name = fmt::format("member {}", member.index);
    const std::string epochs = std::to_string(member.epochs);
    if (!member.is_included()) return rows.row({name, epochs, "excluded"}, {}, core::duration(member.train_s));
    return rows.row({name, epochs, measured(task.metrics().front(), member.validation_score)}, rows.values(member.test),
                    core::duration(member.train_s));
}

/// What distinguishes a member, where members differ: "net 2, lr 0.01".
std::string distinction(const store::Summary& summary, std::size_t place) {
    const std::vector<std::string>& nets = summary.nets;
    std::vector<std::string> parts;
    const store::MemberSettings& settings = summary.settings.at(place);
    if (nets.size() > 1) {
        const auto net = std::ranges::find(nets, settings.net) - nets.begin();
        parts.push_back(fmt::format("net {}", net + 1));
    }
    for (const auto& [name, value] : settings.varied) parts.push_back(fmt::format("{} {}", name, value));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string members_rows(const TableRows& rows, const store::Summary& summary, const Terminal& terminal) {
    const std::vector<MemberResult>& members = summary.members;
    const std::vector<std::string>& nets = summary.nets;
    std::string text;
    const bool all = members.size() <= shown_in_full;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!all && i == first_shown) {
            text +=
                fmt::format("… {} more in summary.json\n", core::grouped(members.size() - first_shown - last_shown));
        }
        if (!all && i >= first_shown && i + last_shown < members.size()) continue;
        text += member_row(rows, members[i], *summary.task);
        const std::string what = distinction(summary, i);
        if (what.empty()) continue;
        const std::string line = core::printable("  " + what);
        text += (terminal.live ? core::clipped(line, terminal.columns) : line) + '\n';
    }
    for (std::size_t net = 0; nets.size() > 1 && net < nets.size(); ++net) {
        const std::string line = core::printable(fmt::format("net {}: {}", net + 1, nets[net]));
        text += (terminal.live ? core::clipped(line, terminal.columns) : line) + '\n';
    }
    return text;
}

/// What can be had without learning anything.
std::string baseline_line(const store::Summary& summary) {
    const task::Metric& metric = summary.task->metrics().front();
    return fmt::format("Always saying the mean of the training rows has a test {} of {}\n\n", metric.title,
                       measured(metric, summary.data.baseline_scores.front()));
}

/// How well the chosen combination knows each class, beside what can be had without learning anything.
std::string class_lines(const store::Summary& summary) {
    constexpr std::size_t most_shown = 3;
    constexpr std::size_t longest_name = 40;
    const analysis::CombinationResult& combined = store::chosen(summary);
    const analysis::Confusion& by_class = combined.by_class;
    const auto metrics = summary.task->metrics();
    const auto balanced = std::ranges::find(metrics, "balanced_accuracy", &task::Metric::name) - metrics.begin();
    const auto name = [&](std::size_t label) {
        return core::printable(core::clipped(summary.data.class_name(label), longest_name));
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
        recalls += fmt::format("{}'{}' {} of {}", recalls.empty() ? "" : ", ", name(label),
                               core::percent(*by_class.recall(label)),
                               core::counted(static_cast<std::uint64_t>(by_class.items(label)), "row"));
    }
    return fmt::format(
        "Always saying '{}' would be right on {} of the test rows\n"
        "Balanced accuracy of the {} (mean recall of the classes): {}{}\n"
        "Recall is lowest for {}\n\n",
        name(summary.data.baseline.label), core::percent(summary.data.baseline.accuracy), combined.combination->name,
        core::percent(combined.scores[static_cast<std::size_t>(balanced)]),
        untested.empty() ? ""
                         : fmt::format(", without '{}'{}, of which there is no test row", name(untested.front()),
                                       untested.size() > 1 ? fmt::format(" and {} more", untested.size() - 1) : ""),
        recalls);
}

/// What its probabilities are worth: empty where numbers are learnt.
std::string trust_lines(const store::Summary& summary) {
    if (!summary.trust.calibration) return "";
    const analysis::Scaled& scaled = summary.trust.calibration->scaled;
    const auto metrics = summary.task->metrics();
    const auto value_of = [&](std::string_view name, const task::Scores& scores) {
        const auto metric = std::ranges::find(metrics, name, &task::Metric::name);
        return measured(*metric, scores.at(static_cast<std::size_t>(metric - metrics.begin())));
    };
    return fmt::format(
        "Of the 80 % of the test rows that it is surest of, {} are wrong\n"
        "At temperature {:.3g}, which suits {} best: NLL {}, ECE {}\n\n",
        core::percent(summary.trust.selective.risk_at_80), scaled.temperature.value,
        core::counted(scaled.rows, "validation row"), value_of("nll", scaled.test), value_of("ece", scaled.test));
}

/// A difference of accuracies in percentage points, with its sign.
std::string points(double share) {
    const std::string size = fmt::format("{:.2f}", std::abs(100.0 * share));
    return fmt::format("{}{}", share < 0 && size != "0.00" ? "−" : "+", size);
}

/// A gain as people read it.
std::string gained(const task::Metric& metric, double gain) {
    if (metric.unit == task::Unit::share) return points(gain);
    return fmt::format("{}{}", gain < 0 ? "−" : "+", measured(metric, std::abs(gain)));
}

std::string interval(const task::Metric& metric, const analysis::Gain& gain) {
    // No row tells them apart, so that no resampling of rows can: that is no certainty that the gain is 0.
    if (gain.ci95.low == 0 && gain.ci95.high == 0) {
        return metric.unit == task::Unit::share ? "right and wrong on the same test rows: no interval"
                                                : "the same on all test rows: no interval";
    }
    if (std::isnan(gain.ci95.low)) return "no interval";
    const auto text = [&](const analysis::Interval& ci95) {
        return fmt::format("{} to {}", gained(metric, ci95.low), gained(metric, ci95.high));
    };
    std::string first = "95 % interval " + text(gain.ci95);
    if (!gain.ci95_members) return first;
    const std::string second = text(*gain.ci95_members);
    return fmt::format("{}; {}", first, second == text(gain.ci95) ? "the same" : second);
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
    const analysis::CombinationResult& combined = store::chosen(summary);
    const task::Metric& metric = summary.task->metrics().front();
    const analysis::Gain& mean = *combined.over_mean.front();
    const analysis::PairedGain& best = *combined.over_best.front();
    const std::string p = best.p_value < 0.0001 ? "p < 0.0001" : fmt::format("p = {:.4f}", best.p_value);
    const bool counts = metric.unit == task::Unit::share;
    return fmt::format(
        "Gain of the {} in {}\n"
        "  over the mean member  {}   {}\n"
        "  over the best member  {}   {}, {}\n"
        "{}\n{}\n{}",
        combined.combination->name,
        counts ? std::string("points of test accuracy") : fmt::format("test {}, by which it is smaller", metric.title),
        core::right(gained(metric, mean.value), 6), interval(metric, mean),
        core::right(gained(metric, best.gain.value), 6), interval(metric, best.gain), p,
        mean.ci95_members ? analysis::intervals_explained : "intervals: of these members on other test rows",
        counts ? "p: McNemar's exact test" : "p: Student's t test of the paired rows", doubts(mean, best));
}

/// How the chosen combination does on test rows that are changed; of many the first and the last.
std::string shift_rows(const TableRows& rows, const store::Summary& summary) {
    if (summary.shifts.empty()) return "";
    std::string text = fmt::format("{} on changed test rows\n", store::chosen(summary).combination->name);
    const bool all = summary.shifts.size() <= shown_in_full;
    for (std::size_t i = 0; i < summary.shifts.size(); ++i) {
        const analysis::ShiftResult& each = summary.shifts[i];
        if (!all && i == first_shown) {
            text += fmt::format("… {} more in summary.json\n", summary.shifts.size() - first_shown - last_shown);
        }
        if (!all && i >= first_shown && i + last_shown < summary.shifts.size()) continue;
        text += rows.row({fmt::format("  {} {}", each.shift.name, each.shift.value), "", ""},
                         rows.values(each.combinations.at(summary.combine)), "");
    }
    return text + rows.rule();
}

/// Empty where nobody has asked.
std::string foreign_line(const store::Summary& summary) {
    if (!summary.foreign) return "";
    const auto best =
        std::ranges::max_element(summary.foreign->measures, {}, [](const auto& each) { return each.foreign.auroc; });
    std::string name = best->measure;
    std::ranges::replace(name, '_', ' ');
    return fmt::format(
        "What tells {} from elsewhere from test rows best is {}: AUROC {}; where it finds 95 % of them, it takes {} of "
        "the test rows for such\n\n",
        core::counted(summary.foreign->rows, "row"), name, core::number(best->foreign.auroc, 4),
        core::percent(best->foreign.fpr95));
}

/// What the most important columns are worth; empty where nobody has asked.
std::string importance_line(const store::Summary& summary) {
    constexpr std::size_t most_shown = 3;
    constexpr std::size_t longest_name = 40;
    if (!summary.importance) return "";
    std::vector<analysis::ColumnImportance> columns = summary.importance->columns;
    std::ranges::stable_sort(columns, std::ranges::greater(), &analysis::ColumnImportance::loss);
    columns.resize(std::min(columns.size(), most_shown));
    const task::Metric& metric = summary.task->metrics().front();
    const bool counts = metric.unit == task::Unit::share;
    std::string losses;
    for (const analysis::ColumnImportance& each : columns) {
        losses += fmt::format("{}'{}' {} ({} to {})", losses.empty() ? "" : ", ",
                              core::printable(core::clipped(each.name, longest_name)), gained(metric, each.loss),
                              gained(metric, each.ci95.low), gained(metric, each.ci95.high));
    }
    return fmt::format("Worth most, as what is lost where a column is shuffled{}: {}\n\n",
                       counts ? ", in points of accuracy" : fmt::format(", in {}", metric.title), losses);
}

/// What has come out, in one sentence: by how much members together do better than one of them does on average.
std::string conclusion(const store::Summary& summary, std::size_t included) {
    if (included < 2) return "";
    const analysis::CombinationResult& combined = store::chosen(summary);
    const task::Metric& metric = summary.task->metrics().front();
    const analysis::Interval& gain = combined.over_mean.front()->ci95;
    const bool counts = metric.unit == task::Unit::share;
    const double one = counts ? 1 - summary.ensemble.mean_member.front() : summary.ensemble.mean_member.front();
    const double all = counts ? 1 - combined.scores.front() : combined.scores.front();
    std::string networks = core::in_words(included) + " networks";
    if (one <= 0)
        return "No network makes an error on the test rows, so there is nothing that an ensemble could gain.\n";
    if (gain.low <= 0 && gain.high >= 0) {
        return fmt::format("Whether {} {} than one cannot be told from these test rows.\n", networks,
                           counts ? std::string("make fewer errors") : fmt::format("have a smaller {}", metric.title));
    }
    const long change = std::lround(100 * std::abs(one - all) / one);
    const std::string share = change > 0 ? std::to_string(change) : "less than 1";
    if (!counts) {
        return fmt::format("The {} of {} is {} % {} than that of one of them on average.\n", metric.title, networks,
                           share, all < one ? "smaller" : "larger");
    }
    networks.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(networks.front())));
    return fmt::format("{} make {} % {} errors than one of them on average.\n", networks, share,
                       all < one ? "fewer" : "more");
}

/// Mean of what a measure says of two members. REQUIRES: a matrix of two members or more.
double mean_of_pairs(const std::vector<double>& matrix) {
    const auto members = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(matrix.size()))));
    double sum = 0;
    for (std::size_t second = 1; second < members; ++second) {
        for (std::size_t first = 0; first < second; ++first) sum += matrix[first * members + second];
    }
    const std::size_t pairs = members * (members - 1) / 2;
    return sum / static_cast<double>(pairs);
}

/// How much members differ, and which do not differ at all.
std::string diversity_lines(const store::Summary& summary) {
    const analysis::DiversityResult& diversity = summary.ensemble.diversity;
    std::string text;
    if (!diversity.pairs.empty()) {
        const double mean = mean_of_pairs(diversity.pairs.front().values);
        if (summary.data.classes > 0) {
            text = fmt::format("Two members disagree on {} of the test rows\n", core::percent(mean));
        } else if (std::isfinite(mean)) {
            text = fmt::format("The errors of two members have a correlation of {:.2f}\n", mean);
        }
    }
    constexpr std::size_t most = 3;
    for (std::size_t i = 0; i < std::min(most, diversity.twins.size()); ++i) {
        const auto& [one, other] = diversity.twins[i];
        text += fmt::format("Members {} and {} predict the same, bit for bit: one of them adds nothing.\n", one, other);
    }
    if (diversity.twins.size() > most) text += fmt::format("So do {} more pairs.\n", diversity.twins.size() - most);
    return text;
}

std::string exclusion_lines(const std::vector<MemberResult>& members) {
    std::string text;
    for (const MemberResult& member : members) {
        if (member.is_included()) continue;
        text += fmt::format("Member {} was excluded from the ensemble: {}.\n", member.index, member.excluded);
    }
    return text;
}

std::string missing_line(const store::Summary& summary) {
    if (summary.missing.empty()) return "";
    const std::size_t all = summary.members.size() + summary.missing.size();
    return fmt::format("{} {} of {}, since the run was stopped.\n",
                       summary.partial ? "These are partial results:" : "Accepted as it is, with",
                       summary.members.size(), core::counted(all, "member"));
}

std::string stop_line(const store::Summary& summary) {
    if (!summary.stop_when || !summary.missing.empty()) return "";
    const analysis::StopResult& stop = *summary.stop_when;
    if (stop.members == 0) return "There were too few members to see what one more adds.\n";
    const std::string rest = stop.stopped ? fmt::format("the other {} are not needed", stop.planned - stop.members)
                                          : fmt::format("all {} were trained", stop.planned);
    return fmt::format("{}: {}.\n", analysis::text_of(stop), rest);
}

std::string emphasised(const std::string& line, const Terminal& terminal) {
    return terminal.color ? fmt::format("\x1b[1m{}\x1b[0m\n", line.substr(0, line.size() - 1)) : line;
}

}  // namespace

std::string results_table(const store::Summary& summary, const std::string& directory, const Terminal& terminal) {
    const auto& result = summary.ensemble;
    const auto included = static_cast<std::size_t>(std::ranges::count_if(summary.members, &MemberResult::is_included));
    const task::Task& task = *summary.task;
    const TableRows rows(terminal, task);
    const std::string rule = rows.rule();

    const MemberResult& best = *std::ranges::find(summary.members, result.best_member, &MemberResult::index);
    const store::Timing& timing = summary.timing;
    std::string text = "\n";
    text += rows.heading();
    text += rule + members_rows(rows, summary, terminal) + rule;
    text += rows.row({"mean member", "", ""}, rows.values(result.mean_member), "");
    text += rows.row(
        {fmt::format("best member ({})", best.index), "", measured(task.metrics().front(), best.validation_score)},
        rows.values(result.best_member_test), "");
    for (const analysis::CombinationResult& each : result.combinations) {
        const std::string name = fmt::format("{} of {}", each.combination->name, included);
        text += emphasised(rows.row({name, "", ""}, rows.values(each.scores), ""), terminal);
    }
    if (summary.mc_dropout) {
        const std::string name = fmt::format("MC dropout ({})", summary.mc_dropout->member);
        text += rows.row({name, "", ""}, rows.values(summary.mc_dropout->test), "");
    }
    if (summary.out_of_fold) {
        const task::Scores& pooled = summary.out_of_fold->scores.at(summary.combine);
        text += rows.row({"out of fold", "", measured(task.metrics().front(), pooled.front())}, {}, "");
    }
    text += rule + shift_rows(rows, summary);
    std::string words = rows.legend();
    if (summary.out_of_fold) {
        words += fmt::format("out of fold: the {} of the members that were not trained on a row, of {}\n",
                             store::chosen(summary).combination->name, core::counted(summary.out_of_fold->rows, "row"));
    }
    if (summary.mc_dropout) {
        const std::size_t passes = summary.mc_dropout->passes;
        words += fmt::format("MC dropout: the mean of {} of member {} with dropout on\n",
                             passes == 1 ? "one pass" : fmt::format("{} passes", core::grouped(passes)),
                             summary.mc_dropout->member);
    }
    words += summary.data.classes > 0 ? class_lines(summary) : baseline_line(summary);
    words += trust_lines(summary) + foreign_line(summary) + importance_line(summary) + gain_lines(summary, included) +
             diversity_lines(summary) + conclusion(summary, included) + exclusion_lines(summary.members) +
             stop_line(summary) + missing_line(summary);
    words += fmt::format("\nRanks were idle for {} in all: efficiency {}, at best {} for members of these lengths\n",
                         core::duration(timing.idle_s), core::percent(timing.efficiency, 1),
                         core::percent(timing.efficiency_bound, 1));
    words += fmt::format("{} on {} · {} samples/s · results in {}\n", core::duration(timing.wall_s),
                         core::counted(static_cast<std::uint64_t>(timing.ranks), "rank"),
                         core::grouped(static_cast<std::uint64_t>(std::llround(timing.samples_per_s))), directory);
    text += terminal.live ? core::wrapped(words, terminal.columns) : words;
    return terminal.utf8 ? text : core::to_ascii(text);
}

std::string member_line(const MemberResult& member, const task::Task& task, int rank, int ranks) {
    const std::string where = ranks > 1 ? fmt::format(" on rank {}", rank) : "";
    if (!member.is_included()) return fmt::format("member {} is excluded{}: {}", member.index, where, member.excluded);
    const task::Metric& metric = task.metrics().front();
    const std::string name = metric.unit == task::Unit::share ? "" : fmt::format("{} ", metric.title);
    return fmt::format("member {} done{}: {}, validation {}{}, test {}{}, {}", member.index, where,
                       core::counted(member.epochs, "epoch"), name, measured(metric, member.validation_score), name,
                       measured(metric, member.test.front()),
                       member.train_s > 0 ? core::duration(member.train_s) : "trained before");
}

}  // namespace ensemble::report
