#include "schedule/checkpointer.hpp"

#include <utility>

namespace ensemble::schedule {
namespace {

constexpr std::uint64_t gap_for_takeover = 1000;

}  // namespace

Checkpointer::Checkpointer(const store::RunDirectory& directory, const store::MemberDigests& digests,
                           const config::CheckpointInterval& interval, std::function<void()> may_write,
                           const store::StateCheck& fault_of)
    : interval_(interval),
      may_write_(std::move(may_write)),
      checkpoints_([&] {
          const auto place = std::make_shared<Place>(directory, digests, may_write_ ? gap_for_takeover : 0, fault_of);
          return std::shared_ptr<store::Checkpoints>(place, &place->checkpoints);
      }()),
      writer_(checkpoints_) {}

store::SavedMember Checkpointer::load(std::uint32_t member) {
    writer_.wait();
    auto saved = checkpoints_->load(member);
    const train::MemberState fresh;
    remember(saved.state ? *saved.state : fresh);
    return saved;
}

bool Checkpointer::is_due(const train::MemberState& state) const {
    if (interval_.epochs > 0) {
        // A layer that is pretrained is worth an epoch; between layers a state does not change.
        return state.epoch >= last_epoch_ + interval_.epochs || state.pretrained != last_pretrained_;
    }
    const bool has_changed = state.updates != last_updates_ || state.pretrained != last_pretrained_;
    return has_changed && interval_.seconds > 0 && since_last_.seconds() >= interval_.seconds;
}

bool Checkpointer::offer(const train::MemberState& state) {
    if (state.finished || !is_due(state) || !writer_.is_free()) return false;
    start(state);
    return true;
}

void Checkpointer::start(const train::MemberState& state) {
    if (may_write_) may_write_();
    remember(state);
    writer_.start(state);
}

void Checkpointer::remember(const train::MemberState& state) {
    last_epoch_ = state.epoch;
    last_pretrained_ = state.pretrained;
    last_updates_ = state.updates;
    since_last_.restart();
}

void Checkpointer::save(const train::MemberState& state) {
    writer_.wait();
    start(state);
    writer_.wait();
}

void Checkpointer::finish(const train::MemberState& state, const std::function<void()>& before) {
    writer_.wait();
    if (may_write_) may_write_();
    if (before) before();
    if (may_write_) may_write_();
    checkpoints_->save_final(state);
}

}  // namespace ensemble::schedule
