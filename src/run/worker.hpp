#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "analysis/combination.hpp"
#include "core/stopwatch.hpp"
#include "run/experiment.hpp"
#include "run/protocol.hpp"
#include "run/trainee.hpp"
#include "store/checkpoints.hpp"

namespace ensemble::run {

/// Trains the members it is given, one after the other, in pieces short enough that its owner can answer messages in
/// between; tests each, stores it, and adds it to this rank's part of the ensemble.
class Worker {
public:
    using Send = std::function<void(const Letter&)>;  ///< to the coordinator

    /// Where members are kept. Only `finish` must be there.
    struct Storage {
        std::function<store::KeptMember(std::uint32_t member)> load;  ///< of an earlier run
        std::function<bool(const train::MemberState&)> offer;         ///< after every batch: true if it is kept now
        std::function<void(const train::MemberState&)> save;    ///< is to be kept as it is, though it is not finished
        std::function<void(const train::MemberState&)> finish;  ///< is trained and tested
    };

    /// Asks for its first member. `experiment` must outlive it. Within an epoch it reports every `progress_interval_s`.
    Worker(const Experiment& experiment, Send send, Storage storage, Trainees trainees, double progress_interval_s);

    /// Takes what the coordinator says.
    void receive(const Letter& letter);

    /// Does a piece of work; false if there is nothing to do.
    bool work();

    /// The order to combine has come.
    [[nodiscard]] bool is_to_combine() const noexcept { return best_.has_value(); }

    /// The sum over this rank's included members. REQUIRES: is_to_combine().
    [[nodiscard]] analysis::Contribution contribution() const;

private:
    /// The member being trained.
    struct Training {
        std::unique_ptr<Trainee> trainee;
        core::Stopwatch since_start;
        std::uint64_t earlier_samples = 0;  ///< it was trained on in an earlier run
        bool is_final = false;              ///< it is kept for good already
        double kept = 0;                    ///< fraction done when it was last kept
    };

    /// The member that is trained and on its way into the ensemble.
    struct Testing {
        std::unique_ptr<Trainee> trainee;
        core::Stopwatch since_start;
        std::uint64_t earlier_samples;
        bool is_final;
        std::vector<float> probabilities;  ///< [test rows × classes]
        std::size_t rows_done = 0;
    };

    /// This rank's best member so far; its probabilities are added at the end, when it is known whether it is the best
    /// of all.
    struct Best {
        analysis::MemberResult result;
        std::vector<float> probabilities;
    };

    void begin(std::uint32_t member);
    void suspend();
    void train_batch();
    void end_training();
    void test_rows();
    void finish();
    void join(const analysis::MemberResult& result, std::vector<float> probabilities);
    [[nodiscard]] analysis::MemberResult result_of(const Testing& testing) const;
    [[nodiscard]] std::uint64_t samples(const train::MemberState& state) const;

    const Experiment& experiment_;
    Send send_;
    Storage storage_;
    Trainees trainees_;
    double progress_interval_s_;
    analysis::Contribution contribution_;
    std::optional<Training> training_;
    std::optional<Testing> testing_;
    std::optional<std::uint32_t> next_;
    std::optional<Best> best_here_;
    std::optional<std::uint32_t> best_;
    std::optional<std::size_t> threads_;  ///< as the coordinator last said
    core::Stopwatch since_progress_;
};

}  // namespace ensemble::run
