#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analysis/bootstrap.hpp"
#include "analysis/diversity.hpp"
#include "analysis/gains.hpp"
#include "analysis/held_out.hpp"
#include "analysis/in_order.hpp"
#include "analysis/member_sums.hpp"
#include "analysis/plus_intervals.hpp"
#include "analysis/row_jobs.hpp"
#include "analysis/row_results.hpp"
#include "analysis/study.hpp"
#include "task/score.hpp"

namespace ensemble::analysis {

/// Conformal intervals and sets are made to hold the truth of that share of new rows.
inline constexpr double conformal_level = 0.9;

/// The stages of an analysis. The jobs of a stage do not depend on one another, nor on jobs of scores in another.
enum class Stage : std::uint8_t {
    members,   ///< a job for each combination that is fitted: its weights. And jobs of scores for the test rows, and
               ///< for each set of these that are changed: what single members reach
    rows,      ///< a job for each block of rows: what is found row by row
    resample,  ///< jobs of replicates: gains on resampled test rows
};

/// Some members in metrics that are no means over rows.
struct MemberScores {
    std::vector<double> values;           ///< [members × whole metrics]
    std::vector<double> influences;       ///< [whole metrics × rows], sums over them
    std::vector<double> best_influences;  ///< where the best member is one of them
};

/// Gathers what jobs come to, wherever they were done: the whole is the same whoever does which job, and when.
class Analysis {
public:
    /// `study` must outlive it.
    Analysis(const Study& study, Committee committee);

    [[nodiscard]] const Study& study() const noexcept { return *study_; }
    [[nodiscard]] const Committee& committee() const noexcept { return committee_; }

    /// Those that the stage has that it is in, in the order in which they are best begun: the longest first, so that
    /// ranks end together. They are counted through all stages.
    [[nodiscard]] const std::vector<std::size_t>& jobs() const noexcept { return order_; }

    /// What whoever does a job of this stage or of one before has to know beside the study, for Analyst::begin().
    [[nodiscard]] std::vector<std::byte> context() const;

    /// Takes what Analyst::run() made of that job. Throws core::Error (run) if it makes no sense.
    void take(std::size_t job, std::span<const std::byte> result);

    /// Goes on to the next stage if all is taken that it needs; false if not, or if that was the last. Scores are
    /// needed by replicates alone: they fill the time of ranks that would wait for a long fit, or for what is found of
    /// the rows to be put together.
    [[nodiscard]] bool advance();

    /// The weights of each combination. REQUIRES: the stage after fit.
    [[nodiscard]] const Weights& weights() const noexcept { return weights_; }

    /// What has come of the rows of a set; with folds, of the validation rows that were predicted, one part after the
    /// other. REQUIRES: the last stage is over.
    [[nodiscard]] const RowResults& rows(std::size_t set) const { return rows_.at(set); }

    /// The scores of each of the committee's members on a set of changed test rows. REQUIRES: the last stage is over.
    [[nodiscard]] const std::vector<task::Scores>& member_scores(std::size_t set) const {
        return member_scores_.at(set);
    }

    /// Intervals of the test rows from rows that members were trained on: [targets × rows]; empty where plus_method()
    /// has none. REQUIRES: the last stage is over.
    [[nodiscard]] std::span<const Interval> plus_intervals() const noexcept { return plus_; }

    /// What combinations and members are in metrics that are no means over rows, and the replicates of what ask_gains()
    /// asks for, both of the test rows; empty where nothing is true of these. REQUIRES: the last stage is over.
    [[nodiscard]] const WholeReferences& whole() const noexcept { return whole_; }
    [[nodiscard]] std::span<const double> replicated() const noexcept { return replicated_; }

    /// What the members are among themselves on the test rows. REQUIRES: the last stage is over.
    [[nodiscard]] DiversityResult diversity() const;

    /// What is true of the rows of a set, as rows() has them.
    [[nodiscard]] task::Truth truth(std::size_t set) const;

private:
    void begin_members();
    void begin_rows();
    [[nodiscard]] bool begin_resampling();
    void take_weights(std::size_t job, std::span<const std::byte> result);
    void take_rows(std::size_t job, std::span<const std::byte> result);
    void score_combinations();
    void take_scores(std::size_t job, std::span<const std::byte> result);
    void take_replicates(std::size_t job, std::span<const std::byte> result);
    void take_plus(std::size_t job, std::span<const double> ends);
    void take_sums(std::size_t job, std::span<const std::byte> bytes);
    void add_scores(const ScoreJob& job, const MemberScores& part);

    const Study* study_;
    Committee committee_;
    Stage stage_ = Stage::members;
    std::vector<std::size_t> order_;   ///< of the jobs of this stage
    std::vector<std::size_t> fitted_;  ///< combinations that have weights
    Weights weights_;
    std::vector<RowJob> row_jobs_;
    std::vector<std::size_t> places_;  ///< of each of these, where its rows begin among those of its set
    std::vector<RowResults> rows_;
    std::vector<ScoreJob> score_jobs_;
    std::vector<std::vector<task::Scores>> member_scores_;  ///< [sets × members]
    Subsets subsets_;
    std::optional<MemberSums> sums_;  ///< of the test rows so far
    InOrder<MemberSums> rows_in_order_;
    std::vector<Interval> plus_;
    WholeReferences whole_;
    InOrder<MemberScores> members_in_order_;
    ResampledColumns resampled_;
    std::vector<double> replicated_;  ///< [replicates × columns]
    std::size_t begun_ = 0;           ///< jobs of all stages so far
    std::size_t fits_left_ = 0;       ///< and so on: jobs that are not taken
    std::size_t scores_left_ = 0;
    std::size_t rows_left_ = 0;
    EvaluationSet predicted_;  ///< with folds, what is true of the validation rows that are predicted
};

/// Does jobs of an analysis on any rank.
class Analyst {
public:
    /// `study` must outlive it.
    Analyst(const Study& study, ReadPredictions read) : study_(&study), read_(std::move(read)) {}

    /// Begins a stage with what Analysis::context() says. Throws core::Error (run) if that makes no sense.
    void begin(std::span<const std::byte> context);

    /// What a job comes to. REQUIRES: begin(); a job of the stage, or of one before that is not over.
    [[nodiscard]] std::vector<std::byte> run(std::size_t job);

private:
    [[nodiscard]] std::vector<std::byte> fit(std::size_t job);
    [[nodiscard]] std::vector<std::byte> analyse_rows(const RowJob& job);
    [[nodiscard]] std::vector<std::byte> score_members(const ScoreJob& job);

    const Study* study_;
    ReadPredictions read_;
    Stage stage_ = Stage::members;
    Committee committee_;
    Weights weights_;
    std::vector<RowJob> row_jobs_;
    std::vector<ScoreJob> score_jobs_;
    Subsets subsets_;
    ResampledColumns resampled_;
    std::optional<HeldOut> held_out_;    ///< once a fit has needed them
    bool has_plus_ = false;              ///< plus_method() has one
    std::optional<PlusIntervals> plus_;  ///< once test rows have needed it
};

}  // namespace ensemble::analysis
