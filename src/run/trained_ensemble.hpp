#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/pipeline.hpp"
#include "predict/row_predictor.hpp"
#include "predict/trust_bounds.hpp"
#include "predict/watch.hpp"
#include "run/finished_run.hpp"
#include "store/model_file.hpp"

namespace ensemble::run {

/// The members of a finished run with all that it takes to predict rows without the data that they were trained on. It
/// stays where it is.
class TrainedEnsemble {
public:
    /// Reads model.json, the members and what the run's analysis has found. Local. Throws core::Error: data where files
    /// are missing, damaged or do not belong together, usage for a run that cannot be used so.
    explicit TrainedEnsemble(const FinishedRun& run);
    TrainedEnsemble(const TrainedEnsemble&) = delete;
    TrainedEnsemble& operator=(const TrainedEnsemble&) = delete;

    [[nodiscard]] const predict::Ensemble& ensemble() const noexcept { return ensemble_; }
    [[nodiscard]] const data::Pipeline& pipeline() const noexcept { return model_.pipeline; }

    /// Columns that make a row as it is read, of arrays by their numbers.
    [[nodiscard]] const std::vector<data::Column>& columns() const noexcept { return columns_; }

    /// Numbers of a row as it is read.
    [[nodiscard]] std::size_t input_width() const noexcept { return pipeline().input_shape().elements(); }

    [[nodiscard]] const std::vector<std::string>& class_names() const noexcept { return class_names_; }

    /// Of what is predicted, as the columns of a table are called; of classes one, or none.
    [[nodiscard]] const std::vector<std::string>& target_names() const noexcept { return model_.target_names; }

    /// Columns that rows may have and that nothing is to be said of, since they had a part in training alone.
    [[nodiscard]] const std::vector<std::string>& columns_aside() const noexcept { return model_.columns_aside; }

    /// Where each number of a row as it is read lay in training; empty where that says nothing.
    [[nodiscard]] const std::vector<predict::ColumnRange>& ranges() const noexcept { return ranges_; }

    /// The validation rows.
    [[nodiscard]] const predict::HeldOutRows& held_out() const noexcept { return held_out_; }

private:
    store::Model model_;
    predict::Ensemble ensemble_;
    std::vector<data::Column> columns_;
    std::vector<std::string> class_names_;
    std::vector<predict::ColumnRange> ranges_;
    predict::HeldOutRows held_out_;
};

}  // namespace ensemble::run
