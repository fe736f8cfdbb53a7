#include "store/summary.hpp"

#include <cmath>
#include <optional>
#include <span>

#include <nlohmann/json.hpp>

#include "store/stop_json.hpp"
#include "store/trust_json.hpp"

namespace ensemble::store {
namespace {

using Json = nlohmann::ordered_json;

using Metrics = std::span<const task::Metric>;

/// A value for each metric; null for those that are missing.
Json json_of(Metrics metrics, const task::Scores& scores) {
    Json json = Json::object();
    for (std::size_t i = 0; i < metrics.size(); ++i)
        json[std::string(metrics[i].name)] = i < scores.size() ? Json(scores[i]) : Json(nullptr);
    return json;
}

Json json_of(Metrics metrics, const DataSummary& data) {
    Json json{{"name", data.name},
              {"sha256", data.sha256},
              {"train", data.train},
              {"validation", data.validation},
              {"test", data.test},
              {"shape", data.shape},
              {"evaluation_sets", data.evaluation_sets}};
    if (!data.fold_bounds.empty()) json["fold_bounds"] = data.fold_bounds;
    if (!data.foreign_sha256.empty()) json["ood_sha256"] = data.foreign_sha256;
    if (data.classes == 0) {
        json["targets"] = data.target_names;
        if (!data.target_scale.empty())
            json["target_scale"] = {{"mean", data.target_scale.mean}, {"deviation", data.target_scale.deviation}};
        json["baseline"] = json_of(metrics, data.baseline_scores);
        return json;
    }
    json["classes"] = data.classes;
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

Json json_of(const analysis::MemberResult& member, const MemberSettings& settings, Metrics metrics) {
    // A member that is excluded has no scores: null, so that nobody averages zeros.
    Json validation = json_of(metrics, member.validation);
    validation["loss"] = member.validation_loss;
    validation["score"] = member.is_included() ? Json(member.validation_score) : Json(nullptr);
    Json json{{"index", member.index}, {"net", settings.net}};
    for (const auto& [name, value] : settings.varied) json["settings"][name] = value;
    json.update({{"parameters", member.parameters},
                 {"epochs", member.epochs},
                 {"train_s", member.train_s},
                 {"validation", validation},
                 {"test", json_of(metrics, member.test)},
                 {"excluded", member.is_included() ? Json(nullptr) : Json(member.excluded)}});
    return json;
}

Json json_of(const analysis::Interval& interval) {
    return Json::array({interval.low, interval.high});
}

/// The intervals of a gain: that of these members, and that of other members too where there is one.
void add_intervals(Json& json, const analysis::Gain& gain) {
    json["ci95"] = json_of(gain.ci95);
    if (gain.ci95_members) json["ci95_members"] = json_of(*gain.ci95_members);
}

/// The gain in the first metric, and beside it those in all others that have one.
Json over_mean(Metrics metrics, const analysis::CombinationResult& result) {
    Json json;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const std::optional<analysis::Gain>& gain = result.over_mean.at(i);
        if (!gain) continue;
        if (i == 0) {
            json[std::string(metrics[i].name)] = gain->value;
            add_intervals(json, *gain);
        } else {
            Json& other = json["metrics"][std::string(metrics[i].name)];
            other["gain"] = gain->value;
            add_intervals(other, *gain);
        }
    }
    return json;
}

Json over_best(Metrics metrics, const analysis::CombinationResult& result) {
    Json json;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const std::optional<analysis::PairedGain>& paired = result.over_best.at(i);
        if (!paired) continue;
        const analysis::Gain& gain = paired->gain;
        if (i > 0) {
            Json& other = json["metrics"][std::string(metrics[i].name)];
            other["gain"] = gain.value;
            add_intervals(other, gain);
            other["p_value"] = paired->p_value;
            continue;
        }
        json[std::string(metrics[i].name)] = gain.value;
        add_intervals(json, gain);
        json["p_value"] = paired->p_value;
        if (metrics[i].unit != task::Unit::share) continue;
        json["only_ensemble"] = paired->only_ensemble;
        json["only_member"] = paired->only_member;
    }
    return json;
}

Json gains(Metrics metrics, const analysis::CombinationResult& result) {
    return {{"over_mean_member", over_mean(metrics, result)}, {"over_best_member", over_best(metrics, result)}};
}

/// What smaller ensembles reach, the first metric's values first and those of others by name.
Json by_size_json(Metrics metrics, const analysis::DiversityResult& diversity) {
    Json list = Json::array();
    for (const analysis::SizeResult& size : diversity.by_size) {
        Json json{{"members", size.members}};
        for (std::size_t i = 0; i < diversity.metrics.size(); ++i) {
            const Json values{
                {"mean", size.mean.at(i)}, {"low", size.spread.at(i).low}, {"high", size.spread.at(i).high}};
            if (diversity.metrics[i] == 0) {
                json.update(values);
            } else {
                json[std::string(metrics[diversity.metrics[i]].name)] = values;
            }
        }
        list.push_back(std::move(json));
    }
    return list;
}

Json json_of(const analysis::AmbiguitySplit& split) {
    return {
        {"mean_member_error", split.mean_member}, {"diversity", split.diversity}, {"ensemble_error", split.ensemble}};
}

/// As many digits as people read: a matrix of many members is long.
Json matrix_json(const std::vector<double>& values) {
    const auto members = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(values.size()))));
    constexpr double digits = 1e4;
    Json rows = Json::array();
    for (std::size_t row = 0; row < members; ++row) {
        Json& own = rows.emplace_back(Json::array());
        for (std::size_t column = 0; column < members; ++column)
            own.push_back(std::round(values[row * members + column] * digits) / digits);
    }
    return rows;
}

