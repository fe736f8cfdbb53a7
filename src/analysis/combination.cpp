#include "analysis/combination.hpp"

#include <algorithm>
#include <array>

#include "analysis/greedy.hpp"
#include "analysis/moment_pools.hpp"
#include "analysis/optimal_pool.hpp"
#include "analysis/probability_pools.hpp"
#include "analysis/stacking.hpp"

namespace ensemble::analysis {
namespace {

using task::Kind;

constexpr std::array<Combination, 12> table{{
    {.name = "average",
     .text = "mean of the members' probabilities (soft voting)",
     .kind = Kind::classification,
     .is_mixture = false,
     .fit = nullptr,
     .apply = average},
    {.name = "vote",
     .text = "shares of the members' votes (hard voting)",
     .kind = Kind::classification,
     .is_mixture = false,
     .fit = nullptr,
     .apply = vote},
    {.name = "geometric",
     .text = "geometric mean of the members' probabilities, made to sum to 1 (mean of the logits)",
     .kind = Kind::classification,
     .is_mixture = false,
     .fit = nullptr,
     .apply = geometric_mean},
    {.name = "weighted",
     .text = "mean weighted so that validation rows are most probable (optimal pool)",
     .kind = Kind::classification,
     .is_mixture = false,
     .fit = optimal_pool,
     .apply = average},
    {.name = "greedy",
     .text = "mean of the members chosen one by one, some several times, for the log loss of validation rows (Caruana)",
     .kind = Kind::classification,
     .is_mixture = false,
     .fit = select_greedily,
     .apply = average},
    {.name = "stacking",
     .text = "mean with weights of a ridge regression of the validation classes, none negative (stacking)",
     .kind = Kind::classification,
     .is_mixture = false,
     .fit = stack,
     .apply = average},
    {.name = "mixture",
     .text = "mean and variance of the mixture of the members' distributions",
     .kind = Kind::regression,
     .is_mixture = true,
     .fit = nullptr,
     .apply = mixture},
    {.name = "median",
     .text = "median of the members' means, with the mixture's mean square about it",
     .kind = Kind::regression,
     .is_mixture = false,
     .fit = nullptr,
     .apply = median},
    {.name = "trimmed",
     .text = "mixture without the fifth of the members with the lowest means and the fifth with the highest",
     .kind = Kind::regression,
     .is_mixture = false,
     .fit = nullptr,
     .apply = trimmed_mixture},
    {.name = "weighted",
     .text = "mixture weighted so that validation rows are most probable (optimal pool)",
     .kind = Kind::regression,
     .is_mixture = true,
     .fit = optimal_pool,
     .apply = mixture},
    {.name = "greedy",
     .text = "mixture of the members chosen one by one, some several times, for the log loss of validation rows "
             "(Caruana)",
     .kind = Kind::regression,
     .is_mixture = true,
     .fit = select_greedily,
     .apply = mixture},
    {.name = "stacking",
     .text = "mixture with weights of a ridge regression of the validation targets, none negative (stacking)",
     .kind = Kind::regression,
     .is_mixture = true,
     .fit = stack,
     .apply = mixture},
}};

}  // namespace

std::span<const Combination> combinations() noexcept {
    return table;
}

std::vector<const Combination*> combinations_of(task::Kind kind) {
    std::vector<const Combination*> chosen;
    for (const Combination& combination : table) {
        if (combination.kind == kind) chosen.push_back(&combination);
    }
    return chosen;
}

std::size_t find_combination(task::Kind kind, std::string_view name) {
    const auto chosen = combinations_of(kind);
    const auto found =
        std::ranges::find_if(chosen, [&](const Combination* each) { return name.empty() || each->name == name; });
    return static_cast<std::size_t>(found - chosen.begin());
}

}  // namespace ensemble::analysis
