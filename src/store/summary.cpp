#include "store/summary.hpp"

#include <limits>

#include <nlohmann/json.hpp>

namespace store {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ensemble::Scores& scores) {
    return {{"accuracy", scores.accuracy}, {"nll", scores.nll}, {"brier", scores.brier}, {"ece", scores.ece}};
}

Json json_of(const DataSummary& data) {
    Json json{{"name", data.name}, {"sha256", data.sha256}, {"train", data.train},    {"validation", data.validation},
              {"test", data.test}, {"shape", data.shape},   {"classes", data.classes}};
    if (!data.class_names.empty()) json["class_names"] = data.class_names;
    return json;
}

Json json_of(const ensemble::Gain& gain) {
    return {{"accuracy", gain.accuracy}, {"ci95", {gain.ci95.low, gain.ci95.high}}};
}

Json json_of(const ensemble::PairedGain& paired) {
    Json json = json_of(paired.gain);
    json["p_value"] = paired.p_value;
    json["only_ensemble"] = paired.only_ensemble;
    json["only_member"] = paired.only_member;
    return json;
}

Json json_of(const ensemble::MemberResult& member) {
    // A member that is set aside has no scores: null, so that nobody averages zeros.
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const bool healthy = member.quarantine.empty();
    return {{"index", member.index},
            {"parameters", member.parameters},
            {"epochs", member.epochs},
            {"train_s", member.train_s},
            {"validation", {{"loss", member.validation_loss}, {"accuracy", member.validation_accuracy}}},
            {"test", json_of(healthy ? member.test : ensemble::Scores{none, none, none, none})},
            {"quarantine", healthy ? Json(nullptr) : Json(member.quarantine)}};
}

Json gains(const ensemble::Gain& over_mean, const ensemble::PairedGain& over_best) {
    return {{"over_mean_member", json_of(over_mean)}, {"over_best_member", json_of(over_best)}};
}

Json json_of(const Timing& timing) {
    return {{"ranks", timing.ranks},
            {"wall_s", timing.wall_s},
            {"startup_s", timing.startup_s},
            {"train_s", timing.train_s},
            {"combine_s", timing.combine_s},
            {"idle_fraction", timing.idle_fraction},
            {"communication_fraction", timing.communication_fraction},
            {"samples_per_s", timing.samples_per_s},
            {"idle_s", timing.idle_s},
            {"efficiency", timing.efficiency},
            {"efficiency_bound", timing.efficiency_bound},
            {"coordination_s", timing.coordination_s}};
}

}  // namespace

std::string to_json(const Summary& summary) {
    const ensemble::EnsembleResult& result = summary.ensemble;
    const DataSummary& data = summary.data;

    Json members = Json::array();
    for (const ensemble::MemberResult& member : summary.members) members.push_back(json_of(member));

    const Json average_gains = gains(result.average_over_mean, result.average_over_best);
    const Json vote_gains = gains(result.vote_over_mean, result.vote_over_best);
    const bool averages = summary.combine == ensemble::Combination::average;
    Json gain = averages ? average_gains : vote_gains;
    gain["combine"] = averages ? "average" : "vote";
    gain["average"] = average_gains;
    gain["vote"] = vote_gains;

    Json json{{"program",
               {{"version", summary.program.version}, {"build", summary.program.build}, {"cpu", summary.program.cpu}}},
              {"config", Json::parse(summary.config)},
              {"data", json_of(data)},
              {"members", members},
              {"ensemble",
               {{"average", json_of(result.average)},
                {"vote", {{"accuracy", result.vote_accuracy}}},
                {"mean_member", json_of(result.mean_member)},
                {"best_member", {{"index", result.best_member}, {"test", json_of(result.best_member_test)}}}}},
              {"gain", gain},
              {"timing", json_of(summary.timing)}};
    if (summary.partial) json["partial"] = true;
    if (!summary.missing.empty()) json["missing"] = summary.missing;
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace store
