#include "model/slices.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

#include "model/row_operation.hpp"

namespace ensemble::model {
namespace {

/// Floats of a slice of one tensor: with its neighbours, and what convolutions work in, it fits a second cache of 1
/// MiB.
constexpr std::size_t slice_floats = 56 * 1024;

/// Rows of a slice of the longest rows among the operations' tensors; 0 if that is the whole batch.
std::size_t slice_of(std::span<Operation* const> operations) {
    if (operations.size() < 2) return 0;
    std::size_t longest = 1;
    for (Operation* operation : operations) longest = std::max(longest, operation->by_rows()->row_floats());
    const std::size_t rows = std::max<std::size_t>(slice_floats / longest, 1);
    return rows < operations.front()->by_rows()->rows() ? rows : 0;
}

bool contains(const std::vector<const Tensor*>& tensors, const Tensor* tensor) {
    return std::ranges::find(tensors, tensor) != tensors.end();
}

}  // namespace

Slices::Slices(std::span<const std::unique_ptr<Operation>> operations) {
    const auto collect = [](auto&& in_order, bool (RowOperation::*sums)() const noexcept) {
        std::vector<Run> runs;
        bool is_open = false;
        for (const std::unique_ptr<Operation>& operation : in_order) {
            RowOperation* const by_rows = operation->by_rows();
            const bool joins =
                is_open && by_rows != nullptr && by_rows->rows() == runs.back().operations.front()->by_rows()->rows();
            if (!joins) runs.emplace_back();
            runs.back().operations.push_back(operation.get());
            is_open = by_rows != nullptr && !(by_rows->*sums)();
        }
        for (Run& run : runs) run.rows = slice_of(run.operations);
        return runs;
    };
    forward_ = collect(operations, &RowOperation::sums_forward);
    backward_ = collect(std::views::reverse(operations), &RowOperation::sums_backward);
    find_gradients(operations);
}

/// A gradient is used up in slices if all who use it take turns in one run and know that it may be there for a slice.
void Slices::find_gradients(std::span<const std::unique_ptr<Operation>> operations) {
    std::map<const Operation*, const Run*> runs;
    for (const Run& run : backward_)
        for (const Operation* operation : run.operations) runs[operation] = &run;
    std::map<const Tensor*, const Run*> found;  // null: outlives its slices
    const auto note = [&](const Tensor* tensor, Operation& user) {
        RowOperation* const by_rows = user.by_rows();
        const bool knows = by_rows != nullptr && contains(by_rows->gradients_by_rows(), tensor);
        const Run* const run = runs.at(&user);
        const auto known = found.try_emplace(tensor, run).first;
        if (!knows || run->rows == 0 || known->second != run) known->second = nullptr;
    };
    for (const auto& user : operations) {
        std::vector<const Tensor*> used = user->inputs();
        if (RowOperation* const by_rows = user->by_rows())
            std::ranges::copy(by_rows->gradients_by_rows(), std::back_inserter(used));
        for (const Tensor* tensor : used) {
            note(tensor, *user);
            note(tensor, *operations[tensor->born]);
        }
    }
    for (const auto& [tensor, run] : found)
        if (run != nullptr) gradient_rows_[tensor] = run->rows;
}

std::size_t Slices::rows_of_gradient(const Tensor& tensor) const {
    const auto found = gradient_rows_.find(&tensor);
    return found == gradient_rows_.end() ? 0 : found->second;
}

template <class Whole, class Rows>
void Slices::run(const std::vector<Run>& runs, Whole whole, Rows rows) {
    for (const Run& run : runs) {
        if (run.rows == 0) {
            for (Operation* operation : run.operations) whole(*operation);
            continue;
        }
        const std::size_t count = run.operations.front()->by_rows()->rows();
        for (std::size_t begin = 0; begin < count; begin += run.rows) {
            const core::Part slice{begin, std::min(begin + run.rows, count)};
            for (Operation* operation : run.operations) rows(*operation->by_rows(), slice);
        }
    }
}

void Slices::forward(const float* parameters, const Pass& pass) const {
    run(
        forward_, [&](Operation& operation) { operation.forward(parameters, pass); },
        [&](RowOperation& operation, core::Part rows) { operation.forward_rows(parameters, pass, rows); });
}

void Slices::backward(const float* parameters, float* gradients, const GradientReady& ready) const {
    run(
        backward_, [&](Operation& operation) { operation.backward(parameters, gradients, ready); },
        [&](RowOperation& operation, core::Part rows) { operation.backward_rows(parameters, gradients, ready, rows); });
}

}  // namespace ensemble::model