Json diversity_json(const Summary& summary) {
    const analysis::DiversityResult& diversity = summary.ensemble.diversity;
    Json json{{"combine", summary.ensemble.combinations.front().combination->name},
              {"ambiguity", json_of(diversity.ambiguity)}};
    if (diversity.log_ambiguity) json["ambiguity_nll"] = json_of(*diversity.log_ambiguity);
    for (const analysis::PairMeasure& measure : diversity.pairs)
        json[std::string(measure.name)] = matrix_json(measure.values);
    Json& list = json["leave_one_out"] = Json::array();
    std::size_t place = 0;
    for (const analysis::MemberResult& member : summary.members) {
        if (!member.is_included() || place == diversity.without.size()) continue;
        Json without{{"member", member.index}};
        for (std::size_t i = 0; i < diversity.metrics.size(); ++i)
            without[std::string(summary.task->metrics()[diversity.metrics[i]].name)] = diversity.without[place].at(i);
        list.push_back(std::move(without));
        ++place;
    }
    Json& twins = json["twins"] = Json::array();
    for (const auto& [one, other] : diversity.twins) twins.push_back(Json::array({one, other}));
    return json;
}

Json json_of(Metrics metrics, const analysis::CalibrationResult& calibration) {
    Json bins = Json::array();
    for (const analysis::CalibrationBin& bin : calibration.bins) {
        bins.push_back({{"low", bin.low},
                        {"high", bin.high},
                        {"rows", bin.rows},
                        {"confidence", bin.confidence},
                        {"accuracy", bin.accuracy}});
    }
    Json curve = Json::array();
    for (const analysis::ReliabilityStep& step : calibration.reliability.steps) {
        curve.push_back(Json::array({step.low, step.frequency}));
        if (step.high > step.low) curve.push_back(Json::array({step.high, step.frequency}));
    }
    Json band = Json::array();
    for (const analysis::BandPoint& point : calibration.band)
        band.push_back(Json::array({point.forecast, point.low, point.high}));
    const analysis::BrierSplit& brier = calibration.reliability.brier;
    const analysis::Scaled& scaled = calibration.scaled;
    return {{"ece", calibration.error},
            {"adaptive_ece", calibration.adaptive_error},
            {"debiased_ece", calibration.debiased_error},
            {"classwise_ece", calibration.class_wise_error},
            {"bins", bins},
            {"reliability",
             {{"curve", curve},
              {"band", band},
              {"miscalibration", brier.miscalibration},
              {"discrimination", brier.discrimination},
              {"uncertainty", brier.uncertainty}}},
            {"temperature", scaled.temperature.value},
            {"temperature_rows", scaled.rows},
            {"temperature_is_at_bound", scaled.temperature.is_at_bound},
            {"at_temperature", json_of(metrics, scaled.test)}};
}

/// Of the chosen combination, and of all others under their names.
Json json_of(Metrics metrics, const Summary& summary, const analysis::ShiftResult& result) {
    Json combinations;
    for (std::size_t i = 0; i < result.combinations.size(); ++i) {
        const std::string name(summary.ensemble.combinations.at(i).combination->name);
        combinations[name] = json_of(metrics, result.combinations[i]);
    }
    Json json{{"name", result.shift.name},
              {"value", result.shift.value},
              {"unit", result.shift.unit},
              {"ensemble", json_of(metrics, result.combinations.at(summary.combine))},
              {"mean_member", json_of(metrics, result.mean_member)},
              {"best_member", json_of(metrics, result.best_member)}};
    if (summary.mc_dropout) {
        for (const auto& [set, scores] : summary.mc_dropout->others) {
            if (set == result.set) json["mc_dropout"] = json_of(metrics, scores);
        }
    }
    json["combinations"] = combinations;
    return json;
}

Json json_of(const Summary& summary, const analysis::ForeignResult& result) {
    Json scores = Json::array();
    for (const analysis::MeasureDetection& each : result.measures) {
        scores.push_back({{"name", each.measure},
                          {"auroc", each.foreign.auroc},
                          {"aupr", each.foreign.aupr},
                          {"aupr_test", each.test_aupr},
                          {"fpr95", each.foreign.fpr95}});
    }
    return {{"data", Json::parse(summary.config).value("ood", "")}, {"rows", result.rows}, {"scores", scores}};
}

