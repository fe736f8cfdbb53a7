#include "run/run_hooks.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "comm/status_file.hpp"
#include "core/text.hpp"
#include "report/table.hpp"
#include "run/interrupt.hpp"
#include "store/checkpoints.hpp"
#include "store/file.hpp"
#include "store/timeline.hpp"

namespace ensemble::run {

/// On the root the clock may want it too.
std::string RunHooks::stop_wanted() {
    std::string signal = comm::asked_by(signal_received());
    const double limit_s = experiment_.options().time_limit_s;
    if (!signal.empty() || !world_.is_root() || limit_s == 0 || since_start_.seconds() < limit_s) return signal;
    return fmt::format("its time limit of {}", core::duration(limit_s));
}

/// The history has an epoch of an earlier run already, unless that was killed between saving and writing it down.
void RunHooks::epoch_done(const train::EpochRecord& record, bool restored) {
    const bool is_new = known_epochs_.insert({{record.member, record.epoch}, restored ? 0 : record.seconds}).second;
    if (restored && !is_new) return;
    train::EpochRecord line = record;
    if (restored) line.seconds = line.samples_per_s = std::numeric_limits<double>::quiet_NaN();
    directory_.append_history(store::history_line(line, experiment_.task().metrics().front().name));
}

/// A log names every member that is done; on a terminal the table does so at the end, and only bad news cannot wait.
void RunHooks::member_done(const analysis::MemberResult& member, int rank) {
    if (!member.excluded.empty()) ++members_excluded_;
    if (terminal_.live && member.excluded.empty()) return;
    const std::string line = report::member_line(member, experiment_.task(), rank, world_.size());
    display_.line(terminal_.live ? line : fmt::format("{:>7}  {}", core::clock(since_training_.seconds()), line));
}

/// What ranks did is no result: that it cannot be written is no reason to end a run that can go on.
void RunHooks::activity_done(const store::TimelineEntry& entry) {
    store::TimelineEntry line = entry;
    line.start = last_activity_.start + 1;
    line.from_s += last_activity_.to_s;
    line.to_s += last_activity_.to_s;
    store::FileSystem system;
    try {
        store::append_line(directory_.timeline(), store::timeline_line(line), system);
    } catch (const core::Error& error) {
        log_.note(error.what());
    }
}

std::string RunHooks::what_survives() {
    if (!stop_wanted().empty()) return fmt::format("{}; {}", progress_text(), how_to_go_on());
    const auto saved = store::saved_members(directory_);
    if (saved.begun.empty() && saved.finished.empty()) return fmt::format("no member is saved yet; {}", how_to_go_on());
    if (saved.begun.empty() && saved.finished.size() <= members_excluded_) return "no usable member is saved";
    return fmt::format("{}, in '{}'; {}", progress_text(), directory_.path().string(), how_to_go_on());
}

std::string RunHooks::progress_text() const {
    const store::SavedNames saved = store::saved_members(directory_);
    const auto half_trained =
        std::ranges::count_if(saved.begun, [&](auto member) { return !saved.finished.contains(member); });
    std::string text = fmt::format("{} of {} are finished", saved.finished.size(),
                                   core::counted(experiment_.options().members, "member"));
    if (half_trained > 0) text += fmt::format(", {} more saved part-way", half_trained);
    return text;
}

std::string RunHooks::how_to_go_on() const {
    return fmt::format("go on with --resume --out {}", directory_.path().string());
}

}  // namespace ensemble::run
