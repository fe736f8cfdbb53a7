#include "run/trained_model_of.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "analysis/combination.hpp"
#include "config/configuration.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "run/read_json.hpp"
#include "run/stored_networks.hpp"
#include "store/file.hpp"
#include "store/member_file.hpp"
#include "store/model_file.hpp"
#include "store/npy.hpp"
#include "store/run_state.hpp"
#include "train/predictor.hpp"

namespace ensemble::run {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Failure;

void require_finished(const store::RunDirectory& run) {
    const std::string path = run.path().string();
    switch (store::state_of_run(run.path())) {
        case store::RunState::finished:
            return;
        case store::RunState::begun:
            fail(
                Failure::usage,
                "'{}' holds a run that is not finished (no summary.json); go on with it: ensemble_train --resume --out "
                "{}",
                path, path);
        case store::RunState::none:
            fail(Failure::usage, "'{}' holds no run of ensemble_train", path);
    }
}

config::Options options_of(const store::RunDirectory& run) {
    const std::vector<std::byte> bytes = store::read_file(run.configuration());
    config::Options options;
    config::apply_configuration(options, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                                run.configuration().string());
    return options;
}

/// The members asked for.
std::vector<store::ModelMember> chosen_members(const store::RunDirectory& run, const store::Model& model,
                                               std::optional<std::uint32_t> member) {
    if (!member) return model.members;
    const auto found = std::ranges::find(model.members, *member, &store::ModelMember::index);
    if (found != model.members.end()) return {*found};
    std::vector<std::uint32_t> there;
    for (const store::ModelMember& each : model.members) there.push_back(each.index);
    fail(Failure::usage, "--member {}: the ensemble in '{}' has no such member; it has {}", *member,
         run.path().string(), fmt::join(there, ", "));
}

void check(const train::MemberState& state, std::uint32_t index, const model::Network& network, const fs::path& file) {
    const train::Weights weights = train::weights_of(state);
    const bool fits = state.member == index && state.finished && state.excluded.empty() &&
                      weights.parameters.size() == network.buffer_size() &&
                      weights.statistics.size() == network.statistics_size();
    if (!fits) {
        fail(Failure::data,
             "'{}' does not hold the trained member {} of this run, a network {}; restore it from a copy, or train the "
             "run again",
             file.string(), index, network.text());
    }
    const auto is_number = [](float value) { return std::isfinite(value); };
    if (!std::ranges::all_of(weights.parameters, is_number) || !std::ranges::all_of(weights.statistics, is_number))
        fail(Failure::data, "'{}' holds parameters that are no numbers", file.string());
}

/// Where outputs have no variance: what any row's prediction says.
std::vector<double> variances_of(const store::RunDirectory& run, const store::Model& model, std::uint32_t index) {
    if (model.task->complete == nullptr) return {};
    const fs::path file = run.evaluation_set("test") / fmt::format("{:04}.npy", index);
    const store::Matrix<float> rows = store::floats_from_npy(store::read_file(file), file.string());
    if (rows.rows == 0 || rows.columns != 2 * model.targets)
        fail(Failure::data, "'{}' does not hold means and variances of {} numbers", file.string(), model.targets);
    std::vector<double> variances;
    for (std::size_t target = 0; target < model.targets; ++target) variances.push_back(rows.values[2 * target + 1]);
    return variances;
}

exchange::TrainedMember read_member(const store::RunDirectory& run, const store::Model& model,
                                    const store::ModelMember& member, const model::Network& network) {
    const fs::path file = run.member(member.index);
    const train::MemberState state = store::load_member_of(file, member.sha256);
    check(state, member.index, network, file);
    const train::Weights weights = train::weights_of(state);
    exchange::TrainedMember result{
        .index = member.index, .network = member.network, .parameters = {}, .statistics = {}};
    result.parameters.assign(weights.parameters.begin(), weights.parameters.end());
    result.statistics.assign(weights.statistics.begin(), weights.statistics.end());
    for (const data::FeatureRange& range : member.hidden) {
        for (std::size_t feature = range.first; feature < range.first + range.count; ++feature)
            result.hidden_features.push_back(static_cast<std::uint32_t>(feature));
    }
    result.variances = variances_of(run, model, member.index);
    return result;
}

/// How the run combines its members in predictions.npy.
struct Combining {
    std::vector<double> weights;
    std::optional<double> temperature;
};

void read_combination(const store::RunDirectory& run, const config::Options& options, exchange::TrainedModel& model) {
    const auto combining = read_json(run.summary(), [&](const nlohmann::json& json) {
        Combining read;
        const nlohmann::json& chosen = json.at("ensemble").at(options.combine);
        if (chosen.contains("weights")) read.weights = chosen.at("weights").get<std::vector<double>>();
        if (options.calibrate == analysis::Calibrate::temperature)
            read.temperature = json.at("calibration").at("temperature").get<double>();
        return read;
    });
    model.combination = options.combine;
    model.weights = combining.weights;
    model.temperature = combining.temperature;
    if (!model.weights.empty() && model.weights.size() != model.members.size()) {
        fail(Failure::data, "'{}' has {} weights for {} members; was it changed?", run.summary().string(),
             model.weights.size(), model.members.size());
    }
}

std::vector<std::string> notes_of(const config::Options& options) {
    std::vector<std::string> notes;
    if (options.test_views > 1) {
        notes.push_back(fmt::format(
            "the run predicted means over {} distorted copies of each image (--tta); what is exported sees each once",
            options.test_views));
    }
    if (options.training.evaluate_with_dropout)
        notes.emplace_back("the run predicted with dropout left on; what is exported has none");
    return notes;
}

/// Names of classes, which are the numbers of their labels where they have no others.
std::vector<std::string> class_names_of(const store::Model& model) {
    std::vector<std::string> names = model.class_names;
    if (model.task->kind != task::Kind::classification) return {};
    for (std::size_t label = names.size(); label < model.targets; ++label) names.push_back(fmt::format("{}", label));
    return names;
}

}  // namespace

HandedOn trained_model_of(const store::RunDirectory& run, std::optional<std::uint32_t> member) {
    require_finished(run);
    const config::Options options = options_of(run);
    const store::Model stored = store::read_model(run.model());
    HandedOn result{.model = {}, .notes = notes_of(options)};
    exchange::TrainedModel& model = result.model;
    model.task = stored.task;
    model.targets = stored.targets;
    model.networks = stored_networks(stored, run.model());
    std::string digests;
    for (const store::ModelMember& each : chosen_members(run, stored, member)) {
        model.members.push_back(read_member(run, stored, each, model.networks.at(each.network)));
        digests += each.sha256;
    }
    model.run = core::hex(core::sha256(std::as_bytes(std::span(digests))));
    model.scale = stored.target_scale;
    model.pipeline = stored.pipeline;
    model.class_names = class_names_of(stored);
    if (stored.task->kind == task::Kind::regression) model.target_names = stored.target_names;
    model.version = stored.program;
    if (member) {
        model.combination = analysis::combinations_of(stored.task->kind).front()->name;
    } else {
        read_combination(run, options, model);
    }
    return result;
}

}  // namespace ensemble::run
