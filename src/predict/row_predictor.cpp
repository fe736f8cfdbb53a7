#include "predict/row_predictor.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "analysis/temperature.hpp"
#include "analysis/uncertainty.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/dataset.hpp"
#include "predict/row_names.hpp"
#include "task/score.hpp"

namespace ensemble::predict {
namespace {

/// Rows that are called by their names.
class NamedRows final : public data::RowMaker {
public:
    NamedRows(const data::Table& table, std::span<const std::uint32_t> names, std::size_t first)
        : table_(table), names_(names), first_(first) {}

    void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const override {
        std::vector<std::uint32_t> places;
        for (const std::uint32_t name : chosen)
            places.push_back(static_cast<std::uint32_t>(
                first_ + static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin())));
        table_.gather(places, out, stride);
    }

private:
    const data::Table& table_;
    std::span<const std::uint32_t> names_;  ///< all different
    std::size_t first_;                     ///< the row that the first of them names
};

/// Predicts rows for which something is drawn: by their names, in batches whose names differ.
void predict_named(train::Predictor& predictor, const train::Weights& weights, const data::Table& table,
                   std::span<const std::uint32_t> names, std::span<float> out) {
    const std::size_t width = out.size() / names.size();
    for (std::size_t first = 0; first < names.size();) {
        std::size_t count = 1;
        const auto is_new = [&](std::uint32_t name) {
            const auto before = names.subspan(first, count);
            return std::ranges::find(before, name) == before.end();
        };
        while (count < train::evaluation_batch && first + count < names.size() && is_new(names[first + count])) ++count;
        const auto own = names.subspan(first, count);
        const NamedRows maker(table, own, first);
        predictor.predict(weights, {.table = &table, .rows = own, .maker = &maker},
                          out.subspan(first * width, count * width));
        first += count;
    }
}

}  // namespace

RowPredictor::RowPredictor(const Ensemble& ensemble, core::ThreadPool* pool, compute::Precision precision)
    : ensemble_(ensemble) {
    core::require(!ensemble.members.empty(), "an ensemble has members");
    std::map<std::size_t, std::size_t> plain;  // predictor of each network, where nothing else is of the member alone
    for (const Member& member : ensemble.members) {
        const bool is_plain = member.hidden_features.empty() && !member.masks && member.views.count <= 1;
        if (const auto found = plain.find(member.network); is_plain && found != plain.end()) {
            predictor_of_.push_back(found->second);
            continue;
        }
        if (is_plain) plain.emplace(member.network, predictors_.size());
        predictor_of_.push_back(predictors_.size());
        const model::Network& network = ensemble.networks.at(member.network);
        predictors_.push_back(std::make_unique<train::Predictor>(
            network, train::PredictorSetup{.task = ensemble.task,
                                           .scale = ensemble.scale,
                                           .hidden_features = member.hidden_features,
                                           .masks = member.masks,
                                           .pool = pool != nullptr && pool->size() > 1 ? pool : nullptr,
                                           .hurries_few_rows = true,
                                           .precision = precision}));
        if (member.views.count > 1) predictors_.back()->use_views(network, member.views);
    }
}

Predictions RowPredictor::predict(std::span<const double> raw, std::size_t rows, std::uint64_t first) {
    core::require(rows > 0, "there are rows to predict");
    features_.resize(rows * ensemble_.shape.elements());
    ensemble_.prepare(raw, rows, features_.data());
    const std::size_t width = ensemble_.width();
    Predictions predictions{.rows = rows,
                            .combined = {},
                            .chosen = {},
                            .votes = {},
                            .uncertainty = {},
                            .members = std::vector<float>(ensemble_.members.size() * rows * width)};
    predict_members(rows, predictions.members);
    require_finite(predictions, first);
    const analysis::Block block{.task = *ensemble_.task,
                                .targets = ensemble_.targets,
                                .members = ensemble_.members.size(),
                                .rows = rows,
                                .predictions = predictions.members,
                                .truth = {}};
    const auto& combination = *analysis::combinations_of(ensemble_.task->kind).at(ensemble_.combine);
    const std::span<const double> weights =
        ensemble_.weights.empty() ? std::span<const double>{} : ensemble_.weights.at(ensemble_.combine);
    analysis::Combined combined = combination.apply(block, weights);
    predictions.combined = std::move(combined.predictions);
    predictions.chosen = std::move(combined.chosen);
    predictions.uncertainty = analysis::uncertainties(block);
    if (ensemble_.temperature) {
        predictions.combined =
            analysis::at_temperature(predictions.combined, ensemble_.targets, *ensemble_.temperature);
    }
    if (ensemble_.task->kind != task::Kind::classification) return predictions;
    predictions.votes.assign(rows, 0);
    for (std::size_t member = 0; member < block.members; ++member) {
        const auto own = task::most_probable(block.of(member), width);
        for (std::size_t row = 0; row < rows; ++row) predictions.votes[row] += own[row] == predictions.chosen[row];
    }
    return predictions;
}

void RowPredictor::predict_members(std::size_t rows, std::span<float> out) {
    const task::Task& task = *ensemble_.task;
    const bool classes = task.kind == task::Kind::classification;
    no_truth_.resize(rows * (classes ? 1 : ensemble_.targets), 0.0F);
    const auto bytes_of = [](const core::Buffer<float>& values) {
        return data::SharedBytes{.owner = nullptr, .bytes = std::as_bytes(std::span(values))};
    };
    const data::Table table({.task = task.kind,
                             .element = data::Element::f32,
                             .shape = ensemble_.shape,
                             .rows = rows,
                             .outputs = ensemble_.targets},
                            bytes_of(features_), bytes_of(no_truth_));
    numbers_.resize(rows);
    std::iota(numbers_.begin(), numbers_.end(), 0U);
    const std::size_t width = ensemble_.width();
    std::vector<std::uint32_t> names;
    for (std::size_t i = 0; i < ensemble_.members.size(); ++i) {
        const Member& member = ensemble_.members[i];
        const auto own = out.subspan(i * rows * width, rows * width);
        const train::Weights weights{.parameters = member.parameters, .statistics = member.statistics};
        train::Predictor& predictor = *predictors_[predictor_of_[i]];
        if (member.masks || member.views.count > 1) {
            if (names.empty()) names = row_names(features_, rows);
            predict_named(predictor, weights, table, names, own);
        } else {
            predictor.predict(weights, {.table = &table, .rows = numbers_, .maker = nullptr}, own);
        }
        for (std::size_t target = 0; target < member.variances.size(); ++target) {
            for (std::size_t row = 0; row < rows; ++row)
                own[row * width + target * task.predicted + 1] = member.variances[target];
        }
    }
}

void RowPredictor::require_finite(const Predictions& predictions, std::uint64_t first) const {
    const auto found = std::ranges::find_if(predictions.members, [](float value) { return !std::isfinite(value); });
    if (found == predictions.members.end()) return;
    const std::size_t each = predictions.rows * ensemble_.width();
    const auto place = static_cast<std::size_t>(found - predictions.members.begin());
    core::fail(core::Failure::data,
               "row {}: member {} predicts what is no number, since the row lies far beyond what training saw; look at "
               "its values",
               first + place % each / ensemble_.width() + 1, ensemble_.members[place / each].index);
}

}  // namespace ensemble::predict
