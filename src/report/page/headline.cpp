#include <cmath>

#include "core/text.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// What the ensemble that predicts, or one of its references, reaches on the test rows.
double score(const Source& source, std::string_view who, const task::Metric& metric) {
    return number_of(source.at(fmt::format("ensemble/{}/{}", who, metric.name)));
}

/// The gain over the mean and the best member with their evidence, of two members or more.
Markup gain_words(const Source& source) {
    const task::Metric& metric = source.metric();
    const Json& over_mean = source.at("gain/over_mean_member");
    const Json& over_best = source.at("gain/over_best_member");
    const double gain = number_of(at(over_mean, metric.name));
    if (source.included() < 2 || !std::isfinite(gain)) return {};
    const std::string unit = metric.unit == task::Unit::share ? "" : fmt::format(" of {}", heading(metric));
    Markup words = Markup::format("<b>{}</b>{} over the mean member", shown_gain(metric, gain), unit);
    const std::string interval = shown_interval(metric, at(over_mean, "ci95"));
    const std::string of_others = shown_interval(metric, at(over_mean, "ci95_members"));
    if (!interval.empty()) {
        words += Markup::format(" (95 % interval {}", interval);
        if (!of_others.empty()) words += Markup::format("; with other members too {}", of_others);
        words += Markup::format(")");
    }
    const double best_gain = number_of(at(over_best, metric.name));
    if (std::isfinite(best_gain)) {
        words += Markup::format("; <b>{}</b> over member {}, the best on validation data",
                                shown_gain(metric, best_gain), text_of(source.at("ensemble/best_member/index")));
        const std::string of_best = shown_interval(metric, at(over_best, "ci95"));
        const std::string p = shown_p(number_of(at(over_best, "p_value")));
        if (!of_best.empty()) words += Markup::format(" (95 % interval {}", of_best);
        if (!of_best.empty() && !p.empty()) {
            words += Markup::format("; {}, {}", p, source.classifies() ? "McNemar’s exact test" : "paired t test");
        }
        if (!of_best.empty()) words += Markup::format(")");
    }
    return paragraph(words + Markup::format("."));
}

/// Data, members and how they are combined, in one line.
Markup setting(const Source& source) {
    const auto count_at = [&](std::string_view place) {
        const double count = number_of(source.at(place));
        return std::isfinite(count) ? core::grouped(static_cast<std::uint64_t>(count)) : std::string("–");
    };
    Markup words = Markup::format("{}: {} training, {} validation and {} test rows", text_of(source.at("data/name")),
                                  count_at("data/train"), count_at("data/validation"), count_at("data/test"));
    if (source.classifies()) words += Markup::format(", {} classes", source.class_names().size());
    words += Markup::format(" · {}", core::counted(source.included(), "member"));
    if (source.at("stop_when/stopped") == true) {
        words += Markup::format(" of {}, since more would have added less than {} each", count_at("stop_when/planned"),
                                number_of(source.at("stop_when/gain")));
    }
    if (!source.combine().empty()) words += Markup::format(" · combined by {}", source.combine());
    return Markup::format("<p class=\"setting\">{}</p>\n", words);
}

/// Why these may not be the results of the whole ensemble.
Markup reservations(const Source& source) {
    Markup words;
    const Json& missing = source.at("missing");
    if (source.at("partial").is_boolean()) {
        words += Markup::format("The run was stopped before its end: these are results of the members so far. ");
    } else if (missing.is_array() && !missing.empty()) {
        words +=
            Markup::format("The run was stopped and accepted without {}. ", core::counted(missing.size(), "member"));
    }
    for (const MemberRow& member : source.members()) {
        if (member.excluded.empty()) continue;
        words += Markup::format("Member {} is no part of the ensemble: {}. ", member.index, member.excluded);
    }
    return words.empty() ? words : Markup::format("<p class=\"warning\">{}</p>\n", words);
}

/// The most important metrics, each as a large number with that of one member below it.
Markup key_figures(const Source& source) {
    Markup tiles;
    for (const task::Metric& metric : source.task().metrics()) {
        const double value = score(source, source.combine(), metric);
        const double one = score(source, "mean_member", metric);
        if (!metric.in_table || !std::isfinite(value)) continue;
        tiles += Markup::format("<div><dt>{}</dt><dd><b>{}</b><span>mean member {}</span></dd></div>\n",
                                heading(metric), shown(metric, value), shown(metric, one));
    }
    return tiles.empty() ? tiles : Markup::format("<dl class=\"key\">\n{}</dl>\n", tiles);
}

}  // namespace

std::string headline(const Source& source) {
    const task::Metric& metric = source.metric();
    const std::string all = shown(metric, score(source, source.combine(), metric));
    const std::string one = shown(metric, score(source, "mean_member", metric));
    const std::string who = members_as_subject(source.included());
    if (source.included() == 0) return "No member is part of the ensemble";
    if (source.classifies()) {
        if (source.included() == 1) return fmt::format("One member is right on {} of the test rows", all);
        return fmt::format("{} are right on {} of the test rows, one alone on {}", who, all, one);
    }
    if (source.included() == 1) return fmt::format("One member predicts with {} {}", heading(metric), all);
    return fmt::format("{} together predict with {} {}, one alone with {}", who, heading(metric), all, one);
}

Markup lead(const Source& source) {
    return gain_words(source) + reservations(source) + key_figures(source) + setting(source);
}

}  // namespace ensemble::report
