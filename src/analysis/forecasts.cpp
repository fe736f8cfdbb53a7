#include "analysis/forecasts.hpp"

#include <algorithm>
#include <span>

#include "analysis/probabilities.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// The forecasts with the class `event_of(row)` of each row as the event.
template <class EventOf>
Forecasts forecasts_of(const task::Answers& answers, EventOf event_of) {
    core::require(answers.rows > 0 && answers.width > 0 && answers.truth.labels.size() == answers.rows,
                  "forecasts of classes have rows with labels");
    Forecasts forecasts;
    forecasts.probability.reserve(answers.rows);
    forecasts.outcome.reserve(answers.rows);
    bool valid = true;
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const std::size_t event = event_of(row);
        const std::size_t label = answers.label(row);
        const std::span<const float> p = answers.of(row).subspan(std::min(event, answers.width - 1), 1);
        valid &= event < answers.width && label < answers.width && are_probabilities(p);
        forecasts.probability.push_back(std::min(double{p.front()}, 1.0));
        forecasts.outcome.push_back(label == event ? 1.0 : 0.0);
    }
    core::require(valid, "forecasts are probabilities of classes");
    return forecasts;
}

}  // namespace

Forecasts forecasts_of_chosen(const task::Answers& answers) {
    core::require(answers.chosen.size() == answers.rows, "a class was decided on for every row");
    return forecasts_of(answers, [&](std::size_t row) { return static_cast<std::size_t>(answers.chosen[row]); });
}

Forecasts forecasts_of_class(const task::Answers& answers, std::size_t label) {
    return forecasts_of(answers, [label](std::size_t) { return label; });
}

void require_valid(const Forecasts& forecasts) {
    core::require(forecasts.rows() > 0 && forecasts.outcome.size() == forecasts.rows(),
                  "every forecast has an outcome, and there are some");
    core::require(std::ranges::all_of(forecasts.probability, [](double p) { return p >= 0 && p <= 1; }),
                  "a forecast is a probability");
    core::require(std::ranges::all_of(forecasts.outcome, [](double y) { return y == 0 || y == 1; }),
                  "an event happened or did not");
}

}  // namespace ensemble::analysis
