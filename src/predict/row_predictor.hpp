#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "analysis/combination.hpp"
#include "analysis/row_results.hpp"
#include "compute/precision.hpp"
#include "core/buffer.hpp"
#include "core/shape.hpp"
#include "core/thread_pool.hpp"
#include "model/network.hpp"
#include "task/task.hpp"
#include "train/predictor.hpp"

namespace ensemble::predict {

/// A member as it is loaded.
struct Member {
    std::uint32_t index = 0;
    std::size_t network = 0;  ///< place among the ensemble's
    core::Buffer<float> parameters;
    core::Buffer<float> statistics;
    std::vector<std::uint32_t> hidden_features = {};  ///< that it never saw
    std::optional<core::StreamKey> masks = {};        ///< dropout stays on
    train::TestViews views = {};
    /// The variance of each target, where the network's outputs say nothing of it; else empty.
    std::vector<float> variances = {};
};

/// What members that are trained say together.
struct Ensemble {
    const task::Task* task = nullptr;
    std::size_t targets = 1;  ///< classes, or numbers of a row
    task::Scale scale = {};   ///< of these
    core::Shape shape;        ///< of a row as a network sees it
    std::vector<model::Network> networks;
    std::vector<Member> members;
    std::size_t combine = 0;                 ///< place among analysis::combinations_of()
    analysis::Weights weights = {};          ///< of each of these combinations
    std::optional<double> temperature = {};  ///< of the combined probabilities
    /// Makes what a network sees of rows as they are read: raw [rows × elements as read] to out [rows × elements].
    std::function<void(std::span<const double> raw, std::size_t rows, float* out)> prepare;

    [[nodiscard]] std::size_t width() const noexcept { return task->predicted_width(targets); }
};

/// What is predicted of some rows.
struct Predictions {
    std::size_t rows = 0;
    std::vector<float> combined;       ///< [rows × width] probabilities; or mean and variance of each target
    std::vector<std::int32_t> chosen;  ///< of classes: [rows] the one that is decided on
    std::vector<std::int32_t> votes;   ///< of classes: [rows] members for which the chosen one is the most probable
    std::vector<float> uncertainty;    ///< [rows × questions × measures], as analysis::uncertainties() has them
    std::vector<float> members;        ///< [members × rows × width]
};

/// Predicts rows, some at a time: what is said of a row depends, to the bit, on the row alone. Masks of dropout that is
/// left on and distortions of images are drawn by its content, and so are others than those of the training run.
class RowPredictor {
public:
    /// Compiles the networks, to multiply in `precision`. `ensemble` must outlive it; so must a pool, whose threads
    /// share the rows.
    explicit RowPredictor(const Ensemble& ensemble, core::ThreadPool* pool = nullptr,
                          compute::Precision precision = compute::Precision::f32);

    /// `raw` [rows × elements as read]; `first` is the number of the first row, for messages. Throws core::Error (data)
    /// where a member predicts what is no number.
    [[nodiscard]] Predictions predict(std::span<const double> raw, std::size_t rows, std::uint64_t first);

private:
    void predict_members(std::size_t rows, std::span<float> out);
    void require_finite(const Predictions& predictions, std::uint64_t first) const;

    const Ensemble& ensemble_;
    std::vector<std::unique_ptr<train::Predictor>> predictors_;  ///< of networks, or of members that differ in more
    std::vector<std::size_t> predictor_of_;                      ///< of each member
    core::Buffer<float> features_;
    core::Buffer<float> no_truth_;  ///< as many zeros as a table of so many rows has targets
    std::vector<std::uint32_t> numbers_;
};

}  // namespace ensemble::predict