Json json_of(Metrics metrics, const analysis::ImportanceResult& importance) {
    Json columns = Json::array();
    for (const analysis::ColumnImportance& each : importance.columns)
        columns.push_back({{"name", each.name}, {"loss", each.loss}, {"ci95", json_of(each.ci95)}});
    return {{"metric", metrics.front().name},
            {"repeats", importance.repeats},
            {"rows", importance.rows},
            {"columns", columns}};
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

Json json_of(const Program& program) {
    return {{"version", program.version},
            {"build", program.build},
            {"cpu", program.cpu},
            {"evaluation_batch", program.evaluation_batch}};
}

/// What each combination reaches, under its name, and beside them what the members do.
Json ensemble_json(const Summary& summary) {
    const analysis::EnsembleResult& result = summary.ensemble;
    const Metrics metrics = summary.task->metrics();
    Json json;
    for (const analysis::CombinationResult& each : result.combinations) {
        Json& scores = json[std::string(each.combination->name)];
        scores = json_of(metrics, each.scores);
        if (!each.weights.empty()) scores["weights"] = each.weights;
    }
    json["mean_member"] = json_of(metrics, result.mean_member);
    json["best_member"] = {{"index", result.best_member}, {"test", json_of(metrics, result.best_member_test)}};
    if (summary.out_of_fold) {
        Json& pooled = json["out_of_fold"];
        pooled["rows"] = summary.out_of_fold->rows;
        for (std::size_t i = 0; i < result.combinations.size(); ++i) {
            const task::Scores& scores = summary.out_of_fold->scores.at(i);
            pooled[std::string(result.combinations[i].combination->name)] = json_of(metrics, scores);
        }
    }
    if (const analysis::Confusion& by_class = chosen(summary).by_class; by_class.classes() > 0)
        add_classes(json, by_class);
    return json;
}

/// The gains of the chosen combination, and those of all under their names.
Json gain_json(const Summary& summary) {
    const Metrics metrics = summary.task->metrics();
    const analysis::CombinationResult& combined = chosen(summary);
    Json json = gains(metrics, combined);
    json["combine"] = combined.combination->name;
    for (const analysis::CombinationResult& each : summary.ensemble.combinations)
        json[std::string(each.combination->name)] = gains(metrics, each);
    const analysis::DiversityResult& diversity = summary.ensemble.diversity;
    if (!diversity.by_size.empty()) json["by_size"] = by_size_json(metrics, diversity);
    return json;
}

Json json_of(Metrics metrics, const DropoutBaseline& baseline) {
    Json json{{"member", baseline.member}, {"passes", baseline.passes}};
    json.update(json_of(metrics, baseline.test));
    for (const auto& [set, scores] : baseline.others) json["sets"][set] = json_of(metrics, scores);
    return json;
}

}  // namespace

std::string DataSummary::class_name(std::size_t label) const {
    return label < class_names.size() ? class_names[label] : std::to_string(label);
}

std::string to_json(const Summary& summary) {
    const Metrics metrics = summary.task->metrics();
    Json members = Json::array();
    for (std::size_t i = 0; i < summary.members.size(); ++i)
        members.push_back(json_of(summary.members[i], summary.settings.at(i), metrics));
    Json json{{"program", json_of(summary.program)},
              {"config", Json::parse(summary.config)},
              {"task", core::name_of(summary.task->kind)},
              {"data", json_of(metrics, summary.data)},
              {"members", members},
              {"ensemble", ensemble_json(summary)},
              {"gain", gain_json(summary)}};
    if (!summary.ensemble.diversity.by_size.empty()) json["diversity"] = diversity_json(summary);
    if (summary.mc_dropout) json["mc_dropout"] = json_of(metrics, *summary.mc_dropout);
    if (summary.trust.calibration) json["calibration"] = json_of(metrics, *summary.trust.calibration);
    if (summary.trust.spread) json["calibration"] = spread_json(*summary.trust.spread);
    if (!summary.trust.measures.empty()) json["uncertainty"] = uncertainty_json(summary.trust);
    if (!summary.trust.conformal.empty()) json["conformal"] = conformal_json(summary.trust.conformal);
    for (const analysis::ShiftResult& each : summary.shifts) json["shift"].push_back(json_of(metrics, summary, each));
    if (summary.importance) json["importance"] = json_of(metrics, *summary.importance);
    if (summary.foreign) json["ood"] = json_of(summary, *summary.foreign);
    if (summary.stop_when) json["stop_when"] = to_json(*summary.stop_when);
    json["timing"] = json_of(summary.timing);
    if (summary.partial) json["partial"] = true;
    if (!summary.missing.empty()) json["missing"] = summary.missing;
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace ensemble::store
