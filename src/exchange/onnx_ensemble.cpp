#include "exchange/onnx_ensemble.hpp"

#include <array>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "compute/loss.hpp"
#include "core/contract.hpp"
#include "exchange/networks.hpp"
#include "exchange/onnx_builder.hpp"
#include "exchange/onnx_combinations.hpp"
#include "exchange/onnx_pipeline.hpp"

namespace ensemble::exchange {
namespace {

/// The features as one member reads them.
std::string visible(OnnxBuilder& builder, const TrainedModel& model, const TrainedMember& member,
                    const std::string& features) {
    if (member.hidden_features.empty()) return features;
    const core::Shape& shape = model.networks.at(member.network).input();
    Array mask{.extents = {}, .values = std::vector<float>(shape.elements(), 1.0F)};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
        mask.extents.push_back(static_cast<std::int64_t>(shape[axis]));
    for (const std::uint32_t feature : member.hidden_features) mask.values.at(feature) = 0.0F;
    const std::string name = fmt::format("member{}/visible", member.index);
    return builder.add("Mul", {features, builder.constant(name + "/mask", mask)}, name);
}

/// What one member says, standardised: probabilities; or means and variances.
struct Opinion {
    std::string first;
    std::string second;
};

// How outputs of a network become what a member says, for each task.

Opinion probabilities_of(OnnxBuilder& builder, const TrainedModel&, const TrainedMember&, const std::string& outputs,
                         const std::string& name) {
    return {.first = builder.add("Softmax", {outputs}, name + "probabilities", {{"axis", std::int64_t{1}}}),
            .second = ""};
}

/// Pairs of a mean and what compute::variance_of() makes a variance of.
Opinion gaussian_of(OnnxBuilder& builder, const TrainedModel& model, const TrainedMember&, const std::string& outputs,
                    const std::string& name) {
    const auto targets = static_cast<std::int64_t>(model.targets);
    const std::string pairs = builder.add("Reshape", {outputs, builder.integers({-1, targets, 2})}, name + "pairs");
    const auto part = [&](std::int64_t place, const char* what) {
        const std::string alone = builder.add(
            "Slice", {pairs, builder.integers({place}), builder.integers({place + 1}), builder.integers({2})},
            name + what);
        return builder.add("Reshape", {alone, builder.integers({-1, targets})}, name + what);
    };
    const std::string spread = builder.add("Softplus", {part(1, "spread")}, name + "spread");
    return {.first = part(0, "mean"),
            .second = builder.add("Add", {spread, builder.scalar(compute::least_variance)}, name + "variance")};
}

/// Means alone; the variance is one for all rows.
Opinion squared_of(OnnxBuilder& builder, const TrainedModel& model, const TrainedMember& member,
                   const std::string& outputs, const std::string& name) {
    core::require(member.variances.size() == model.targets,
                  "a member without a variance in its outputs has one beside");
    Array variances{.extents = {static_cast<std::int64_t>(model.targets)}, .values = {}};
    for (std::size_t target = 0; target < model.targets; ++target) {
        const double deviation = model.scale.deviation_of(target);
        variances.values.push_back(static_cast<float>(member.variances[target] / deviation / deviation));
    }
    const std::string nothing = builder.add("Mul", {outputs, builder.scalar(0)}, name + "nothing");
    return {.first = outputs,
            .second = builder.add("Add", {nothing, builder.constant(name + "variance/of all rows", variances)},
                                  name + "variance")};
}

struct TaskFormat {
    task::Kind kind;
    std::string_view loss_name;
    Opinion (*opinion)(OnnxBuilder& builder, const TrainedModel& model, const TrainedMember& member,
                       const std::string& outputs, const std::string& name);
};

/// As task::tasks() has them; a new task is an entry here.
constexpr std::array<TaskFormat, 3> tasks_table{{
    {.kind = task::Kind::classification, .loss_name = "cross-entropy", .opinion = probabilities_of},
    {.kind = task::Kind::regression, .loss_name = "gaussian", .opinion = gaussian_of},
    {.kind = task::Kind::regression, .loss_name = "squared", .opinion = squared_of},
}};

const TaskFormat& format_of(const task::Task& task) {
    for (const TaskFormat& each : tasks_table) {
        if (each.kind == task.kind && each.loss_name == task.loss_name) return each;
    }
    core::require(false, "every task has a format in which it is handed on");
    return tasks_table.front();
}

/// Values [rows, columns] of the members one behind the other: [members, rows, columns].
std::string side_by_side(OnnxBuilder& builder, const std::vector<std::string>& values, std::size_t columns,
                         const std::string& name) {
    const std::string shape = builder.integers({1, -1, static_cast<std::int64_t>(columns)});
    OnnxBuilder::Names layers;
    for (const std::string& value : values) layers.push_back(builder.add("Reshape", {value, shape}, value + "/layer"));
    return builder.add("Concat", layers, name, {{"axis", std::int64_t{0}}});
}

OnnxOpinions ask_members(OnnxBuilder& builder, const TrainedModel& model, const std::string& features,
                         const std::string& lengths) {
    std::vector<std::string> first;
    std::vector<std::string> second;
    for (const TrainedMember& member : model.members) {
        const std::string name = fmt::format("member{}/", member.index);
        const std::string outputs = add_network(builder, model.networks.at(member.network), member.weights(),
                                                visible(builder, model, member, features), lengths, name);
        const Opinion opinion = format_of(*model.task).opinion(builder, model, member, outputs, name);
        first.push_back(opinion.first);
        second.push_back(opinion.second);
    }
    OnnxOpinions opinions{.members = model.members.size(),
                          .targets = model.targets,
                          .first = side_by_side(builder, first, model.targets, "members/first"),
                          .second = ""};
    if (!second.front().empty()) opinions.second = side_by_side(builder, second, model.targets, "members/second");
    return opinions;
}

/// ln p, of 0 that of the smallest number: 0 · ln p is 0 then.
std::string logarithm(OnnxBuilder& builder, const std::string& value, const std::string& name) {
    const std::string bounded = builder.at_least(std::numeric_limits<float>::min(), value, name + "/bounded");
    return builder.add("Log", {bounded}, name + "/logarithm");
}

/// Entropy of the mean, and what it is more than the mean entropy: the mean over members of Σ p·(ln p − ln mean), where
/// nothing cancels. As analysis::uncertainties() has it, no class has less than 0.
void add_uncertainty_of_classes(OnnxBuilder& builder, const OnnxOpinions& opinions) {
    const std::string mean = builder.mean_along(0, opinions.first, "uncertainty/mean");
    const std::string log_mean = logarithm(builder, mean, "uncertainty/mean");
    const std::string terms = builder.add("Mul", {mean, log_mean}, "uncertainty/terms");
    builder.add("Neg", {builder.sum_along(1, opinions.targets, terms, "uncertainty/sum")}, "entropy");
    builder.add_output("entropy", 0);

    const std::string gains =
        builder.add("Sub", {logarithm(builder, opinions.first, "uncertainty/members"), log_mean}, "uncertainty/gains");
    const std::string weighed = builder.add("Mul", {opinions.first, gains}, "uncertainty/weighed");
    const std::string divergence = builder.mean_along(0, weighed, "uncertainty/divergence");
    const std::string positive = builder.add("Relu", {divergence}, "uncertainty/positive");
    builder.add_output(builder.sum_along(1, opinions.targets, positive, "mutual_information"), 0);
}

void add_answer_of_classes(OnnxBuilder& builder, const TrainedModel& model, const OnnxOpinions& opinions,
                           const OnnxAnswer& answer) {
    constexpr auto smallest = static_cast<float>(task::least_probability);  // as in analysis::at_temperature
    if (model.temperature) {
        const std::string bounded = builder.at_least(smallest, answer.first, "ensemble/positive");
        const std::string logarithms = builder.add("Log", {bounded}, "ensemble/log");
        const std::string tempered = builder.add(
            "Mul", {logarithms, builder.scalar(static_cast<float>(1 / *model.temperature))}, "ensemble/tempered");
        builder.add("Softmax", {tempered}, "probabilities", {{"axis", std::int64_t{1}}});
    } else {
        builder.add("Identity", {answer.first}, "probabilities");
    }
    builder.add_output("probabilities", model.targets);
    add_uncertainty_of_classes(builder, opinions);
}

/// A value of standardised numbers in the units of the targets.
class Units {
public:
    Units(OnnxBuilder& builder, const TrainedModel& model) : builder_(builder), targets_(model.targets) {
        Array mean{.extents = {static_cast<std::int64_t>(targets_)}, .values = {}};
        Array deviation = mean;
        Array squares = mean;
        for (std::size_t target = 0; target < targets_; ++target) {
            const double own = model.scale.deviation_of(target);
            mean.values.push_back(static_cast<float>(model.scale.mean_of(target)));
            deviation.values.push_back(static_cast<float>(own));
            squares.values.push_back(static_cast<float>(own * own));
        }
        mean_ = builder.constant("targets/mean", mean);
        deviation_ = builder.constant("targets/deviation", deviation);
        variance_ = builder.constant("targets/variance", squares);
    }

