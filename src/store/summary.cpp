#include "store/summary.hpp"

#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

namespace ensemble::store {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const analysis::Scores& scores) {
    return {{"accuracy", scores.accuracy}, {"nll", scores.nll}, {"brier", scores.brier}, {"ece", scores.ece}};
}

Json json_of(const DataSummary& data) {
    Json json{{"name", data.name}, {"sha256", data.sha256}, {"train", data.train},    {"validation", data.validation},
              {"test", data.test}, {"shape", data.shape},   {"classes", data.classes}};
    if (!data.class_names.empty()) json["class_names"] = data.class_names;
    json["baseline"] = {{"class", data.class_name(data.baseline.label)}, {"accuracy", data.baseline.accuracy}};
    return json;
}

/// Of more classes the matrix would be longer than everything else.
constexpr std::size_t most_classes_in_matrix = 100;

/// What became of each class: recall, null where a class has no test row, and how often which was taken for which.
void add_classes(Json& json, const analysis::Confusion& confusion) {
    Json recall = Json::array();
    for (std::size_t label = 0; label < confusion.classes(); ++label) {
        const std::optional<double> share = confusion.recall(label);
        recall.push_back(share ? Json(*share) : Json(nullptr));
    }
    json["recall"] = recall;
    if (confusion.classes() > most_classes_in_matrix) return;
    Json matrix = Json::array();
    for (std::size_t label = 0; label < confusion.classes(); ++label) {
        Json row = Json::array();
        for (std::size_t predicted = 0; predicted < confusion.classes(); ++predicted) {
            row.push_back(confusion.count(label, predicted));
        }
        matrix.push_back(row);
    }
    json["confusion"] = matrix;
}

Json json_of(const analysis::Gain& gain) {
    return {{"accuracy", gain.accuracy}, {"ci95", {gain.ci95.low, gain.ci95.high}}};
}

Json json_of(const analysis::PairedGain& paired) {
    Json json = json_of(paired.gain);
    json["p_value"] = paired.p_value;
    json["only_ensemble"] = paired.only_ensemble;
    json["only_member"] = paired.only_member;
    return json;
}

Json json_of(const analysis::MemberResult& member) {
    // A member that is excluded has no scores: null, so that nobody averages zeros.
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const bool included = member.excluded.empty();
    return {{"index", member.index},
            {"parameters", member.parameters},
            {"epochs", member.epochs},
            {"train_s", member.train_s},
            {"validation", {{"loss", member.validation_loss}, {"accuracy", member.validation_score}}},
            {"test", json_of(included ? member.test : analysis::Scores{none, none, none, none})},
            {"excluded", included ? Json(nullptr) : Json(member.excluded)}};
}

Json gains(const analysis::Gain& over_mean, const analysis::PairedGain& over_best) {
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

std::string DataSummary::class_name(std::size_t label) const {
    return label < class_names.size() ? class_names[label] : std::to_string(label);
}

std::string to_json(const Summary& summary) {
    const analysis::EnsembleResult& result = summary.ensemble;
    const DataSummary& data = summary.data;

    Json members = Json::array();
    for (const analysis::MemberResult& member : summary.members) members.push_back(json_of(member));

    const Json average_gains = gains(result.average_over_mean, result.average_over_best);
    const Json vote_gains = gains(result.vote_over_mean, result.vote_over_best);
    const bool averages = summary.combine == analysis::Combination::average;
    Json gain = averages ? average_gains : vote_gains;
    gain["combine"] = averages ? "average" : "vote";
    gain["average"] = average_gains;
    gain["vote"] = vote_gains;

    Json average = json_of(result.average);
    average["balanced_accuracy"] = result.average_by_class.balanced_accuracy();
    Json vote{{"accuracy", result.vote_accuracy}, {"balanced_accuracy", result.vote_by_class.balanced_accuracy()}};
    Json ensemble{{"average", average},
                  {"vote", vote},
                  {"mean_member", json_of(result.mean_member)},
                  {"best_member", {{"index", result.best_member}, {"test", json_of(result.best_member_test)}}}};
    add_classes(ensemble, averages ? result.average_by_class : result.vote_by_class);

    Json json{{"program",
               {{"version", summary.program.version}, {"build", summary.program.build}, {"cpu", summary.program.cpu}}},
              {"config", Json::parse(summary.config)},
              {"data", json_of(data)},
              {"members", members},
              {"ensemble", ensemble},
              {"gain", gain},
              {"timing", json_of(summary.timing)}};
    if (summary.partial) json["partial"] = true;
    if (!summary.missing.empty()) json["missing"] = summary.missing;
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace ensemble::store
