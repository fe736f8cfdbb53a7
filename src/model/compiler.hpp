#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "compute/images.hpp"
#include "compute/matmul.hpp"
#include "compute/precision.hpp"
#include "compute/rows.hpp"
#include "core/buffer.hpp"
#include "core/shape.hpp"
#include "core/thread_pool.hpp"
#include "model/operation.hpp"
#include "model/parameters.hpp"
#include "model/row_ends.hpp"

namespace ensemble::model {

/// A batch of activations in a program: one row per item, rows `stride` floats apart. Items with several axes (images,
/// sequences) lie without gaps.
struct Tensor {
    core::Shape shape;      ///< of one item
    std::size_t block = 0;  ///< of images in blocks of channels (see compute::Images); 0 for the plain order
    std::size_t rows = 0;
    std::size_t stride = 0;
    core::Buffer<float> values;  ///< empty until the program is made
    std::span<float> gradients;  ///< likewise, and where nobody asks for one; of a slice of the rows if is_sliced
    bool is_sliced = false;      ///< its gradient is used up slice by slice of the batch: only RowOperations know it

    /// First operation of the program that knows the tensor.
    std::size_t born = 0;
    bool wants_gradient = false;  ///< not the network's input, and nothing in evaluation

    /// Of sequences of different lengths, where the rows end; null where all steps count.
    RowEnds* ends = nullptr;
    bool is_clear = false;  ///< what is behind the ends is zero, so that it may be read as the rest

    /// [rows] How many of its steps count in each row; empty: all in all.
    [[nodiscard]] std::span<const std::size_t> steps() const noexcept {
        return ends == nullptr ? std::span<const std::size_t>{} : ends->steps();
    }

    [[nodiscard]] std::size_t width() const noexcept { return shape.elements(); }
    [[nodiscard]] std::size_t size() const noexcept { return rows * stride; }  ///< floats, padding included
    [[nodiscard]] bool has_gradient() const noexcept { return wants_gradient; }
    [[nodiscard]] compute::Rows value_rows() noexcept { return {values.data(), rows, width(), stride}; }
    [[nodiscard]] compute::Rows gradient_rows() noexcept { return {gradients.data(), rows, width(), stride}; }

    /// The same from one row on.
    [[nodiscard]] float* values_at(std::size_t row) noexcept { return values.data() + row * stride; }
    [[nodiscard]] const float* values_at(std::size_t row) const noexcept { return values.data() + row * stride; }

    /// `row` is the first of a slice, or the batch is not sliced.
    [[nodiscard]] float* gradients_at(std::size_t row) const noexcept {
        return gradients.data() + (is_sliced ? 0 : row * stride);
    }
};

/// The images of a tensor: height×width with one channel, height×width×channels, or vectors as single pixels.
[[nodiscard]] compute::Images images_of(const Tensor& tensor);

/// What flows from item to item while a network is compiled: a tensor, and what its next reader may do with it.
struct Value {
    Tensor* tensor = nullptr;

    /// Nobody else reads the values, now or in the backward pass: the next operation may work in place.
    bool exclusive = false;

    /// How the next reader delivers its share of the gradient. Backward runs from the last reader to the first, so of
    /// several readers the last one compiled replaces and the others add.
    compute::Accumulate gradient = compute::Accumulate::no;
};

/// Where an operation that can only replace its input's gradient writes it: at its place, or beside it to be added.
class GradientTarget {
public:
    /// Writes nothing where the input has no gradient.
    GradientTarget(Tensor& input, compute::Accumulate store) : input_(input), accumulate_(store) {}

    /// Comes before the first data().
    void prepare();

    [[nodiscard]] bool is_wanted() const noexcept { return input_.has_gradient(); }
    [[nodiscard]] float* data() noexcept { return scratch_.empty() ? input_.gradients.data() : scratch_.data(); }

    /// Call when data() is complete.
    void deliver();

private:
    Tensor& input_;
    compute::Accumulate accumulate_;
    core::Buffer<float> scratch_;
};

/// Puts or adds one row of gradient into another.
void deliver(std::span<const float> from, compute::Accumulate store, std::span<float> to);

class LayerRecorder;
class Pointwise;
class Slices;
class SummaryBuilder;

/// Builds a program: lays out tensors, collects operations, hands out parameter blocks in the order of the plan.
class Compiler {
public:
    Compiler(std::span<const ParameterBlock> blocks, std::span<const StatisticsBlock> statistics, std::size_t rows,
             bool with_gradients, compute::Precision precision, SummaryBuilder* summary = nullptr,
             core::ThreadPool* pool = nullptr);
    ~Compiler();
    Compiler(const Compiler&) = delete;
    Compiler& operator=(const Compiler&) = delete;

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

    /// Who writes down what is compiled, or null.
    [[nodiscard]] SummaryBuilder* summary() const noexcept { return summary_; }