    void add_mean(const std::string& value, const std::string& name) {
        const std::string scaled = builder_.add("Mul", {value, deviation_}, name + "/scaled");
        builder_.add_output(builder_.add("Add", {scaled, mean_}, name), targets_);
    }
    void add_variance(const std::string& value, const std::string& name) {
        builder_.add_output(builder_.add("Mul", {value, variance_}, name), targets_);
    }

private:
    OnnxBuilder& builder_;
    std::size_t targets_;
    std::string mean_;
    std::string deviation_;
    std::string variance_;
};

void add_answer_of_numbers(OnnxBuilder& builder, const TrainedModel& model, const OnnxOpinions& opinions,
                           const OnnxAnswer& answer) {
    Units units(builder, model);
    units.add_mean(answer.first, "mean");
    units.add_variance(answer.second, "variance");
    const std::string aleatoric = builder.mean_along(0, opinions.second, "uncertainty/aleatoric");
    units.add_variance(aleatoric, "aleatoric_variance");
    const std::string mean = builder.mean_along(0, opinions.first, "uncertainty/mean");
    const std::string distances = builder.add("Sub", {opinions.first, mean}, "uncertainty/distances");
    const std::string squares = builder.add("Mul", {distances, distances}, "uncertainty/squares");
    units.add_variance(builder.mean_along(0, squares, "uncertainty/epistemic"), "epistemic_variance");
}

}  // namespace

std::string to_onnx(const TrainedModel& model) {
    core::require(!model.members.empty(), "an ensemble has members");
    OnnxBuilder builder;
    const std::string features = model.pipeline ? add_pipeline(builder, *model.pipeline)
                                                : builder.add_input(features_input, model.networks.front().input());
    const std::string lengths = model.networks.front().lengths() == model::Lengths::different
                                    ? builder.add_input(lengths_input, core::Shape{}, OnnxElement::i64)
                                    : std::string{};
    const OnnxOpinions opinions = ask_members(builder, model, features, lengths);
    const OnnxAnswer answer =
        combination_format(model.task->kind, model.combination).onnx(builder, opinions, model.weights);
    if (model.task->kind == task::Kind::classification) {
        add_answer_of_classes(builder, model, opinions, answer);
    } else {
        add_answer_of_numbers(builder, model, opinions, answer);
    }
    for (const auto& [key, value] : metadata_of(model, RowsGiven::as_read)) builder.set_metadata(key, value);
    return builder.finish(model.version);
}

}  // namespace ensemble::exchange
