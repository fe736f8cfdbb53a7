#include "predict/scoring.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "analysis/results.hpp"
#include "core/wire.hpp"

namespace ensemble::predict {
namespace {

/// The rows of which everything is known.
std::vector<std::size_t> known_rows(std::span<const double> truth, std::size_t rows) {
    std::vector<std::size_t> known;
    const std::size_t width = rows == 0 ? 0 : truth.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto own = truth.subspan(row * width, width);
        if (std::ranges::all_of(own, [](double value) { return std::isfinite(value); })) known.push_back(row);
    }
    return known;
}

/// The truth of those rows; of all others nothing is known.
std::vector<double> truth_of(std::span<const std::size_t> known, std::span<const double> truth, std::size_t rows) {
    const std::size_t width = truth.size() / rows;
    std::vector<double> all(truth.size(), std::numeric_limits<double>::quiet_NaN());
    for (const std::size_t row : known)
        std::copy_n(truth.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                    all.begin() + static_cast<std::ptrdiff_t>(row * width));
    return all;
}

}  // namespace

std::vector<std::byte> Scoring::measure(const Predictions& predictions, std::span<const double> truth) const {
    const Ensemble& ensemble = *ensemble_;
    const std::vector<std::size_t> rows = known_rows(truth, predictions.rows);
    if (rows.empty()) return {};
    const std::size_t width = ensemble.width();
    std::vector<float> members;
    for (std::size_t member = 0; member < ensemble.members.size(); ++member) {
        for (const std::size_t row : rows) {
            const auto own = std::span(predictions.members).subspan((member * predictions.rows + row) * width, width);
            members.insert(members.end(), own.begin(), own.end());
        }
    }
    const bool classes = ensemble.task->kind == task::Kind::classification;
    std::vector<std::int32_t> labels;
    std::vector<float> numbers;
    for (const std::size_t row : rows) {
        if (classes) labels.push_back(static_cast<std::int32_t>(truth[row]));
        for (std::size_t target = 0; !classes && target < ensemble.targets; ++target)
            numbers.push_back(static_cast<float>(truth[row * ensemble.targets + target]));
    }
    const analysis::Block block{.task = *ensemble.task,
                                .targets = ensemble.targets,
                                .members = ensemble.members.size(),
                                .rows = rows.size(),
                                .predictions = members,
                                .truth = {.labels = labels, .numbers = numbers, .targets = ensemble.targets}};
    core::WireWriter writer;
    const BoundsHeld held =
        bounds_ == nullptr ? BoundsHeld{} : bounds_->held(predictions, truth_of(rows, truth, predictions.rows));
    writer(labels), writer(numbers), writer(analysis::to_bytes(analysis::analyse(block, 0, ensemble.weights)));
    writer(held.asked), writer(held.held), writer(held.extent);
    return std::move(writer.bytes);
}

void Scoring::take(std::span<const std::byte> measured) {
    if (measured.empty()) return;
    core::WireReader reader(measured);
    std::vector<std::int32_t> labels;
    std::vector<float> numbers;
    std::vector<std::byte> results;
    BoundsHeld held;
    reader(labels), reader(numbers), reader(results), reader(held.asked), reader(held.held), reader(held.extent);
    held_.add(held);
    blocks_.push_back(analysis::row_results_from_bytes(*ensemble_->task, ensemble_->targets, results));
    rows_ += blocks_.back().rows;
    labels_.insert(labels_.end(), labels.begin(), labels.end());
    numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
}

std::string Scoring::to_json() const {
    nlohmann::ordered_json json{{"rows", rows_}};
    if (rows_ == 0) return json.dump();
    analysis::RowResults all = analysis::room_for(*ensemble_->task, ensemble_->targets, rows_);
    std::size_t first = 0;
    for (const analysis::RowResults& block : blocks_) {
        all.place(first, block);
        first += block.rows;
    }
    const task::Truth truth{.labels = labels_, .numbers = numbers_, .targets = ensemble_->targets};
    const task::Scores scores =
        analysis::combination_scores(*ensemble_->task, ensemble_->targets, all, truth).at(ensemble_->combine);
    const auto metrics = ensemble_->task->metrics();
    for (std::size_t i = 0; i < metrics.size(); ++i)
        json[std::string(metrics[i].name)] = std::isfinite(scores[i]) ? nlohmann::ordered_json(scores[i]) : nullptr;
    if (bounds_ != nullptr && held_.asked > 0) {
        const auto asked = static_cast<double>(held_.asked);
        const bool classes = ensemble_->task->kind == task::Kind::classification;
        const double extent = held_.extent / asked;
        json[classes ? "sets" : "intervals"] = {
            {"level", bounds_->level()},
            {"coverage", static_cast<double>(held_.held) / asked},
            {classes ? "mean_size" : "mean_width",
             std::isfinite(extent) ? nlohmann::ordered_json(extent) : nlohmann::ordered_json(nullptr)}};
    }
    return json.dump();
}

}  // namespace ensemble::predict
