#include "store/summary_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/whole_number.hpp"
#include "store/stop_json.hpp"

namespace ensemble::store {
namespace {

using Json = nlohmann::ordered_json;
using data::whole_number;

/// null stands for what is not finite.
double number_of(const Json& json) {
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

/// Empty where all are null.
task::Scores scores_of(std::span<const task::Metric> metrics, const Json& json) {
    task::Scores scores;
    for (const task::Metric& metric : metrics) scores.push_back(number_of(json.at(std::string(metric.name))));
    const bool is_empty = std::ranges::all_of(scores, [](double score) { return std::isnan(score); });
    return is_empty ? task::Scores{} : scores;
}

const task::Task& task_of(const Json& json) {
    const std::string kind = json.at("task");
    const std::string loss = json.at("config").value("loss", "");
    const task::Task* task = nullptr;
    for (const task::Task& each : task::tasks()) {
        if (core::name_of(each.kind) == kind) task = task::find_task(each.kind, loss);
    }
    if (task == nullptr) throw std::invalid_argument("there is no such task");
    return *task;
}

task::Scale scale_of(const Json& json, std::size_t targets) {
    task::Scale scale{.mean = json.at("mean").get<std::vector<double>>(),
                      .deviation = json.at("deviation").get<std::vector<double>>()};
    if (scale.mean.size() != targets || scale.deviation.size() != targets)
        throw std::invalid_argument("not every target has a scale");
    return scale;
}

DataSummary data_of(const task::Task& task, const Json& json) {
    DataSummary data{.name = json.at("name"),
                     .sha256 = json.at("sha256"),
                     .train = whole_number<std::size_t>(json.at("train")),
                     .validation = whole_number<std::size_t>(json.at("validation")),
                     .test = whole_number<std::size_t>(json.at("test")),
                     .shape = data::whole_numbers<std::size_t>(json.at("shape")),
                     .evaluation_sets = json.at("evaluation_sets").get<std::vector<std::string>>(),
                     .fold_bounds = json.value("fold_bounds", std::vector<std::size_t>{}),
                     .foreign_sha256 = json.value("ood_sha256", "")};
    if (task.kind == task::Kind::regression) {
        data.target_names = json.at("targets").get<std::vector<std::string>>();
        if (json.contains("target_scale"))
            data.target_scale = scale_of(json.at("target_scale"), data.target_names.size());
        data.baseline_scores = scores_of(task.metrics(), json.at("baseline"));
        return data;
    }
    data.classes = whole_number<std::size_t>(json.at("classes"));
    if (json.contains("class_names")) data.class_names = json.at("class_names").get<std::vector<std::string>>();
    const Json& baseline = json.at("baseline");
    const std::string name = baseline.at("class");
    data.baseline.accuracy = number_of(baseline.at("accuracy"));
    while (data.baseline.label < data.classes && data.class_name(data.baseline.label) != name) ++data.baseline.label;
    return data;
}

void add_member(Summary& summary, const Json& json) {
    const auto metrics = summary.task->metrics();
    const Json& validation = json.at("validation");
    summary.members.push_back(
        {.index = whole_number<std::uint32_t>(json.at("index")),
         .parameters = whole_number<std::size_t>(json.at("parameters")),
         .epochs = whole_number<std::uint32_t>(json.at("epochs")),
         .train_s = number_of(json.at("train_s")),
         .validation_loss = number_of(validation.at("loss")),
         .validation_score = number_of(validation.at("score")),
         .validation = scores_of(metrics, validation),
         .test = scores_of(metrics, json.at("test")),
         .excluded = json.at("excluded").is_null() ? "" : json.at("excluded").get<std::string>()});
    MemberSettings settings{.net = json.at("net")};
    if (json.contains("settings")) {
        for (const auto& [name, value] : json.at("settings").items()) settings.varied.emplace_back(name, value);
    }
    if (std::ranges::find(summary.nets, settings.net) == summary.nets.end()) summary.nets.push_back(settings.net);
    summary.settings.push_back(std::move(settings));
}

DropoutBaseline baseline_of(const task::Task& task, const Json& json) {
    DropoutBaseline baseline{.member = whole_number<std::uint32_t>(json.at("member")),
                             .passes = whole_number<std::size_t>(json.at("passes")),
                             .test = scores_of(task.metrics(), json),
                             .others = {}};
    if (!json.contains("sets")) return baseline;
    for (const auto& [set, scores] : json.at("sets").items())
        baseline.others.emplace_back(set, scores_of(task.metrics(), scores));
    return baseline;
}

Timing timing_of(const Json& json) {
    const auto number = [&](const char* name) { return number_of(json.at(name)); };
    return {.ranks = whole_number<int>(json.at("ranks")),
            .wall_s = number("wall_s"),
            .startup_s = number("startup_s"),
            .train_s = number("train_s"),
            .combine_s = number("combine_s"),
            .idle_fraction = number("idle_fraction"),
            .communication_fraction = number("communication_fraction"),
            .samples_per_s = number("samples_per_s"),
            .idle_s = number("idle_s"),
            .efficiency = number("efficiency"),
            .efficiency_bound = number("efficiency_bound"),
            .coordination_s = number("coordination_s")};
}

}  // namespace

Summary summary_from_json(std::string_view text, const std::string& file) {
    try {
        const Json json = Json::parse(text);
        Summary summary;
        const Json& program = json.at("program");
        summary.program = {.version = program.at("version"),
                           .build = program.at("build"),
                           .cpu = program.at("cpu"),
                           .evaluation_batch = whole_number<std::size_t>(program.at("evaluation_batch"))};
        summary.config = json.at("config").dump();
        summary.task = &task_of(json);
        summary.data = data_of(*summary.task, json.at("data"));
        for (const Json& member : json.at("members")) add_member(summary, member);
        if (json.contains("mc_dropout")) summary.mc_dropout = baseline_of(*summary.task, json.at("mc_dropout"));
        if (json.contains("stop_when")) summary.stop_when = stop_from_json(*summary.task, json.at("stop_when"));
        summary.timing = timing_of(json.at("timing"));
        summary.partial = json.value("partial", false);
        if (json.contains("missing")) summary.missing = data::whole_numbers<std::uint32_t>(json.at("missing"));
        return summary;
    } catch (const std::exception& error) {
        core::fail(core::Failure::data,
                   "'{}' is no summary of a run of this version: {}; was it changed, or written by another version?",
                   file, error.what());
    }
}

}  // namespace ensemble::store
