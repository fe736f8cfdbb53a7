#include "schedule/stopping_rule.hpp"

#include <array>
#include <cstdint>

#include "config/stopping.hpp"

namespace ensemble::schedule {

GainRule::GainRule(const config::Experiment& experiment, MemberStorage& storage)
    : storage_(storage),
      set_(experiment.study().validation),
      rows_(experiment.validation_set().rows.size()),
      gains_(experiment.task(), experiment.targets(), experiment.validation_set().truth(), rows_),
      result_{.metric = analysis::MarginalGains::metric_of(experiment.task()),
              .asked = experiment.options().stop_when,
              .planned = experiment.options().members,
              .round = config::members_of_round(experiment.options())} {}

bool GainRule::is_enough_with(const analysis::MemberResult& next) {
    const std::array<std::uint32_t, 1> member{next.index};
    if (next.is_included()) gains_.add(storage_.rows(set_, member, 0, rows_));
    const std::size_t members = std::size_t{next.index} + 1;
    if (members % result_.round != 0) return false;
    gains_.end_round();
    const auto last = gains_.last();
    if (!last) return false;
    result_.members = members;
    result_.last = *last;
    result_.stopped = last->bound < result_.asked && members < result_.planned;
    return result_.stopped;
}

}  // namespace ensemble::schedule
