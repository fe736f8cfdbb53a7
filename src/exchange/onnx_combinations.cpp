#include "exchange/onnx_combinations.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/contract.hpp"
#include "task/metric.hpp"

namespace ensemble::exchange {
namespace {

using task::Kind;
using MemberWeights = std::span<const double>;

std::int64_t number_of(std::size_t size) {
    return static_cast<std::int64_t>(size);
}

std::string mean_of_members(OnnxBuilder& builder, const std::string& value, MemberWeights weights,
                            const std::string& name) {
    if (weights.empty()) return builder.mean_along(0, value, name);
    Array factors{.extents = {number_of(weights.size()), 1, 1}, .values = {}};
    for (const double weight : weights) factors.values.push_back(static_cast<float>(weight));
    const std::string weighted =
        builder.add("Mul", {value, builder.constant("ensemble/weights", factors)}, "ensemble/weighted");
    return builder.sum_along(0, weights.size(), weighted, name);
}

// Classification.

OnnxAnswer mean_probability(OnnxBuilder& builder, const OnnxOpinions& opinions, MemberWeights weights) {
    return {.first = mean_of_members(builder, opinions.first, weights, "ensemble/mean"), .second = ""};
}

OnnxAnswer share_of_votes(OnnxBuilder& builder, const OnnxOpinions& opinions, MemberWeights) {
    const std::string chosen = builder.add("ArgMax", {opinions.first}, "ensemble/chosen",
                                           {{"axis", std::int64_t{2}}, {"keepdims", std::int64_t{0}}});
    const std::string values = builder.constant("ensemble/no and yes", {.extents = {2}, .values = {0, 1}});
    const std::string votes =
        builder.add("OneHot", {chosen, builder.integers({number_of(opinions.targets)}), values}, "ensemble/votes");
    return {.first = builder.mean_along(0, votes, "ensemble/shares"), .second = ""};
}

OnnxAnswer geometric_mean_of_probabilities(OnnxBuilder& builder, const OnnxOpinions& opinions, MemberWeights) {
    constexpr auto smallest = static_cast<float>(task::least_probability);  // as in analysis::geometric_mean
    const std::string bounded = builder.at_least(smallest, opinions.first, "ensemble/bounded");
    const std::string logarithms = builder.add("Log", {bounded}, "ensemble/logarithms");
    const std::string mean = builder.mean_along(0, logarithms, "ensemble/logarithm");
    return {.first = builder.add("Softmax", {mean}, "ensemble/geometric", {{"axis", std::int64_t{1}}}), .second = ""};
}

// Regression: the variance is the mean of members' variances and of the squares of their distances from the centre.

OnnxAnswer moments_about(OnnxBuilder& builder, const OnnxOpinions& opinions, const std::string& centre,
                         MemberWeights weights) {
    const std::string distances = builder.add("Sub", {opinions.first, centre}, "ensemble/distances");
    const std::string squares = builder.add("Mul", {distances, distances}, "ensemble/squares");
    const std::string spread = builder.add("Add", {opinions.second, squares}, "ensemble/spread");
    return {.first = centre, .second = mean_of_members(builder, spread, weights, "ensemble/spread of all")};
}

OnnxAnswer mixture_of_moments(OnnxBuilder& builder, const OnnxOpinions& opinions, MemberWeights weights) {
    const std::string mean = mean_of_members(builder, opinions.first, weights, "ensemble/mean");
    return moments_about(builder, opinions, mean, weights);
}

/// Members by their means, the smallest first, for each row and target apart.
OnnxOpinions sorted(OnnxBuilder& builder, const OnnxOpinions& opinions) {
    const auto names =
        builder.add_several(2, "TopK", {opinions.first, builder.integers({number_of(opinions.members)})},
                            "ensemble/sorted", {{"axis", std::int64_t{0}}, {"largest", std::int64_t{0}}});
    OnnxOpinions result = opinions;
    result.first = names.at(0);
    result.second = builder.add("GatherElements", {opinions.second, names.at(1)}, "ensemble/variances",
                                {{"axis", std::int64_t{0}}});
    return result;
}

/// Members [first, end) of those.
OnnxOpinions some_of(OnnxBuilder& builder, const OnnxOpinions& opinions, std::size_t first, std::size_t end) {
    const auto part = [&](const std::string& value) {
        return builder.add(
            "Slice",
            {value, builder.integers({number_of(first)}), builder.integers({number_of(end)}), builder.integers({0})},
            "ensemble/part");
    };
    OnnxOpinions result = opinions;
    result.members = end - first;
    result.first = part(opinions.first);
    result.second = part(opinions.second);
    return result;
}

OnnxAnswer median_of_means(OnnxBuilder& builder, const OnnxOpinions& opinions, MemberWeights) {
    const OnnxOpinions in_order = sorted(builder, opinions);
    const std::size_t middle = opinions.members / 2;
    const OnnxOpinions middles =
        some_of(builder, in_order, opinions.members % 2 == 1 ? middle : middle - 1, middle + 1);
    const std::string median = builder.mean_along(0, middles.first, "ensemble/median");
    return moments_about(builder, opinions, median, {});
}

OnnxAnswer trimmed_moments(OnnxBuilder& builder, const OnnxOpinions& opinions, MemberWeights) {
    constexpr std::size_t one_of = 5;  // as analysis::trimmed_mixture has it
    const std::size_t cut = opinions.members / one_of;
    const OnnxOpinions in_order = sorted(builder, opinions);
    return mixture_of_moments(builder, some_of(builder, in_order, cut, opinions.members - cut), {});
}

constexpr std::array<CombinationFormat, 12> combinations_table{{
    {.name = "average", .kind = Kind::classification, .onnx = mean_probability},
    {.name = "vote", .kind = Kind::classification, .onnx = share_of_votes},
    {.name = "geometric", .kind = Kind::classification, .onnx = geometric_mean_of_probabilities},
    {.name = "weighted", .kind = Kind::classification, .onnx = mean_probability},
    {.name = "greedy", .kind = Kind::classification, .onnx = mean_probability},
    {.name = "stacking", .kind = Kind::classification, .onnx = mean_probability},
    {.name = "mixture", .kind = Kind::regression, .onnx = mixture_of_moments},
    {.name = "median", .kind = Kind::regression, .onnx = median_of_means},
    {.name = "trimmed", .kind = Kind::regression, .onnx = trimmed_moments},
    {.name = "weighted", .kind = Kind::regression, .onnx = mixture_of_moments},
    {.name = "greedy", .kind = Kind::regression, .onnx = mixture_of_moments},
    {.name = "stacking", .kind = Kind::regression, .onnx = mixture_of_moments},
}};

}  // namespace

const CombinationFormat& combination_format(Kind kind, std::string_view name) {
    const auto* const found = std::ranges::find_if(
        combinations_table, [&](const CombinationFormat& each) { return each.kind == kind && each.name == name; });
    core::require(found != combinations_table.end(), "every combination has a format in which it is handed on");
    return *found;
}

}  // namespace ensemble::exchange
