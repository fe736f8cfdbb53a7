#include "run/replay.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"
#include "run/standard_streams.hpp"
#include "schedule/member_training.hpp"
#include "store/file.hpp"
#include "store/member_file.hpp"
#include "store/run_directory.hpp"
#include "train/beginning.hpp"

namespace ensemble::run {
namespace {

std::string digest_of(std::span<const std::byte> file) {
    return core::hex(core::sha256(file));
}

/// A member of the run, whole and of this experiment.
train::MemberState stored_member(const config::Experiment& experiment, const store::RunDirectory& run,
                                 std::uint32_t index) {
    return store::load_member(run.member(index), experiment.digest_of(index),
                              [&](const train::MemberState& state) { return experiment.fault_of(state); });
}

}  // namespace

void replay_member(const config::Experiment& experiment, std::uint32_t index) {
    const auto run = store::RunDirectory::at(experiment.options().out);
    const std::filesystem::path file = run.member(index);
    const train::MemberState stored = stored_member(experiment, run, index);
    const train::MemberSpec spec = experiment.member(index);
    print_answer(fmt::format("training member {} again: {}, {}\n", index, spec.network->text(),
                             core::counted(spec.training.epochs, "epoch")));
    std::optional<train::MemberState> beginning;
    if (spec.after) beginning = train::begin_from(spec, stored_member(experiment, run, *spec.after));
    const auto training = schedule::training_of_networks(experiment)(index, std::move(beginning));
    while (!training->is_trained()) static_cast<void>(training->train());
    // What it predicts may have excluded it when it was trained.
    if (training->state().excluded.empty() && !stored.excluded.empty()) training->exclude(stored.excluded);
    const std::string then = digest_of(store::read_file(file));
    const std::string now = digest_of(store::pack_member(training->state(), experiment.digest_of(index)));
    if (then != now) {
        core::fail(core::Failure::run,
                   "member {} trained again is another one than '{}': SHA-256 {}, not {}; was the run made by another "
                   "build or on another kind of processor? The run is as it was",
                   index, file.string(), now, then);
    }
    print_answer(fmt::format("member {} is equal to its file to the bit: SHA-256 {}\n", index, now));
}

}  // namespace ensemble::run
