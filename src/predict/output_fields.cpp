#include "predict/output_fields.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace ensemble::predict {
namespace {

using task::Kind;

float chosen_class(const Said& said) {
    return static_cast<float>(said.chosen);
}

float probability_of_chosen(const Said& said) {
    return said.combined[said.chosen];
}

float votes_for_chosen(const Said& said) {
    return static_cast<float>(said.votes);
}

float uncertainty(const Said& said) {
    return said.uncertainty;
}

float root_of_uncertainty(const Said& said) {
    return deviation_of(said.uncertainty);
}

float mean(const Said& said) {
    return said.combined[0];
}

float deviation(const Said& said) {
    return deviation_of(said.combined[1]);
}

float low_end(const Said& said) {
    return static_cast<float>(said.interval.low);
}

float high_end(const Said& said) {
    return static_cast<float>(said.interval.high);
}

constexpr std::array<OutputField, 11> all_fields{{
    {.name = "prediction", .kind = Kind::classification, .is_class = true, .of = chosen_class},
    {.name = "probability", .kind = Kind::classification, .of = probability_of_chosen},
    {.name = "entropy", .kind = Kind::classification, .measure = "entropy", .of = uncertainty},
    {.name = "mutual_information", .kind = Kind::classification, .measure = "mutual_information", .of = uncertainty},
    {.name = "votes", .kind = Kind::classification, .of = votes_for_chosen},
    {.name = "mean", .kind = Kind::regression, .of = mean},
    {.name = "std", .kind = Kind::regression, .of = deviation},
    {.name = "aleatoric_std", .kind = Kind::regression, .measure = "aleatoric_variance", .of = root_of_uncertainty},
    {.name = "epistemic_std", .kind = Kind::regression, .measure = "epistemic_variance", .of = root_of_uncertainty},
    {.name = "low", .kind = Kind::regression, .is_bound = true, .of = low_end},
    {.name = "high", .kind = Kind::regression, .is_bound = true, .of = high_end},
}};

}  // namespace

std::vector<const OutputField*> output_fields_of(Kind kind) {
    std::vector<const OutputField*> chosen;
    for (const OutputField& field : all_fields) {
        if (field.kind == kind) chosen.push_back(&field);
    }
    return chosen;
}

float deviation_of(double variance) {
    return static_cast<float>(std::sqrt(std::max(variance, 0.0)));
}

}  // namespace ensemble::predict
