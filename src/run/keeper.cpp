#include "run/keeper.hpp"

#include <utility>

namespace ensemble::run {
namespace {

constexpr std::uint64_t gap_for_takeover = 1000;

}  // namespace

Keeper::Keeper(const store::RunDirectory& directory, const std::string& configuration,
               const CheckpointInterval& interval, std::function<void()> may_write, const store::StateCheck& fault_of)
    : interval_(interval),
      may_write_(std::move(may_write)),
      checkpoints_([&] {
          const auto place =
              std::make_shared<Place>(directory, configuration, may_write_ ? gap_for_takeover : 0, fault_of);
          return std::shared_ptr<store::Checkpoints>(place, &place->checkpoints);
      }()),
      writer_(checkpoints_) {}

store::KeptMember Keeper::load(std::uint32_t member) {
    writer_.wait();
    auto kept = checkpoints_->load(member);
    const train::MemberState fresh;
    remember(kept.state ? *kept.state : fresh);
    return kept;
}

bool Keeper::is_due(const train::MemberState& state) const {
    if (interval_.epochs > 0) {
        // A layer that is pretrained is worth an epoch; between layers a state does not change.
        return state.epoch >= last_epoch_ + interval_.epochs || state.pretrained != last_pretrained_;
    }
    const bool has_changed = state.updates != last_updates_ || state.pretrained != last_pretrained_;
    return has_changed && interval_.seconds > 0 && since_last_.seconds() >= interval_.seconds;
}

bool Keeper::offer(const train::MemberState& state) {
    if (state.finished || !is_due(state) || !writer_.is_free()) return false;
    start(state);
    return true;
}

void Keeper::start(const train::MemberState& state) {
    if (may_write_) may_write_();
    remember(state);
    writer_.start(state);
}

void Keeper::remember(const train::MemberState& state) {
    last_epoch_ = state.epoch;
    last_pretrained_ = state.pretrained;
    last_updates_ = state.updates;
    since_last_.restart();
}

void Keeper::save(const train::MemberState& state) {
    writer_.wait();
    start(state);
    writer_.wait();
}

void Keeper::finish(const train::MemberState& state, const std::function<void()>& before) {
    writer_.wait();
    if (may_write_) may_write_();
    if (before) before();
    if (may_write_) may_write_();
    checkpoints_->save_final(state);
}

}  // namespace ensemble::run
