#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/study.hpp"
#include "config/evaluation_sets.hpp"
#include "config/load_data.hpp"
#include "config/options.hpp"
#include "config/settings.hpp"
#include "config/variation.hpp"
#include "data/dataset.hpp"
#include "data/source.hpp"
#include "data/split.hpp"
#include "model/network.hpp"
#include "task/task.hpp"
#include "train/footprint.hpp"
#include "train/member_spec.hpp"
#include "train/member_state.hpp"

namespace ensemble::config {

/// Names the combination that predictions.npy is to hold, the task's first unless asked otherwise. Throws core::Error
/// (usage) where the task has no such combination, or nothing to calibrate.
void resolve_combination(Options& options, task::Kind kind);

/// Whether members look at the validation rows in training, to stop early.
[[nodiscard]] bool validation_guides_training(const Options& options);

/// Where the parts of so many rows begin that members leave out with --folds, and the end of the last; nothing where
/// `folds` is 0.
[[nodiscard]] std::vector<std::size_t> fold_bounds(std::size_t rows, std::size_t folds);

/// What is trained, and on what: the same on every rank. Its views point into it, so it stays where it is.
class Experiment {
public:
    /// Splits the data, as load_data() made them, and compiles the network. Throws core::Error (usage) where options
    /// and data do not fit.
    Experiment(const Options& options, data::Source source);
    Experiment(const Experiment&) = delete;
    Experiment& operator=(const Experiment&) = delete;

    /// As given, with everything resolved that the data decide: the task, the network in full, the batch no larger than
    /// the data, the epochs.
    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] const data::Source& source() const noexcept { return source_; }
    [[nodiscard]] const data::Split& split() const noexcept { return split_; }
    [[nodiscard]] const task::Task& task() const noexcept { return task_; }

    /// The networks that members take in turn.
    [[nodiscard]] const std::vector<model::Network>& networks() const noexcept { return networks_; }
    [[nodiscard]] const model::Network& network_of(std::uint32_t member) const { return networks_[place_of(member)]; }

    /// Classes, or numbers to be learnt of a row.
    [[nodiscard]] std::size_t targets() const noexcept { return source_.train.outputs(); }

    /// Numbers that a member predicts of a row.
    [[nodiscard]] std::size_t predicted_width() const noexcept { return task_.predicted_width(targets()); }

    /// What trained members predict: first the validation rows, then the test rows, then what else is asked for.
    [[nodiscard]] const std::vector<EvaluationSet>& evaluation_sets() const noexcept { return sets_.all(); }
    [[nodiscard]] const EvaluationSet& validation_set() const { return evaluation_sets().at(0); }
    [[nodiscard]] const EvaluationSet& test_set() const { return evaluation_sets().at(1); }

    /// How some of these were made, see EvaluationSets.
    [[nodiscard]] const std::optional<data::Grid>& grid() const noexcept { return sets_.grid(); }
    [[nodiscard]] const std::optional<analysis::ShuffledColumns>& shuffled() const noexcept { return sets_.shuffled(); }

    /// By which coverage of the test rows is told; empty unless that is asked for.
    [[nodiscard]] const analysis::RowGroups& coverage_groups() const noexcept { return sets_.coverage_groups(); }

    /// The names of all these, in their order.
    [[nodiscard]] std::vector<std::string> set_names() const;

    /// The rows of an evaluation set that a member predicts: of the validation set those that it was
    /// not trained on, with folds one part; of others all.
    [[nodiscard]] data::RowRange predicted_rows(const EvaluationSet& set, std::uint32_t member) const;

    /// Whether a member was trained on each of the rows of a set that it predicts nevertheless: [rows], 0 or 1; empty
    /// where that holds for none. Only of the set of rows outside of bootstrap samples it may.
    [[nodiscard]] std::vector<std::uint8_t> trained_on(const EvaluationSet& set, std::uint32_t member) const;

    /// What an analysis of the members' predictions is a function of. It points into this experiment.
    [[nodiscard]] analysis::Study study() const;

    /// What a member is. Its views point into this experiment. REQUIRES: member < options().members.
    [[nodiscard]] train::MemberSpec member(std::uint32_t index) const;

    /// The options of one member, resolved like options(); of the epochs of a run, those of its cycle.
    [[nodiscard]] Options options_of(std::uint32_t member) const;

    /// Updates that a member makes, unless it stops early.
    [[nodiscard]] std::size_t steps(const train::MemberSpec& spec) const;

    /// What a member's training is expected to take, in floating-point operations and as many as a step costs beside
    /// them; 1 for each where all members are alike.
    [[nodiscard]] double cost(const train::MemberSpec& spec) const;

    /// Of those that differ, a member that takes the most memory in training; and that memory.
    [[nodiscard]] train::MemberSpec largest_member() const;
    [[nodiscard]] train::Footprint footprint() const;

    /// What keeps a state from being one of this experiment's members; empty where nothing does.
    [[nodiscard]] std::string fault_of(const train::MemberState& state) const;

    /// Of everything a member is a function of, apart from its index.
    [[nodiscard]] std::string digest_of(std::uint32_t member) const;

    /// Of all members; where they are alike, that of each.
    [[nodiscard]] std::string digest() const;

private:
    /// Of a member's network among all.
    [[nodiscard]] std::size_t place_of(std::uint32_t member) const {
        return combination_of(options_, member) % networks_.size();
    }
    [[nodiscard]] std::span<const std::uint32_t> training_rows(std::size_t folds, std::uint32_t member) const;
    [[nodiscard]] train::Footprint footprint_of(const train::MemberSpec& spec) const;
    [[nodiscard]] std::string digest_where(const std::function<std::optional<Value>(const Setting&)>& value_of) const;

    data::Source source_;
    data::Split split_;
    const task::Task& task_;
    std::vector<model::Network> networks_;   ///< of options().nets
    std::vector<double> operations_;         ///< of a row in training, of each of these; empty where members are alike
    std::vector<std::uint32_t> rows_twice_;  ///< with folds: those that are not for testing, twice
    Options options_;
    EvaluationSets sets_;
};

}  // namespace ensemble::config
