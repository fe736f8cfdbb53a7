#include "train/beginning.hpp"

#include <fmt/format.h>

#include "core/contract.hpp"
#include "train/hidden_features.hpp"
#include "train/optimizer.hpp"

namespace ensemble::train {

MemberState initial_state(const model::Network& network, const Hyperparameters& hyperparameters, const Problem& problem,
                          std::uint32_t member) {
    MemberState state;
    state.member = member;
    state.parameters.resize(network.buffer_size());
    model::initialise(network, hyperparameters.initialiser, problem.seed, member, state.parameters);
    if (hyperparameters.initialiser != model::Initialiser::rbm)
        begin_at_zero(network, problem.begin_at_zero, state.parameters);
    state.statistics.resize(network.statistics_size());
    model::initialise_statistics(network, state.statistics);
    const Optimizer optimizer(hyperparameters);
    if (optimizer.has_first_moment()) state.first_moment.assign(network.buffer_size(), 0.0F);
    if (optimizer.has_second_moment()) state.second_moment.assign(network.buffer_size(), 0.0F);
    if (hyperparameters.average != AverageKind::none) {
        state.average.assign(state.parameters.size(), 0.0F);
        state.average_statistics.assign(state.statistics.size(), 0.0F);
    }
    return state;
}

MemberState begin_from(const MemberSpec& spec, const MemberState& before) {
    core::require(before.finished && spec.after == before.member, "a member goes on from the finished one it is to");
    MemberState state = initial_state(*spec.network, spec.training, spec.problem, spec.index);
    core::require(before.parameters.size() == state.parameters.size(), "both members have one network");
    state.parameters = before.parameters;
    state.statistics = before.statistics;
    if (before.excluded.empty()) return state;
    state.excluded = fmt::format("member {}, which it goes on from, is excluded", before.member);
    state.finished = true;
    return state;
}

}  // namespace ensemble::train
