#pragma once

#include <vector>

#include "analysis/analysis.hpp"
#include "config/options.hpp"
#include "store/prediction_files.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// A finished run as its files tell of it, without its data. It stays where it is: the study points into it.
class FinishedRun {
public:
    /// Reads what is in the directory but for the predictions. Local. Throws core::Error: usage where it holds no
    /// finished run, data where files are missing, damaged or do not belong together.
    explicit FinishedRun(store::RunDirectory directory);
    FinishedRun(const FinishedRun&) = delete;
    FinishedRun& operator=(const FinishedRun&) = delete;

    [[nodiscard]] const store::RunDirectory& directory() const noexcept { return directory_; }
    [[nodiscard]] const config::Options& options() const noexcept { return options_; }

    /// As written when the run ended, but for its analysis.
    [[nodiscard]] const store::Summary& summary() const noexcept { return summary_; }

    [[nodiscard]] const analysis::Study& study() const noexcept { return study_; }
    [[nodiscard]] analysis::Committee committee() const;

    /// Reads members' predictions from their files.
    [[nodiscard]] analysis::ReadPredictions reader() const;

private:
    void read_set(const std::string& name);
    void read_truth(analysis::EvaluationSet& set) const;
    void make_study();

    store::RunDirectory directory_;
    store::Summary summary_;
    config::Options options_;
    std::vector<analysis::EvaluationSet> sets_;
    analysis::Study study_;
    std::vector<store::PredictionFiles> files_;  ///< of each set
};

}  // namespace ensemble::run
