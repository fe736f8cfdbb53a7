#include "run/trained_model_of.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/ranges.h>

#include "config/variation.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "run/read_json.hpp"
#include "store/member_file.hpp"
#include "train/predictor.hpp"

namespace ensemble::run {
namespace {

namespace fs = std::filesystem;

core::Shape shape_of(const FinishedRun& run) {
    const std::vector<std::size_t>& extents = run.summary().data.shape;
    const fs::path file = run.directory().summary();
    double elements = 1;
    for (const std::size_t extent : extents) elements *= static_cast<double>(extent);
    const bool is_whole = elements >= 1 && elements <= static_cast<double>(model::most_parameters);
    if (is_whole && extents.size() == 1) return {extents[0]};
    if (is_whole && extents.size() == 2) return {extents[0], extents[1]};
    if (is_whole && extents.size() == 3) return {extents[0], extents[1], extents[2]};
    core::fail(core::Failure::data, "'{}' gives rows of a shape that no network reads; was it changed?", file.string());
}

/// The members asked for.
std::vector<std::uint32_t> chosen_members(const FinishedRun& run, std::optional<std::uint32_t> member) {
    std::vector<std::uint32_t> members = run.committee().members;
    if (!member) return members;
    if (std::ranges::find(members, *member) == members.end()) {
        core::fail(core::Failure::usage, "--member {}: the ensemble in '{}' has no such member; it has {}", *member,
                   run.directory().path().string(), fmt::join(members, ", "));
    }
    return {*member};
}

/// Reads what is in members' files, network by network.
class Reader {
public:
    explicit Reader(const FinishedRun& run) : run_(run), shape_(shape_of(run)) {}

    exchange::TrainedMember read(std::uint32_t index) {
        exchange::TrainedMember member{.index = index, .network = place_of(index), .parameters = {}, .statistics = {}};
        const fs::path file = run_.directory().member(index);
        const store::StoredMember stored = store::read_member(file);
        check(stored.state, index, networks_[member.network], file);
        const train::Weights weights = train::weights_of(stored.state);
        member.parameters.assign(weights.parameters.begin(), weights.parameters.end());
        member.statistics.assign(weights.statistics.begin(), weights.statistics.end());
        const config::Options options = config::options_of_member(run_.options(), index);
        member.hidden_features = train::hidden_features(shape_.elements(), options.feature_fraction, options.seed,
                                                        config::run_of(run_.options(), index));
        member.variances = variances_of(index);
        digests_ += stored.configuration + core::hex(core::sha256(std::as_bytes(std::span(member.parameters))));
        return member;
    }

    [[nodiscard]] std::vector<model::Network> networks() && { return std::move(networks_); }

    /// Of all that was read.
    [[nodiscard]] std::string digest() const { return core::hex(core::sha256(std::as_bytes(std::span(digests_)))); }

private:
    /// Of a member's network among those met so far.
    std::size_t place_of(std::uint32_t index) {
        const auto& members = run_.summary().members;
        const auto found = std::ranges::find(members, index, &analysis::MemberResult::index);
        const std::string& net = run_.summary().settings.at(static_cast<std::size_t>(found - members.begin())).net;
        for (std::size_t place = 0; place < networks_.size(); ++place)
            if (networks_[place].text() == net) return place;
        networks_.emplace_back(net, shape_, run_.study().task->output_width(run_.study().targets));
        return networks_.size() - 1;
    }

    static void check(const train::MemberState& state, std::uint32_t index, const model::Network& network,
                      const fs::path& file) {
        const train::Weights weights = train::weights_of(state);
        const bool fits = state.member == index && state.finished && state.excluded.empty() &&
                          weights.parameters.size() == network.buffer_size() &&
                          weights.statistics.size() == network.statistics_size();
        if (!fits) {
            core::fail(core::Failure::data,
                       "'{}' does not hold the trained member {} of this run, a network {}; restore it from a copy, or "
                       "train the run again",
                       file.string(), index, network.text());
        }
        const auto is_number = [](float value) { return std::isfinite(value); };
        if (!std::ranges::all_of(weights.parameters, is_number) || !std::ranges::all_of(weights.statistics, is_number))
            core::fail(core::Failure::data, "'{}' holds parameters that are no numbers", file.string());
    }

    /// Where outputs have none: what any row's prediction says.
    [[nodiscard]] std::vector<double> variances_of(std::uint32_t index) const {
        const analysis::Study& study = run_.study();
        if (study.task->complete == nullptr) return {};
        const std::vector<float> row = run_.reader()(study.test, std::span(&index, 1), 0, 1);
        std::vector<double> variances;
        for (std::size_t place = 1; place < row.size(); place += 2) variances.push_back(row[place]);
        return variances;
    }

    const FinishedRun& run_;
    core::Shape shape_;
    std::vector<model::Network> networks_;
    std::string digests_;
};

/// How the run combines its members in predictions.npy.
struct Combining {
    std::vector<double> weights;
    std::optional<double> temperature;
};

void read_combination(const FinishedRun& run, exchange::TrainedModel& model) {
    const config::Options& options = run.options();
    const auto combining = read_json(run.directory().summary(), [&](const nlohmann::json& json) {
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
        core::fail(core::Failure::data, "'{}' has {} weights for {} members; was it changed?",
                   run.directory().summary().string(), model.weights.size(), model.members.size());
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

}  // namespace

HandedOn trained_model_of(const FinishedRun& run, std::optional<std::uint32_t> member) {
    const store::Summary& summary = run.summary();
    HandedOn result{.model = {}, .notes = notes_of(run.options())};
    exchange::TrainedModel& model = result.model;
    model.task = summary.task;
    model.targets = run.study().targets;
    Reader reader(run);
    for (const std::uint32_t index : chosen_members(run, member)) model.members.push_back(reader.read(index));
    model.run = reader.digest();
    model.networks = std::move(reader).networks();
    model.scale = summary.data.target_scale;
    if (summary.task->kind == task::Kind::regression && model.scale.empty()) {
        core::fail(core::Failure::data,
                   "'{}' does not say how the numbers were scaled (data.target_scale): the run is "
                   "of an earlier version; train it again",
                   run.directory().summary().string());
    }
    for (std::size_t label = 0; label < summary.data.classes; ++label)
        model.class_names.push_back(summary.data.class_name(label));
    model.target_names = summary.data.target_names;
    model.version = summary.program.version;
    if (member) {
        model.combination = analysis::combinations_of(summary.task->kind).front()->name;
    } else {
        read_combination(run, model);
    }
    return result;
}

}  // namespace ensemble::run
