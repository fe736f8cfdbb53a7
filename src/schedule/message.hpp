#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "analysis/results.hpp"
#include "core/error.hpp"
#include "schedule/work_queue.hpp"
#include "train/member_state.hpp"

namespace ensemble::schedule {

// What workers tell the coordinator.

/// "Give me members to train."
struct Request {};

/// How far the member in training is.
struct Progress {
    std::uint32_t member = 0;
    std::uint32_t epoch = 0;    ///< the one under way, counted from 1
    double fraction = 0;        ///< of the planned steps
    double loss = 0;            ///< over the epoch so far; NaN before its first batch
    std::uint64_t samples = 0;  ///< this member was trained on in this run
    double saved = 0;           ///< fraction that was done when it was last handed over to be saved
};

struct EpochDone {
    train::EpochRecord record;
    bool restored = false;  ///< trained in an earlier run, which may or may not have written it down
};

/// A member is trained; it and its predictions are durable.
struct Finished {
    analysis::MemberResult result;
    std::uint64_t samples = 0;
    double busy_s = 0;     ///< the rank's time from its beginning to here
    double talk_s = 0;     ///< its time with messages since the member before
    double predict_s = 0;  ///< of busy_s, the time since the end of its training, in which it predicted and was stored
};

/// Somebody wants the run to stop.
struct Interrupted {
    std::string why;  ///< "SIGTERM"
};

/// As asked by Suspend: what this rank was training is saved where it stands, or given up, and it does no more.
struct Suspended {};

/// Something the user should know.
struct Notice {
    std::string text;
};

/// What a job has come to, as asked by Analyse.
struct Analysed {
    std::uint64_t job = 0;
    std::vector<std::byte> result;  ///< of analysis::Analyst::run()
};

/// This rank cannot go on.
struct Failed {
    core::Failure kind = core::Failure::run;
    std::string message;
};

// What the coordinator tells workers.

struct Assign {
    WorkUnit unit;
};

/// Train on so many threads from now on: ranks of this host are idle, or are not any more.
struct Threads {
    std::int32_t count = 1;
};

/// Train no more: save what is in training, or give it up where it is not needed.
struct Suspend {
    bool saves = true;
};

inline constexpr std::uint64_t no_job = std::numeric_limits<std::uint64_t>::max();

/// All members are done, or as many as will be: do a job of their analysis, from their files. Without a job it says no
/// more than that training is over: others do all there are.
struct Analyse {
    std::uint64_t job = no_job;
    std::vector<std::byte> context;  ///< for analysis::Analyst::begin(), where the stage is new to the rank
};

/// Leave: the run has failed, or it is over.
struct Stop {
    std::int32_t exit_code = 0;
    bool ranks_lost = false;  ///< there were some: do not wait for others
};

using Message = std::variant<Request, Progress, EpochDone, Finished, Failed, Assign, Analyse, Stop, Interrupted,
                             Suspend, Suspended, Notice, Analysed, Threads>;

/// True of what the coordinator tells workers, but for Stop, which ends all.
[[nodiscard]] bool is_for_worker(const Message& message);

/// A message as bytes: kind, version and size, then the content. REQUIRES: the content makes sense.
[[nodiscard]] std::vector<std::byte> encode(const Message& message);

/// The message in `bytes`. Throws core::Error (run) if they are not exactly one message that makes sense.
[[nodiscard]] Message decode(std::span<const std::byte> bytes);

}  // namespace ensemble::schedule
