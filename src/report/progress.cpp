#include "report/progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/text.hpp"

namespace ensemble::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string bar(double fraction, std::size_t width) {
    const auto full = static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(width));
    std::string text;
    for (std::size_t i = 0; i < width; ++i) text += i < full ? "█" : "░";
    return text;
}

/// Mean over the ranks that have a value.
double mean(const schedule::RunProgress& progress, double schedule::RankProgress::*field) {
    double sum = 0;
    double count = 0;
    for (const schedule::RankProgress& rank : progress.ranks) {
        if (!rank.training || std::isnan(rank.*field)) continue;
        sum += rank.*field;
        ++count;
    }
    return count > 0 ? sum / count : nan;
}

std::string epochs(const schedule::RunProgress& progress) {
    std::uint32_t first = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t last = 0;
    for (const schedule::RankProgress& rank : progress.ranks) {
        if (!rank.training) continue;
        first = std::min(first, rank.epoch);
        last = std::max(last, rank.epoch);
    }
    if (last == 0) return "";
    if (first == last) return fmt::format("epoch {}/{}", last, progress.epochs);
    return fmt::format("epoch {}–{}/{}", first, last, progress.epochs);
}

std::string left_text(const schedule::RunProgress& progress) {
    return std::isfinite(progress.left_s) ? core::clock(progress.left_s) + " left" : "";
}

std::uint64_t samples_per_s(const schedule::RunProgress& progress) {
    return static_cast<std::uint64_t>(std::llround(std::max(0.0, progress.samples_per_s)));
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

/// As many of the parts as fit, from the first on: no number is cut, unless not even the first part fits.
std::string fitting(const std::vector<std::string>& parts, std::size_t width) {
    std::string text;
    for (const std::string& part : parts) {
        const std::string longer = joined({text, part}, "  ");
        if (core::columns(longer) > width) return text.empty() ? core::clipped(longer, width) : text;
        text = longer;
    }
    return text;
}

std::string loss_text(double loss) {
    return std::isnan(loss) ? "" : fmt::format("loss {}", core::number(loss, 4));
}

std::string score_text(const schedule::RunProgress& progress, double score, std::string_view validation) {
    if (std::isnan(score)) return "";
    if (progress.score == nullptr || progress.score->unit == task::Unit::share)
        return fmt::format("{} {}", validation, core::percent(score));
    return fmt::format("{} {} {:.4g}", validation, progress.score->title, score);
}

std::string training_text(const schedule::RunProgress& progress, double loss, double score,
                          std::string_view validation = "validation") {
    return joined({loss_text(loss), score_text(progress, score, validation)}, "  ");
}

/// The whole run in one line, in the widest form that fits.
std::string run_line(const schedule::RunProgress& progress, std::size_t width, bool line_per_rank) {
    constexpr std::size_t bar_width = 20;
    const double loss = mean(progress, &schedule::RankProgress::loss);
    const double score = mean(progress, &schedule::RankProgress::validation_score);
    const auto all_ranks = [&](std::string_view validation) {
        return line_per_rank ? "" : joined({epochs(progress), training_text(progress, loss, score, validation)}, "  ");
    };
    const std::string done =
        fmt::format("{} of {} done", progress.members_done, core::counted(progress.members, "member"));
    const std::string ratio = fmt::format("{}/{}", progress.members_done, progress.members);
    const std::string share = core::percent(progress.fraction, 0);
    const std::string rate = core::grouped(samples_per_s(progress));
    const std::string left = left_text(progress);
    const std::array<std::string, 3> forms{
        joined({done, bar(progress.fraction, bar_width), core::right(share, 5), all_ranks("validation"),
                rate + " samples/s", left},
               "  "),
        joined({done, share, all_ranks("validation"), rate + " samples/s", left}, "  "),
        joined({ratio + " members", share, all_ranks("val"), rate + "/s", left}, "  ")};
    for (const std::string& form : forms) {
        if (core::columns(form) <= width) return form;
    }
    std::vector<std::string> parts{ratio, share, left};
    if (!line_per_rank)
        parts.insert(parts.end(), {epochs(progress), score_text(progress, score, "val"), loss_text(loss)});
    return fitting(parts, width);
}

/// One rank in one line, in the widest form that fits.
std::string rank_line(std::size_t index, const schedule::RankProgress& rank, const schedule::RunProgress& progress,
                      std::size_t width) {
    const std::size_t rank_digits = std::to_string(progress.ranks.size() - 1).size();
    const std::string name = fmt::format("rank {:>{}}", index, rank_digits);
    if (rank.lost) return core::clipped(name + "  is lost", width);
    if (!rank.training) return core::clipped(name + "  waits for the others", width);
    const std::size_t member_digits = std::to_string(progress.members - 1).size();
    const std::size_t epoch_digits = std::to_string(progress.epochs).size();
    const std::string member = fmt::format("member {:>{}}", rank.member, member_digits);
    const std::string epoch =
        fmt::format("epoch {:>{}}/{}", rank.epoch, epoch_digits, rank.epochs > 0 ? rank.epochs : progress.epochs);
    std::string full = joined({name, member, epoch, training_text(progress, rank.loss, rank.validation_score)}, "  ");
    if (core::columns(full) <= width) return full;
    return fitting({name, member, epoch, score_text(progress, rank.validation_score, "val"), loss_text(rank.loss)},
                   width);
}

}  // namespace

std::vector<std::string> live_lines(const schedule::RunProgress& progress, const Terminal& terminal) {
    constexpr std::size_t most_lines = 16;
    // The last column stays free: a full line makes some terminals wrap. Below, there is room for what came before.
    const std::size_t width = std::max<std::size_t>(terminal.columns, 2) - 1;
    const std::size_t ranks = progress.ranks.size();
    const bool line_per_rank = ranks > 1 && ranks <= most_lines && ranks + 4 <= terminal.rows;
    std::vector<std::string> lines{run_line(progress, width, line_per_rank)};
    for (std::size_t rank = 0; line_per_rank && rank < ranks; ++rank) {
        lines.push_back(rank_line(rank, progress.ranks[rank], progress, width));
    }
    return lines;
}

std::string log_line(const schedule::RunProgress& progress) {
    const std::string left = left_text(progress);
    return joined({fmt::format("{} of {} done", progress.members_done, core::counted(progress.members, "member")),
                   core::percent(progress.fraction, 0), epochs(progress),
                   training_text(progress, mean(progress, &schedule::RankProgress::loss),
                                 mean(progress, &schedule::RankProgress::validation_score)),
                   core::grouped(samples_per_s(progress)) + " samples/s", left.empty() ? "" : "about " + left},
                  "  ");
}

}  // namespace ensemble::report
