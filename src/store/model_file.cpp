#include "store/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/names.hpp"
#include "data/whole_number.hpp"
#include "store/file.hpp"

namespace ensemble::store {
namespace {

using core::fail;
using core::Failure;
using data::whole_number;

constexpr int newest_format = 1;
constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 30U;
constexpr std::size_t most_targets = std::size_t{1} << 24U;

/// JSON has no word for what is no number.
nlohmann::json number_or_null(double value) {
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

double number_from(const nlohmann::json& json) {
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

nlohmann::json member_json(const ModelMember& member) {
    nlohmann::json json{
        {"index", member.index}, {"network", member.network}, {"sha256", member.sha256}, {"digest", member.digest}};
    for (const data::FeatureRange& range : member.hidden) json["hidden"].push_back({range.first, range.count});
    return json;
}

ModelMember member_from(const nlohmann::json& json, const Model& model) {
    ModelMember member{.index = whole_number<std::uint32_t>(json.at("index")),
                       .network = whole_number<std::size_t>(json.at("network")),
                       .sha256 = json.at("sha256").get<std::string>(),
                       .digest = json.at("digest").get<std::string>()};
    if (member.network >= model.networks.size()) fail(Failure::data, "a member has a network that is not there");
    const std::size_t features = model.pipeline.shape().elements();
    for (const nlohmann::json& each : json.value("hidden", nlohmann::json::array())) {
        const data::FeatureRange range{.first = whole_number<std::size_t>(each.at(0)),
                                       .count = whole_number<std::size_t>(each.at(1))};
        if (range.first > features || range.count > features - range.first)
            fail(Failure::data, "a member hides features that are not there");
        member.hidden.push_back(range);
    }
    return member;
}

const task::Task& task_from(const nlohmann::json& json) {
    const auto kind = json.at("kind").get<std::string>();
    const auto loss = json.at("loss").get<std::string>();
    for (const task::Task& task : task::tasks()) {
        if (kind == core::name_of(task.kind) && loss == task.loss_name) return task;
    }
    fail(Failure::data, "there is no task '{}' with the loss '{}'", kind, loss);
}

Model model_from(const nlohmann::json& json) {
    const nlohmann::json& task = json.at("task");
    Model model{.program = json.at("program").get<std::string>(),
                .task = &task_from(task),
                .targets = whole_number<std::size_t>(task.at("targets")),
                .class_names = task.value("class_names", std::vector<std::string>{}),
                .target_names = task.value("target_names", std::vector<std::string>{}),
                .evaluation_batch = whole_number<std::size_t>(json.at("evaluation_batch")),
                .networks = json.at("networks").get<std::vector<std::string>>(),
                .pipeline = data::Pipeline::from_json(json.at("pipeline")),
                .members = {}};
    model.columns_aside = json.value("columns_aside", std::vector<std::string>{});
    if (task.contains("scale")) {
        model.target_scale.mean = task.at("scale").at("mean").get<std::vector<double>>();
        model.target_scale.deviation = task.at("scale").at("deviation").get<std::vector<double>>();
    }
    const auto fits = [&](std::size_t count) { return count == 0 || count == model.targets; };
    const bool is_scaled =
        fits(model.target_scale.mean.size()) && model.target_scale.mean.size() == model.target_scale.deviation.size();
    if (model.targets == 0 || model.targets > most_targets || !fits(model.class_names.size()) || !is_scaled)
        fail(Failure::data, "the names or scales of its targets are not as many as they are");
    const bool is_regression = model.task->kind == task::Kind::regression;
    if (is_regression && model.target_names.size() != model.targets)
        fail(Failure::data, "not all its targets have names");
    const auto is_positive = [](double deviation) { return std::isfinite(deviation) && deviation > 0; };
    if (!std::ranges::all_of(model.target_scale.deviation, is_positive))
        fail(Failure::data, "the scale of a target is no number above 0");
    constexpr std::size_t most_rows = 1U << 20U;
    if (model.evaluation_batch == 0 || model.evaluation_batch > most_rows)
        fail(Failure::data, "it predicts {} rows at a time", model.evaluation_batch);
    for (const nlohmann::json& range : json.at("ranges"))
        model.ranges.push_back({.low = number_from(range.at(0)), .high = number_from(range.at(1))});
    for (const nlohmann::json& each : json.at("members")) {
        ModelMember member = member_from(each, model);
        if (!model.members.empty() && member.index <= model.members.back().index)
            fail(Failure::data, "its members are not in their order");
        model.members.push_back(std::move(member));
    }
    if (model.members.empty()) fail(Failure::data, "it has no members");
    return model;
}

}  // namespace

void write_model(const std::filesystem::path& path, const Model& model) {
    nlohmann::json json{
        {"format", newest_format},
        {"program", model.program},
        {"task",
         {{"kind", core::name_of(model.task->kind)}, {"loss", model.task->loss_name}, {"targets", model.targets}}},
        {"evaluation_batch", model.evaluation_batch},
        {"networks", model.networks},
        {"pipeline", model.pipeline.to_json()},
        {"ranges", nlohmann::json::array()},
        {"members", nlohmann::json::array()}};
    nlohmann::json& task = json["task"];
    if (!model.class_names.empty()) task["class_names"] = model.class_names;
    if (!model.target_names.empty()) task["target_names"] = model.target_names;
    if (!model.target_scale.empty())
        task["scale"] = {{"mean", model.target_scale.mean}, {"deviation", model.target_scale.deviation}};
    if (!model.columns_aside.empty()) json["columns_aside"] = model.columns_aside;
    for (const ValueRange& range : model.ranges)
        json["ranges"].push_back({number_or_null(range.low), number_or_null(range.high)});
    for (const ModelMember& member : model.members) json["members"].push_back(member_json(member));
    write_file_atomically(path, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

Model read_model(const std::filesystem::path& path) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) {
        fail(Failure::data,
             "{}: {}; only finished runs have one, and those of older programs do not: train again to predict",
             path.string(), error.message());
    }
    if (size > most_bytes) fail(Failure::data, "{}: is too large for a model", path.string());
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file) fail(Failure::data, "{}: cannot be read", path.string());
    try {
        const nlohmann::json json = nlohmann::json::parse(text);
        const int format = whole_number<int>(json.at("format"));
        if (format > newest_format) {
            fail(Failure::data,
                 "was written by ensemble_train {} in format {}, and this program knows formats up to {}; install that "
                 "version or a later one",
                 json.at("program").get<std::string>(), format, newest_format);
        }
        if (format < 1) fail(Failure::data, "has a format that never was");
        return model_from(json);
    } catch (const nlohmann::json::exception&) {
        fail(Failure::data, "{}: is damaged, or no model that a run has written", path.string());
    } catch (const core::Error& refusal) {
        fail(Failure::data, "{}: {}", path.string(), refusal.what());
    }
}

}  // namespace ensemble::store
