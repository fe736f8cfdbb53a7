#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/random.hpp"
#include "core/thread_pool.hpp"
#include "data/augmentation.hpp"
#include "data/dataset.hpp"
#include "model/network.hpp"
#include "model/program.hpp"
#include "task/task.hpp"
#include "train/hyperparameters.hpp"
#include "train/member_state.hpp"

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

/// Most rows that are predicted at a time.
inline constexpr std::size_t largest_prediction_batch = 256;

/// How a Predictor goes about it.
struct PredictorSetup {
    const task::Task* task = nullptr;                 ///< null: the standard one of the table's kind
    task::Scale scale = {};                           ///< of the numbers it has learnt
    std::vector<std::uint32_t> hidden_features = {};  ///< read zero because the member never saw them
    /// Leaves dropout on; the masks drawn for a batch serve every batch.
    std::optional<core::RandomStream> masks = std::nullopt;
    core::ThreadPool* pool = nullptr;             ///< its threads take batches in turn, each with a program of its own
    std::size_t rows = largest_prediction_batch;  ///< that are predicted at a time
};

/// Applies trained parameters to rows of a table, batch by batch; dropout does nothing here unless asked to.
class Predictor {
public:
    static constexpr std::size_t batch = largest_prediction_batch;

    /// Rows at a time where no view has more than `largest_view`, a divisor of `batch`.
    [[nodiscard]] static std::size_t batch_for(std::size_t largest_view);

    explicit Predictor(const model::Network& network, PredictorSetup setup = {});

    /// From now on predict() gives the mean over views; one distortion for each place in a batch serves every batch.
    /// REQUIRES: views.count > 0, and images where it is more than 1.
    void use_views(const model::Network& network, const TestViews& views);

    /// What the task predicts of each row, task::Task::predict, row after row: probabilities, or means and variances.
    /// A row's bits depend on the parameters, the row, and its position in the view modulo the batch size.
    void predict(const Weights& weights, const data::View& view, std::span<float> out);

    struct Evaluation {
        double loss = 0;   ///< mean over rows
        double score = 0;  ///< of the task's first metric
    };

    [[nodiscard]] Evaluation evaluate(const Weights& weights, const data::View& view);

private:
    /// Runs the network over `view`, distorted in that way, and calls use(number of the batch, rows of the table, their
    /// outputs) for each batch; with a pool for several at once. Distortion 0 is none.
    template <class Use>
    void run(const Weights& weights, const data::View& view, std::size_t distortion, const Use& use);

    void load(std::size_t thread, std::span<const std::uint32_t> rows, const data::View& view, std::size_t distortion);

    [[nodiscard]] const task::Task& task_of(const data::View& view) const;

    const task::Task* task_;
    task::Scale scale_;
    std::size_t buffer_size_;
    std::size_t rows_;                ///< of a batch
    core::Buffer<float> statistics_;  ///< a copy, since running a program may write to them
    core::ThreadPool* pool_;
    std::vector<model::Program> programs_;  ///< one for each thread
    std::vector<std::uint32_t> hidden_features_;
    model::Pass pass_;
    std::size_t views_ = 1;
    core::StreamKey distortions_;
    std::vector<data::Augmenter> augmenters_;  ///< one for each thread; none for a single view
};

/// The masks of `member` for a Predictor, where dropout is to be left on in evaluation.
[[nodiscard]] std::optional<core::RandomStream> evaluation_masks(const Hyperparameters& hyperparameters,
                                                                 std::uint64_t seed, std::uint32_t member);

/// The features that `member` does not see, for a Predictor. Empty when fraction is 1.
[[nodiscard]] std::vector<std::uint32_t> hidden_features(std::size_t features, double fraction, std::uint64_t seed,
                                                         std::uint32_t member);

/// Sets the hidden features of a batch to zero.
void hide(std::span<const std::uint32_t> hidden_features, const compute::Rows& batch);

}  // namespace ensemble::train
