#include "report/progress.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/text.hpp"

namespace report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string bar(double fraction, std::size_t width) {
    const auto full = static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(width));
    std::string text;
    for (std::size_t i = 0; i < width; ++i) text += i < full ? "█" : "░";
    return text;
}

/// Mean over the ranks that have a value.
double mean(const Snapshot& snapshot, double RankProgress::*field) {
    double sum = 0;
    double count = 0;
    for (const RankProgress& rank : snapshot.ranks) {
        if (!rank.training || std::isnan(rank.*field)) continue;
        sum += rank.*field;
        ++count;
    }
    return count > 0 ? sum / count : nan;
}

std::string epochs(const Snapshot& snapshot) {
    std::uint32_t first = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t last = 0;
    for (const RankProgress& rank : snapshot.ranks) {
        if (!rank.training) continue;
        first = std::min(first, rank.epoch);
        last = std::max(last, rank.epoch);
    }
    if (last == 0) return "";
    if (first == last) return fmt::format("epoch {}/{}", last, snapshot.epochs);
    return fmt::format("epoch {}–{}/{}", first, last, snapshot.epochs);
}

std::string left_text(const Snapshot& snapshot) {
    return std::isfinite(snapshot.left_s) ? clock(snapshot.left_s) + " left" : "";
}

std::string rate_text(const Snapshot& snapshot) {
    return grouped(static_cast<std::uint64_t>(std::llround(std::max(0.0, snapshot.samples_per_s)))) + " samples/s";
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (!text.empty()) text += between;
        text += part;
    }
    return text;
}

std::string training_text(double loss, double accuracy) {
    return joined({std::isnan(loss) ? "" : "loss " + number(loss, 4),
                   std::isnan(accuracy) ? "" : "validation " + percent(accuracy)},
                  "  ");
}

std::string rank_line(std::size_t index, const RankProgress& rank, const Snapshot& snapshot) {
    const std::size_t rank_digits = std::to_string(snapshot.ranks.size() - 1).size();
    std::string line = fmt::format("rank {:>{}}  ", index, rank_digits);
    if (!rank.training) return line + "waits for the others";
    const std::size_t member_digits = std::to_string(snapshot.members - 1).size();
    const std::size_t epoch_digits = std::to_string(snapshot.epochs).size();
    line += fmt::format("member {:>{}}  epoch {:>{}}/{}  ", rank.member, member_digits, rank.epoch, epoch_digits,
                        snapshot.epochs);
    return line + training_text(rank.loss, rank.validation_accuracy);
}

}  // namespace

std::vector<std::string> live_lines(const Snapshot& snapshot, const Terminal& terminal) {
    constexpr std::size_t bar_width = 20;
    // The last column stays free: a full line makes some terminals wrap.
    const std::size_t width = std::max<std::size_t>(terminal.columns, 2) - 1;
    const bool line_per_rank =
        snapshot.ranks.size() > 1 && snapshot.ranks.size() + 4 <= terminal.rows && snapshot.ranks.size() <= 16;
    const std::string done = fmt::format("{} of {} done", snapshot.members_done, counted(snapshot.members, "member"));
    const std::string share = percent(snapshot.fraction, 0);
    const std::string ranks =
        line_per_rank ? ""
                      : joined({epochs(snapshot), training_text(mean(snapshot, &RankProgress::loss),
                                                                mean(snapshot, &RankProgress::validation_accuracy))},
                               "  ");
    // From the widest form to one that fits.
    std::string first = joined(
        {done, bar(snapshot.fraction, bar_width), right(share, 5), ranks, rate_text(snapshot), left_text(snapshot)},
        "  ");
    if (columns(first) > width) first = joined({done, share, ranks, rate_text(snapshot), left_text(snapshot)}, "  ");
    if (columns(first) > width) {
        const std::string short_done = fmt::format("{}/{}", snapshot.members_done, snapshot.members);
        first = joined({short_done, share, left_text(snapshot), ranks}, "  ");
    }
    std::vector<std::string> lines{clipped(first, width)};
    if (line_per_rank) {
        for (std::size_t r = 0; r < snapshot.ranks.size(); ++r) {
            lines.push_back(clipped(rank_line(r, snapshot.ranks[r], snapshot), width));
        }
    }
    return lines;
}

std::string log_line(const Snapshot& snapshot) {
    const std::string left = left_text(snapshot);
    return joined(
        {fmt::format("{} of {} done", snapshot.members_done, counted(snapshot.members, "member")),
         percent(snapshot.fraction, 0), epochs(snapshot),
         training_text(mean(snapshot, &RankProgress::loss), mean(snapshot, &RankProgress::validation_accuracy)),
         rate_text(snapshot), left.empty() ? "" : "about " + left},
        "  ");
}

}  // namespace report
