#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/stopwatch.hpp"
#include "run/experiment.hpp"
#include "run/protocol.hpp"
#include "run/trainee.hpp"
#include "store/checkpoints.hpp"

namespace ensemble::run {

/// What a member predicts of each of the evaluation sets, [rows × predicted width]; none of an excluded member.
using MemberPredictions = std::vector<std::vector<float>>;

/// Trains the members it is given, one after the other, in pieces short enough that its owner can answer messages in
/// between; has each predict the evaluation sets, and stores it with its predictions. When all are done, combines what
/// members predict of the blocks of test rows that it is given.
class Worker {
public:
    using Send = std::function<void(const Letter&)>;  ///< to the coordinator

    /// Where members are kept. `finish` and `rows` must be there.
    struct Storage {
        std::function<store::KeptMember(std::uint32_t member)> load;  ///< of an earlier run
        std::function<bool(const train::MemberState&)> offer;         ///< after every batch: true if it is kept now
        std::function<void(const train::MemberState&)> save;  ///< is to be kept as it is, though it is not finished
        /// What a member that is finished already has predicted; nothing where not all of it is there.
        std::function<std::optional<MemberPredictions>(std::uint32_t member)> predictions;
        /// Is trained. The predictions become durable before the member counts as finished.
        std::function<void(const train::MemberState&, const MemberPredictions&)> finish;
        /// What members predict of these test rows: [members × count × predicted width].
        std::function<std::vector<float>(std::span<const std::uint32_t> members, std::size_t first, std::size_t count)>
            rows;
    };

    /// Asks for its first member. `experiment` must outlive it. Within an epoch it reports every `progress_interval_s`.
    Worker(const Experiment& experiment, Send send, Storage storage, Trainees trainees, double progress_interval_s);

    /// Takes what the coordinator says.
    void receive(const Letter& letter);

    /// Does a piece of work; false if there is nothing to do.
    bool work();

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
    struct Predicting {
        std::unique_ptr<Trainee> trainee;
        core::Stopwatch since_start;
        std::uint64_t earlier_samples;
        bool is_final;
        bool is_stored;                 ///< the predictions are those of an earlier run
        MemberPredictions predictions;  ///< of the sets that are done, and of the one under way
        std::size_t rows_done = 0;      ///< of that one
    };

    void begin(std::uint32_t member);
    void suspend();
    void train_batch();
    void end_training();
    void predict_rows();
    void finish();
    void complete_predictions();
    void analyse_block();
    [[nodiscard]] analysis::MemberResult result_of(const Predicting& predicting) const;
    [[nodiscard]] std::uint64_t samples(const train::MemberState& state) const;

    const Experiment& experiment_;
    Send send_;
    Storage storage_;
    Trainees trainees_;
    double progress_interval_s_;
    std::optional<Training> training_;
    std::optional<Predicting> predicting_;
    std::optional<std::uint32_t> next_;
    std::optional<Analyse> block_;
    std::optional<std::size_t> threads_;  ///< as the coordinator last said
    core::Stopwatch since_progress_;
};

}  // namespace ensemble::run
