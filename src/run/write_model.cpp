#include "run/write_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "run/machine.hpp"
#include "store/file.hpp"
#include "store/model_file.hpp"
#include "train/hidden_features.hpp"
#include "train/predictor.hpp"

namespace ensemble::run {
namespace {

/// Ascending features as stretches of them.
std::vector<data::FeatureRange> ranges_of(std::span<const std::uint32_t> features) {
    std::vector<data::FeatureRange> ranges;
    for (const std::uint32_t feature : features) {
        const bool goes_on = !ranges.empty() && ranges.back().first + ranges.back().count == feature;
        if (goes_on) {
            ++ranges.back().count;
        } else {
            ranges.push_back({.first = feature, .count = 1});
        }
    }
    return ranges;
}

/// Of each column of a table over the training rows, as it was read; nothing of other data.
std::vector<store::ValueRange> column_ranges(const config::Experiment& experiment) {
    const data::View rows = data::train_view(experiment.source(), experiment.split());
    if (rows.table->encoder() == nullptr) return {};
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const std::vector<bool> measures = rows.table->encoder()->measures();
    std::vector<store::ValueRange> ranges(measures.size(), {.low = none, .high = none});
    for (const std::uint32_t row : rows.rows) {
        const std::span<const double> values = rows.table->stored_row(row);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!measures[i]) continue;
            ranges[i].low = std::fmin(ranges[i].low, values[i]);  // of numbers that are there
            ranges[i].high = std::fmax(ranges[i].high, values[i]);
        }
    }
    return ranges;
}

}  // namespace

void write_model(const config::Experiment& experiment, const schedule::Trained& trained,
                 const store::RunDirectory& directory) {
    const data::Source& source = experiment.source();
    if (source.pipeline == nullptr) core::fail(core::Failure::run, "what is done to rows is not known");
    store::Model model{.program = describe_program().version,
                       .task = &experiment.task(),
                       .targets = experiment.targets(),
                       .class_names = source.class_names,
                       .target_names = source.target_names,
                       .target_scale = source.target_scale,
                       .evaluation_batch = train::evaluation_batch,
                       .networks = {},
                       .pipeline = *source.pipeline,
                       .ranges = column_ranges(experiment),
                       .members = {}};
    for (const std::string& name : {source.weight_name, source.group_name}) {
        if (!name.empty()) model.columns_aside.push_back(name);
    }
    for (const model::Network& network : experiment.networks()) model.networks.push_back(network.full_text());
    for (const analysis::MemberResult& member : trained.coordinator->results()) {
        if (!member.is_included()) continue;
        const train::MemberSpec spec = experiment.member(member.index);
        const auto file = store::read_file(directory.member(member.index));
        const auto network = static_cast<std::size_t>(spec.network - experiment.networks().data());
        model.members.push_back({.index = member.index,
                                 .network = network,
                                 .sha256 = core::hex(core::sha256(file)),
                                 .digest = experiment.digest_of(member.index),
                                 .hidden = ranges_of(train::hidden_features(
                                     spec.problem, spec.network->input().elements(), member.index))});
    }
    store::write_model(directory.model(), model);
}

}  // namespace ensemble::run
