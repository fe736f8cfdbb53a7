#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compute/precision.hpp"
#include "core/random.hpp"
#include "core/thread_pool.hpp"
#include "data/augmentation.hpp"
#include "data/dataset.hpp"
#include "model/network.hpp"
#include "model/program.hpp"
#include "task/task.hpp"
#include "train/hyperparameters.hpp"
#include "train/member_state.hpp"
#include "train/row_weights.hpp"

namespace ensemble::train {

/// What training leaves behind: parameters in the network's flat layout and running statistics.
struct Weights {
    std::span<const float> parameters;
    std::span<const float> statistics;
};

/// The weights with which a member predicts, in training or trained.
[[nodiscard]] Weights weights_of(const MemberState& state);

/// Images that are predicted as the mean over themselves and copies distorted as in training.
struct TestViews {
    std::size_t count = 1;  ///< with the image itself
    data::Augmentation augmentation;
    float background = 0;    ///< what is beyond an image's border
    std::uint64_t seed = 1;  ///< with `member`, what the distortions are a function of
    std::uint32_t member = 0;
};

/// Rows that are predicted at a time, always so many: part of every result, since kernels chosen for another number may
/// round otherwise. Shorter batches are filled up with zeros. 64 rows are predicted as fast as 256, but little memory
/// on large images and little work where there are few rows.
inline constexpr std::size_t evaluation_batch = 64;

/// Rows that a Predictor can run through programs of their own, of which each takes a fraction of the time of the next:
/// two take two thirds of that of eight, and these a sixth of that of a batch. A single row goes with two, since the
/// library has other kernels for one, which round otherwise.
inline constexpr std::array<std::size_t, 2> few_rows{2, 8};

/// How a Predictor goes about it.
struct PredictorSetup {
    const task::Task* task = nullptr;                 ///< null: the standard one of the table's kind
    task::Scale scale = {};                           ///< of the numbers it has learnt
    std::vector<std::uint32_t> hidden_features = {};  ///< read zero because the member never saw them
    /// Leaves dropout on; a row of a table has masks of its own, the same every time.
    std::optional<core::StreamKey> masks = std::nullopt;
    core::ThreadPool* pool = nullptr;  ///< its threads take batches in turn, each with a program of its own
    /// Views of few rows are to be fast. Kernels for few rows may round otherwise: that is tried, and where they do,
    /// few rows are filled up to a batch as ever.
    bool hurries_few_rows = false;
    compute::Precision precision = compute::Precision::f32;  ///< in what products and convolutions multiply
};

/// Applies trained parameters to rows of a table, batch by batch; dropout does nothing here unless asked to.
/// What is predicted of a row depends, to the bit, on the parameters and the row alone: not on its place in the view,
/// the other rows, or the threads. What is drawn for it (distortions, masks) depends on its number in the table.
class Predictor {
public:
    static constexpr std::size_t batch = evaluation_batch;

    explicit Predictor(const model::Network& network, PredictorSetup setup = {});

    /// From now on predict() gives the mean over views; each row of a table has distortions of its own.
    /// REQUIRES: views.count > 0, and images where it is more than 1.
    void use_views(const model::Network& network, const TestViews& views);

    /// From now on dropout is left on; a row of a table has masks of its own in the streams of `key`, the same every
    /// time.
    void use_masks(const core::StreamKey& key) { masks_ = key; }

    /// What the task predicts of each row, task::Task::predict, row after row: probabilities, or means and variances.
    void predict(const Weights& weights, const data::View& view, std::span<float> out);

    struct Evaluation {
        double loss = 0;   ///< mean over rows, weighted by how much each counts
        double score = 0;  ///< of the task's first metric
    };

    /// `counts` are of the view's table. REQUIRES: some row counts more than 0.
    [[nodiscard]] Evaluation evaluate(const Weights& weights, const data::View& view, const RowWeights& counts = {});

private:
    /// Runs the network over `view`, distorted in that way, and calls use(number of the batch, rows of the table, their
    /// outputs) for each batch; with a pool for several at once. Distortion 0 is none.
    template <class Use>
    void run(const Weights& weights, const data::View& view, std::size_t distortion, const Use& use);

    void load(std::size_t thread, model::Program& program, std::span<const std::uint32_t> rows, const data::View& view,
              std::size_t distortion);
    [[nodiscard]] model::Pass pass_over(std::size_t thread, std::size_t size, std::span<const std::uint32_t> rows);
    void try_few_rows(const model::Network& network);
    [[nodiscard]] model::Program& program_for(std::size_t thread, std::size_t rows);

    [[nodiscard]] const task::Task& task_of(const data::View& view) const;

    const task::Task* task_;
    task::Scale scale_;
    std::size_t buffer_size_;
    compute::Precision precision_;
    core::Buffer<compute::Bfloat16> narrow_;  ///< the parameters in bf16, where it multiplies so
    core::Buffer<float> statistics_;          ///< a copy, since running a program may write to them
    core::ThreadPool* pool_;
    std::vector<model::Program> programs_;  ///< one for each thread
    std::vector<model::Program> few_;       ///< for few rows, fewest first, on the first thread
    std::vector<std::uint32_t> hidden_features_;
    std::optional<core::StreamKey> masks_;
    std::vector<std::vector<core::RandomStream>> streams_;  ///< for each thread: of each row's masks
    std::size_t views_ = 1;
    core::StreamKey distortions_;
    std::vector<data::Augmenter> augmenters_;  ///< one for each thread; none for a single view
};

/// The masks of `member` for a Predictor, where dropout is to be left on in evaluation.
[[nodiscard]] std::optional<core::StreamKey> evaluation_masks(const Hyperparameters& hyperparameters,
                                                              std::uint64_t seed, std::uint32_t member);

}  // namespace ensemble::train
