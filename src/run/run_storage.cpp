#include "run/run_storage.hpp"

#include <utility>

#include <fmt/format.h>

#include "run/results.hpp"

namespace ensemble::run {

RunStorage::RunStorage(const config::Experiment& experiment, const store::RunDirectory& directory, const RunLog& log,
                       std::function<void()> may_write)
    : experiment_(experiment),
      directory_(directory),
      log_(log),
      checkpointer_(directory,
                    store::MemberDigests([&experiment](std::uint32_t member) { return experiment.digest_of(member); }),
                    experiment.options().checkpoint_every, std::move(may_write),
                    [&experiment](const train::MemberState& state) { return experiment.fault_of(state); }) {}

store::SavedMember RunStorage::load(std::uint32_t member) {
    store::SavedMember saved = checkpointer_.load(member);
    for (const std::string& why : saved.refused) log_.note(why);
    if (saved.state) log_.note(fmt::format("member {} goes on after {} epochs", member, saved.state->epoch));
    return saved;
}

std::optional<schedule::MemberPredictions> RunStorage::predictions(std::uint32_t member) {
    schedule::MemberPredictions all;
    for (const config::EvaluationSet& set : experiment_.evaluation_sets()) {
        auto stored = prediction_files(experiment_, directory_, set).read(member);
        if (!stored) return std::nullopt;
        all.push_back(std::move(*stored));
    }
    return all;
}

void RunStorage::finish(const train::MemberState& state, const schedule::MemberPredictions& predictions) {
    checkpointer_.finish(state, [&] {
        for (std::size_t i = 0; i < predictions.size(); ++i) {
            prediction_files(experiment_, directory_, experiment_.evaluation_sets()[i])
                .write(state.member, predictions[i]);
        }
    });
}

std::vector<float> RunStorage::rows(std::size_t set, std::span<const std::uint32_t> members, std::size_t first,
                                    std::size_t count) {
    const config::EvaluationSet& which = experiment_.evaluation_sets().at(set);
    return store::read_rows_of(prediction_files(experiment_, directory_, which), members, first, count);
}

}  // namespace ensemble::run
