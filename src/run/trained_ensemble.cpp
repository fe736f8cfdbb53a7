#include "run/trained_ensemble.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/variation.hpp"
#include "core/error.hpp"
#include "run/read_json.hpp"
#include "run/stored_networks.hpp"
#include "store/member_file.hpp"
#include "store/model_file.hpp"
#include "store/run_directory.hpp"
#include "train/member_state.hpp"

namespace ensemble::run {
namespace {

using core::fail;
using core::Failure;

/// What the analysis of the run has found, as summary.json tells.
struct Findings {
    analysis::Weights weights;  ///< of each combination
    std::optional<double> temperature;
};

Findings read_findings(const FinishedRun& run) {
    return read_json(run.directory().summary(), [&](const nlohmann::json& json) {
        Findings findings;
        for (const analysis::Combination* each : analysis::combinations_of(run.study().task->kind)) {
            const nlohmann::json& own = json.at("ensemble").at(std::string(each->name));
            findings.weights.push_back(own.contains("weights") ? own.at("weights").get<std::vector<double>>()
                                                               : std::vector<double>{});
        }
        if (run.options().calibrate == analysis::Calibrate::temperature)
            findings.temperature = json.at("calibration").at("temperature").get<double>();
        return findings;
    });
}

/// With a loss that says nothing of variances these are the same for all rows: those of any row that the member
/// predicted.
std::vector<float> variances_of(const FinishedRun& run, std::uint32_t member) {
    const analysis::Study& study = run.study();
    const std::size_t width = study.width();
    const std::vector<float> predictions = run.reader()(study.test, std::span(&member, 1), 0, 1);
    std::vector<float> variances;
    for (std::size_t target = 0; target < study.targets; ++target)
        variances.push_back(predictions.at(target * (width / study.targets) + 1));
    return variances;
}

predict::Member load_member(const FinishedRun& run, const store::ModelMember& entry, const model::Network& network,
                            float background) {
    const std::filesystem::path path = run.directory().member(entry.index);
    const train::MemberState state = store::load_member_of(path, entry.sha256);
    predict::Member member{.index = entry.index,
                           .network = entry.network,
                           .parameters = train::predicting_parameters(state),
                           .statistics = train::predicting_statistics(state)};
    if (member.parameters.size() != network.buffer_size() || member.statistics.size() != network.statistics_size()) {
        fail(Failure::data, "'{}' does not hold parameters of the network that model.json names: train the run again",
             path.string());
    }
    const config::Options options = config::options_of_member(run.options(), entry.index);
    for (const data::FeatureRange& range : entry.hidden) {
        for (std::size_t i = 0; i < range.count; ++i)
            member.hidden_features.push_back(static_cast<std::uint32_t>(range.first + i));
    }
    member.masks = train::evaluation_masks(options.training, options.seed, entry.index);
    if (options.augmentation.any() && options.test_views > 1) {
        member.views = {.count = options.test_views,
                        .augmentation = options.augmentation,
                        .background = background,
                        .seed = options.seed,
                        .member = entry.index};
    }
    if (run.study().task->complete != nullptr) member.variances = variances_of(run, entry.index);
    return member;
}

/// What a number that is read as 0 is to the networks: how images go on beyond their border.
float background_of(const data::Pipeline& pipeline) {
    const std::vector<double> zeros(pipeline.input_shape().elements());
    std::vector<float> seen(pipeline.shape().elements());
    pipeline.apply(zeros, seen.data(), seen.size());
    return seen.front();
}

}  // namespace

TrainedEnsemble::TrainedEnsemble(const FinishedRun& run) : model_(store::read_model(run.directory().model())) {
    const analysis::Study& study = run.study();
    if (model_.task != study.task || model_.targets != study.targets) {
        fail(Failure::data, "'{}' and '{}' are not of one run: copy the run again", run.directory().model().string(),
             run.directory().summary().string());
    }
    ensemble_.task = study.task;
    ensemble_.targets = study.targets;
    ensemble_.scale = model_.target_scale;
    ensemble_.shape = pipeline().shape();
    ensemble_.prepare = [this](std::span<const double> raw, std::size_t, float* out) {
        pipeline().apply(raw, out, ensemble_.shape.elements());
    };
    Findings findings = read_findings(run);
    ensemble_.combine = analysis::find_combination(study.task->kind, run.options().combine);
    ensemble_.weights = std::move(findings.weights);
    ensemble_.temperature = findings.temperature;
    ensemble_.networks = stored_networks(model_, run.directory().model());
    const analysis::Committee committee = run.committee();
    for (const std::uint32_t index : committee.members) {
        const auto entry = std::ranges::find(model_.members, index, &store::ModelMember::index);
        if (entry == model_.members.end() || entry->network >= ensemble_.networks.size()) {
            fail(Failure::data, "'{}' does not name member {} of the run: copy the run again",
                 run.directory().model().string(), index);
        }
        ensemble_.members.push_back(
            load_member(run, *entry, ensemble_.networks[entry->network], background_of(pipeline())));
    }
    columns_.assign(pipeline().columns().begin(), pipeline().columns().end());
    for (std::size_t i = columns_.size(); i < input_width(); ++i)
        columns_.push_back({.name = fmt::format("column {}", i + 1)});
    const store::DataSummary& data = run.summary().data;
    for (std::size_t label = 0; label < data.classes; ++label) class_names_.push_back(data.class_name(label));
    const bool is_everywhere = model_.ranges.size() == 1;
    for (std::size_t i = 0; i < columns_.size() && (is_everywhere || model_.ranges.size() == columns_.size()); ++i) {
        const store::ValueRange& range = model_.ranges[is_everywhere ? 0 : i];
        ranges_.push_back({.name = columns_[i].name, .low = range.low, .high = range.high});
    }
    held_out_ = predict::read_held_out_rows(study, committee, run.reader(), ensemble_);
}

}  // namespace ensemble::run
