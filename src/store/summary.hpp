#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/classes.hpp"
#include "analysis/combination.hpp"
#include "analysis/importance.hpp"
#include "analysis/marginal_gain.hpp"
#include "analysis/results.hpp"
#include "analysis/shifted.hpp"
#include "analysis/trust.hpp"

namespace ensemble::store {

/// The program that made the results.
struct Program {
    std::string version;
    std::string build;  ///< compiler, instruction set, build type
    std::string cpu;
    std::size_t evaluation_batch = 0;  ///< rows that are predicted at a time, see train::evaluation_batch
};

/// The data set as it was used.
struct DataSummary {
    std::string name;
    std::string sha256;
    std::size_t train = 0;  ///< rows
    std::size_t validation = 0;
    std::size_t test = 0;
    std::vector<std::size_t> shape;                 ///< of one item
    std::vector<std::string> evaluation_sets = {};  ///< directories of predictions/, in the order of the study
    std::vector<std::size_t> fold_bounds = {};      ///< where each fold begins among the validation rows, and their end
    std::string foreign_sha256 = {};                ///< of rows from elsewhere; empty where there are none
    std::size_t classes = 0;                        ///< 0 for regression
    std::vector<std::string> class_names = {};      ///< by label; empty where they are the numbers of the labels
    analysis::Baseline baseline = {};               ///< what the largest class alone reaches
    std::vector<std::string> target_names = {};     ///< of regression, one for each number that is predicted
    task::Scores baseline_scores = {};              ///< of regression: of the training rows' mean and variance
    task::Scale target_scale = {};                  ///< of regression: how networks see the numbers to be learnt

    /// How results name the class `label`.
    [[nodiscard]] std::string class_name(std::size_t label) const;
};

struct Timing {
    int ranks = 1;
    double wall_s = 0;
    double startup_s = 0;  ///< until the first training step
    double train_s = 0;
    double combine_s = 0;
    double idle_fraction = 0;           ///< of the ranks' time in training
    double communication_fraction = 0;  ///< of the same, for messages
    double samples_per_s = 0;           ///< of all ranks together
    double idle_s = 0;                  ///< of all ranks together, in training
    double efficiency = 1;              ///< share of the ranks' time in training that members took
    double efficiency_bound = 1;        ///< what no schedule of members that take as long as these exceeds
    double coordination_s = 0;          ///< of its processor that rank 0 spent on messages and display
};

/// What distinguishes one member from others: its network, and the settings in which members differ.
struct MemberSettings {
    std::string net;
    std::vector<std::pair<std::string, std::string>> varied = {};  ///< name, value
};

/// The combinations of the members that were not trained on a row, over all rows that are not for testing.
struct OutOfFold {
    std::size_t rows = 0;
    std::vector<task::Scores> scores;  ///< of each of the task's combinations
};

/// What the ensemble is compared with: the mean of so many passes of one member with dropout left on.
struct DropoutBaseline {
    std::uint32_t member = 0;
    std::size_t passes = 0;
    task::Scores test;
    std::vector<std::pair<std::string, task::Scores>> others = {};  ///< of further evaluation sets, by name
};

/// Everything summary.json says.
struct Summary {
    Program program;
    std::string config = "{}";  ///< the resolved configuration as a JSON object, one key per option
    DataSummary data;
    const task::Task* task = nullptr;
    std::vector<analysis::MemberResult> members;
    std::vector<MemberSettings> settings;  ///< of each of these
    std::vector<std::string> nets = {};    ///< that members take in turn
    analysis::EnsembleResult ensemble;
    std::optional<OutOfFold> out_of_fold = {};
    std::optional<DropoutBaseline> mc_dropout = {};             ///< where asked for
    analysis::TrustResult trust = {};                           ///< of the chosen combination
    std::vector<analysis::ShiftResult> shifts = {};             ///< of each set of changed test rows
    std::optional<analysis::ImportanceResult> importance = {};  ///< of a table's columns, where that is asked for
    std::optional<analysis::ForeignResult> foreign = {};        ///< of rows from elsewhere
    std::size_t combine = 0;  ///< place among the combinations of the one that predictions.npy holds
    Timing timing;
    std::optional<analysis::StopResult> stop_when = {};  ///< where it was asked for
    std::vector<std::uint32_t> missing = {};  ///< members that are not part of it, since the run was stopped before
    bool partial = false;                     ///< the run is to go on: these are no final results
};

/// The chosen combination's results.
[[nodiscard]] inline const analysis::CombinationResult& chosen(const Summary& summary) {
    return summary.ensemble.combinations.at(summary.combine);
}

/// The content of summary.json. Always valid JSON: what is not finite becomes null, what is not UTF-8 is replaced.
[[nodiscard]] std::string to_json(const Summary& summary);

}  // namespace ensemble::store