    /// Who writes down the layers and keeps what they leave, or null; from record() on.
    [[nodiscard]] LayerRecorder* recorder() const noexcept { return recorder_; }
    void record(LayerRecorder& recorder) noexcept { recorder_ = &recorder; }

    /// Who shares the work of the operations, or null.
    [[nodiscard]] core::ThreadPool* pool() const noexcept { return pool_; }

    enum class Gradient : std::uint8_t { none, as_compiled };

    /// A new tensor for items of this shape; valid as long as the program that is being built.
    [[nodiscard]] Tensor& tensor(const core::Shape& shape, Gradient gradient = Gradient::as_compiled,
                                 std::size_t block = 0);

    /// The value in another order of channels; appends a reordering where it has to. 0 is the plain order.
    [[nodiscard]] Value ordered(const Value& value, std::size_t block);

    /// The rows of `input`, which end where their NaN begin, with zeros there; and its ends for those that follow.
    [[nodiscard]] Value read_ends(Tensor& input);

    /// The value with zeros behind the ends of its rows: what reads more than one step at a time asks for it.
    [[nodiscard]] Value cleared(const Value& value);

    /// Where rows end behind a window that slides over `before`; without one, where they did.
    [[nodiscard]] RowEnds* ends_behind(RowEnds* before, const std::optional<compute::ImageWindow>& window);

    /// Where rows of several tensors end side by side, or added up; clears those that end elsewhere.
    [[nodiscard]] RowEnds* ends_of_all(std::span<const Value> values);

    /// The next block of the plan.
    [[nodiscard]] const ParameterBlock& parameters();

    /// The next running statistics of the plan.
    [[nodiscard]] const StatisticsBlock& statistics();

    [[nodiscard]] bool has_gradients() const noexcept { return with_gradients_; }

    /// In what operations multiply where they can.
    [[nodiscard]] compute::Precision precision() const noexcept { return precision_; }

    void append(std::unique_ptr<Operation> operation);

    /// Lets the last operation take over a relu that follows `value`, if it can; updates what others may do with it.
    [[nodiscard]] bool fuse_relu(Value& value);

    /// True if `value` was left by a chain of element-wise stages whose derivatives read it.
    [[nodiscard]] bool is_read_backward(const Value& value) const;

    /// The last operation, if it left `value` to nobody else and nothing was made of it since; it may be taken back.
    [[nodiscard]] Operation* producer_of(const Value& value) const;

    /// Takes back the last operation, and the tensor it left. REQUIRES: producer_of(value) is not null.
    void undo_last(const Value& value);

    /// Takes back the last operation if it is a lone relu that left `value`; true if it was.
    [[nodiscard]] bool undo_relu(const Value& value);

    /// The chain of element-wise stages that ends the program so far and leaves `value`; starts one if there is none,
    /// on a copy of the values if somebody else reads them too. Updates `value` to what the chain leaves behind.
    [[nodiscard]] Pointwise& pointwise(Value& value);

    /// Reserves `blocks` blocks of each step's random stream and returns the first.
    [[nodiscard]] std::uint32_t reserve_random(std::size_t blocks);

    struct Result {
        /// Memory for the gradients of tensors of one size, which share it one after the other: as a whole, and those
        /// that are used up slice by slice apart from these.
        struct Gradients {
            std::size_t size = 0;
            std::vector<Tensor*> tensors;
            core::Buffer<float> memory;
            core::Buffer<float> slice;
        };

        std::vector<std::unique_ptr<RowEnds>> ends;  ///< outlived by nothing that knows them
        std::vector<std::unique_ptr<Tensor>> tensors;
        std::vector<std::unique_ptr<Operation>> operations;
        std::vector<Gradients> gradients;
        const Tensor* output = nullptr;

        /// Of all tensors and their gradients, there or not; gradients that are used up in slices as if they were not.
        [[nodiscard]] std::size_t bytes() const noexcept;

        /// Allocates the values of tensors and prepares the operations.
        void prepare();

        /// Allocates the gradients: what was laid out can run. REQUIRES: prepare() was called.
        void allocate_gradients(const Slices& slices);
    };

    /// `output` is what the program leaves behind.
    [[nodiscard]] Result finish(const Tensor& output);

private:
    RowEnds* keep(std::unique_ptr<RowEnds> ends);
    void place_gradients(const Tensor& output);

    std::span<const ParameterBlock> blocks_;
    std::span<const StatisticsBlock> statistics_;
    std::size_t rows_;
    bool with_gradients_;
    compute::Precision precision_;
    SummaryBuilder* summary_;
    LayerRecorder* recorder_ = nullptr;
    core::ThreadPool* pool_;
    std::size_t next_block_ = 0;
    std::size_t next_statistics_ = 0;
    std::uint32_t next_random_ = 0;
    Result result_;
    Pointwise* open_chain_ = nullptr;  ///< the last operation, if it is a chain
};

}  // namespace ensemble::model
