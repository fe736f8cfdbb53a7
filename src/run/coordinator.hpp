#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "ensemble/results.hpp"
#include "report/progress.hpp"
#include "run/protocol.hpp"

namespace run {

/// Hands out members, collects what becomes of them, and knows how far everybody is.
/// It neither sends nor waits: it is given letters with the time of their arrival and says what to answer.
class Coordinator {
public:
    struct Answer {
        int rank = 0;
        Letter letter;
    };

    /// REQUIRES: members, ranks and epochs > 0.
    Coordinator(std::size_t members, int ranks, std::size_t epochs);

    /// Takes a worker's letter; `now_s` never goes back. Throws core::Error (run) for a letter that cannot be.
    [[nodiscard]] std::vector<Answer> receive(int rank, const Letter& letter, double now_s);

    /// Ends the run because of `error` on this side.
    [[nodiscard]] std::vector<Answer> fail(const core::Error& error);

    /// Every member has become something, or the run has failed.
    [[nodiscard]] bool is_over() const noexcept { return failure_ || done_ == results_.size(); }

    /// Why the run failed, in words for the user.
    [[nodiscard]] const std::optional<core::Error>& failure() const noexcept { return failure_; }

    /// What became of the members so far, by index; a member that is not done has no epochs.
    [[nodiscard]] const std::vector<ensemble::MemberResult>& results() const noexcept { return results_; }

    [[nodiscard]] std::size_t members_done() const noexcept { return done_; }

    [[nodiscard]] report::Snapshot snapshot(double now_s) const;

    /// Samples trained on so far, all ranks together.
    [[nodiscard]] std::uint64_t samples() const noexcept;

    /// Share of the ranks' time, from the first assignment to the last member, in which they had nothing to do.
    [[nodiscard]] double idle_fraction() const noexcept;

    /// Seconds from the first assignment to the last member's end.
    [[nodiscard]] double train_s() const noexcept { return last_end_s_ - first_start_s_; }

private:
    struct Rank {
        std::optional<std::uint32_t> member;  ///< in training
        std::optional<std::uint32_t> next;    ///< assigned, to begin when that one is done
        double start_s = 0;                   ///< when the current member began
        report::RankProgress progress;
        std::uint64_t samples = 0;  ///< of the current member
        bool waits = false;         ///< has asked in vain
    };

    struct Visitor;

    [[nodiscard]] std::vector<Answer> assign(int rank, double now_s);
    static void begin(Rank& rank, std::uint32_t member, double now_s);
    [[nodiscard]] std::vector<Answer> finish(int rank, const Finished& finished, double now_s);
    [[nodiscard]] std::vector<Answer> conclude();
    [[nodiscard]] std::vector<Answer> to_all(const Letter& letter) const;
    [[nodiscard]] Rank& training(int rank, std::uint32_t member);
    [[nodiscard]] double seconds_left(double now_s) const;

    std::size_t epochs_;
    std::uint32_t next_member_ = 0;
    std::size_t done_ = 0;
    std::vector<Rank> ranks_;
    std::vector<ensemble::MemberResult> results_;
    std::optional<core::Error> failure_;
    std::uint64_t samples_done_ = 0;
    double busy_s_ = 0;
    bool started_ = false;
    double first_start_s_ = 0;
    double last_end_s_ = 0;
};

}  // namespace run
