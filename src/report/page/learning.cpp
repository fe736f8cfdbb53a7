#include <algorithm>
#include <cmath>
#include <map>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// A curve over epochs: mean, least and largest of the members that have the epoch.
struct Band {
    double mean = 0;
    double low = 0;
    double high = 0;
};

using Field = double Epoch::*;

/// By epoch, of the members of the ensemble. What is not finite is left out; nothing where nobody has a value.
std::map<std::uint32_t, Band> bands(const Source& source, Field field) {
    std::map<std::uint32_t, std::vector<double>> values;
    for (const Epoch& line : source.epochs()) {
        if (std::isfinite(line.*field)) values[line.epoch].push_back(line.*field);
    }
    std::map<std::uint32_t, Band> curve;
    for (const auto& [epoch, here] : values) {
        double sum = 0;
        for (const double value : here) sum += value;
        const auto [low, high] = std::ranges::minmax(here);
        curve[epoch] = {.mean = sum / static_cast<double>(here.size()), .low = low, .high = high};
    }
    return curve;
}

/// Epochs that are drawn: all, or so many of them, evenly, with the first and the last.
std::vector<std::uint32_t> drawn_epochs(const std::map<std::uint32_t, Band>& curve) {
    constexpr std::size_t most = 150;
    std::vector<std::uint32_t> all;
    for (const auto& [epoch, band] : curve) all.push_back(epoch);
    if (all.size() <= most) return all;
    std::vector<std::uint32_t> some;
    for (std::size_t i = 0; i < most; ++i) some.push_back(all[i * (all.size() - 1) / (most - 1)]);
    return some;
}

Curve curve_of(const std::map<std::uint32_t, Band>& bands, std::string name, std::size_t look) {
    Curve curve{.name = std::move(name), .look = look};
    for (const std::uint32_t epoch : drawn_epochs(bands)) {
        const Band& band = bands.at(epoch);
        curve.points.push_back({static_cast<double>(epoch), band.mean, band.low, band.high});
    }
    return curve;
}

Table curves_table(const Source& source, const std::map<std::uint32_t, Band>& train,
                   const std::map<std::uint32_t, Band>& validation, const std::map<std::uint32_t, Band>& scores) {
    const task::Metric& metric = source.metric();
    Table table{.caption = "Mean of the members, in brackets the least and the largest",
                .columns = {"epoch", "training loss", "validation loss", "validation " + heading(metric)}};
    const auto cell = [](const std::map<std::uint32_t, Band>& curve, std::uint32_t epoch, const auto& show) {
        const auto found = curve.find(epoch);
        if (found == curve.end()) return std::string("–");
        const Band& band = found->second;
        return fmt::format("{} ({} to {})", show(band.mean), show(band.low), show(band.high));
    };
    const auto plain = [](double value) { return shown(value); };
    const auto score = [&](double value) { return shown(metric, value); };
    for (const std::uint32_t epoch : drawn_epochs(train)) {
        table.rows.push_back({std::to_string(epoch), cell(train, epoch, plain), cell(validation, epoch, plain),
                              cell(scores, epoch, score)});
    }
    return table;
}

/// What the curves say: where the validation loss was least, and what has become of it since.
Markup course(const std::map<std::uint32_t, Band>& validation) {
    if (validation.empty()) return {};
    const auto least = std::ranges::min_element(validation, {}, [](const auto& entry) { return entry.second.mean; });
    const auto& [last_epoch, last] = *validation.rbegin();
    if (least->first == last_epoch) {
        return paragraph(
            Markup::format("The members’ mean validation loss fell until the last epoch, to {}: longer "
                           "training may improve them.",
                           shown(last.mean)));
    }
    return paragraph(
        Markup::format("The members’ mean validation loss was least after epoch {}, {}; after epoch {}, the "
                       "last, it is {}.",
                       least->first, shown(least->second.mean), last_epoch, shown(last.mean)));
}

}  // namespace

Markup learning_section(const Source& source) {
    const auto train = bands(source, &Epoch::train_loss);
    const auto validation = bands(source, &Epoch::validation_loss);
    const auto scores = bands(source, &Epoch::validation_score);
    if (train.empty()) return {};
    const task::Metric& metric = source.metric();
    const bool share = metric.unit == task::Unit::share;
    std::vector<Panel> panels{{.x = "epoch", .y = "loss", .curves = {curve_of(train, "training", 1)}}};
    if (!validation.empty()) panels.front().curves.push_back(curve_of(validation, "validation", 0));
    if (!scores.empty()) {
        panels.push_back({.x = "epoch",
                          .y = fmt::format("{} on the validation rows{}", heading(metric), share ? ", %" : ""),
                          .y_is_share = share,
                          .curves = {curve_of(scores, "validation", 0)}});
    }
    return course(validation) +
           element(Figure{.chart = "curves",
                          .title = fmt::format("Loss and {}, epoch by epoch", heading(metric)),
                          .note = Markup::format("Lines are means over the members, bands reach from the least to the "
                                                 "largest of them. The training loss is that of batches with dropout."),
                          .data = curves_data(panels),
                          .table = curves_table(source, train, validation, scores)});
}

}  // namespace ensemble::report
