#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <ensemble/ensemble.hpp>

#include "api/memory_rows.hpp"
#include "compute/precision.hpp"
#include "core/thread_pool.hpp"
#include "data/column_fields.hpp"
#include "predict/output_table.hpp"
#include "predict/row_predictor.hpp"
#include "predict/trust_bounds.hpp"
#include "run/trained_ensemble.hpp"

namespace ensemble::api {

/// A finished run in memory, from which any number of threads predict at a time. All functions throw core::Error.
class LoadedModel {
public:
    /// REQUIRES: threads > 0.
    LoadedModel(const std::filesystem::path& run_directory, std::size_t threads, compute::Precision precision);

    [[nodiscard]] const run::TrainedEnsemble& trained() const noexcept { return *trained_; }
    [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return column_names_; }

    /// As the data had them.
    [[nodiscard]] const std::vector<std::string>& class_names() const noexcept { return class_names_; }

    [[nodiscard]] Predictions predict(const Matrix& rows, const PredictOptions& options) const;
    [[nodiscard]] Predictions predict(const TextTable& rows, const PredictOptions& options) const;

private:
    /// What one thread predicts with, and others can use when it has done so.
    struct Desk {
        Desk(const predict::Ensemble& ensemble, std::size_t threads, compute::Precision precision);

        core::ThreadPool pool;
        predict::RowPredictor predictor;
        std::vector<double> raw;
        std::vector<float> numbers;
    };

    /// What is said of a row, as ensemble_predict says it: at some level, or at none.
    struct Wording {
        std::optional<predict::TrustBounds> bounds;
        std::optional<predict::OutputTable> table;
    };

    [[nodiscard]] std::unique_ptr<Desk> take_desk() const;
    [[nodiscard]] const Wording& wording_at(std::optional<double> level) const;
    [[nodiscard]] Predictions predict_rows(const MemoryRows& rows, const PredictOptions& options) const;
    void add(const predict::Predictions& from, const Wording& wording, Desk& desk, Predictions& to) const;

    std::size_t threads_;
    compute::Precision precision_;
    std::uint64_t seed_ = 0;
    std::unique_ptr<run::TrainedEnsemble> trained_;
    std::vector<std::string> column_names_;
    std::vector<std::string> class_names_;
    std::optional<data::ColumnFields> fields_;
    mutable std::mutex mutex_;  ///< of the next two
    mutable std::vector<std::unique_ptr<Desk>> idle_;
    mutable std::map<std::optional<double>, std::unique_ptr<Wording>> wordings_;
};

}  // namespace ensemble::api
