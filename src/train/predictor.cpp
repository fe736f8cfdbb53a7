#include "train/predictor.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/contract.hpp"
#include "data/split.hpp"
#include "train/objective.hpp"

namespace train {

Weights weights_of(const MemberState& state) {
    return {predicting_parameters(state), predicting_statistics(state)};
}

Predictor::Predictor(const model::Network& network, std::vector<std::uint32_t> hidden_features,
                     std::optional<core::RandomStream> masks)
    : buffer_size_(network.buffer_size()),
      statistics_(network.statistics_size()),
      program_(network, batch, model::Program::Purpose::inference),
      hidden_features_(std::move(hidden_features)),
      pass_{.mode = masks ? model::Mode::evaluate_with_dropout : model::Mode::evaluate, .random = masks} {}

template <class Use>
void Predictor::run(const Weights& weights, const data::View& view, Use use) {
    core::require(weights.parameters.size() == buffer_size_ && weights.statistics.size() == statistics_.size(),
                  "weights belong to the network");
    std::ranges::copy(weights.statistics, statistics_.begin());
    for (std::size_t done = 0; done < view.size(); done += batch) {
        // The last batch may be short: the rows behind it keep older values, which nobody reads.
        const auto rows = view.rows.subspan(done, std::min(batch, view.size() - done));
        compute::Rows input = program_.input();
        view.table->gather(rows, input.data, input.stride);
        input.count = rows.size();
        hide(hidden_features_, input);
        model::Pass pass = pass_;
        pass.statistics = statistics_.data();
        program_.forward(weights.parameters.data(), pass);
        compute::Rows output = program_.output();
        output.count = rows.size();
        use(rows, output);
    }
}

void Predictor::predict(const Weights& weights, const data::View& view, std::span<float> out) {
    core::require(out.size() == view.size() * program_.output().width, "there is room for every row's outputs");
    const bool classes = view.table->description().task == data::Task::classification;
    float* next = out.data();
    run(weights, view, [&](std::span<const std::uint32_t>, const compute::Rows& output) {
        if (classes) model::softmax(output);
        for (std::size_t row = 0; row < output.count; ++row) next = std::ranges::copy(output[row], next).out;
    });
}

Predictor::Evaluation Predictor::evaluate(const Weights& weights, const data::View& view) {
    double loss = 0;
    std::size_t hits = 0;
    const bool classes = view.table->description().task == data::Task::classification;
    Objective objective;
    run(weights, view, [&](std::span<const std::uint32_t> rows, const compute::Rows& output) {
        objective.select(*view.table, rows);
        loss += objective.loss(output);
        if (classes) hits += objective.hits(output);
    });
    const auto count = static_cast<double>(view.size());
    return {.loss = loss / count,
            .accuracy = classes ? static_cast<double>(hits) / count : std::numeric_limits<double>::quiet_NaN()};
}

std::optional<core::RandomStream> evaluation_masks(const Hyperparameters& hyperparameters, std::uint64_t seed,
                                                   std::uint32_t member) {
    if (!hyperparameters.evaluate_with_dropout) return std::nullopt;
    return core::RandomStream({.seed = seed, .member = member, .purpose = core::Purpose::evaluate});
}

std::vector<std::uint32_t> hidden_features(std::size_t features, double fraction, std::uint64_t seed,
                                           std::uint32_t member) {
    if (fraction >= 1) return {};
    const std::vector<std::uint32_t> seen = data::choose_features(features, fraction, seed, member);
    std::vector<std::uint32_t> all(features);
    std::iota(all.begin(), all.end(), 0U);
    std::vector<std::uint32_t> hidden;
    std::ranges::set_difference(all, seen, std::back_inserter(hidden));
    return hidden;
}

void hide(std::span<const std::uint32_t> hidden_features, const compute::Rows& batch) {
    if (hidden_features.empty()) return;
    for (std::size_t row = 0; row < batch.count; ++row) {
        const auto items = batch[row];
        for (const std::uint32_t feature : hidden_features) items[feature] = 0.0F;
    }
}

}  // namespace train
