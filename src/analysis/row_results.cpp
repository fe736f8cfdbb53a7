#include "analysis/row_results.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "analysis/uncertainty.hpp"
#include "core/contract.hpp"
#include "core/wire.hpp"

namespace ensemble::analysis {
namespace {

/// Adds to `values` what the metrics that are means say of each row.
void measure(const task::Predicted& predicted, const task::Truth& truth, std::span<double> values) {
    const auto metrics = predicted.task.metrics();
    std::size_t at = 0;
    for (const std::size_t metric : mean_metrics(predicted.task)) {
        for (std::size_t question = 0; question < predicted.task.questions(predicted.targets); ++question) {
            const task::Answers answers = predicted.answers(question, truth);
            for (std::size_t row = 0; row < answers.rows; ++row) values[at++] += metrics[metric].of_row(answers, row);
        }
    }
}

/// Numbers that say how uncertain one row is.
std::size_t uncertainty_width(const task::Task& task, std::size_t targets) {
    return uncertainty_measures_of(task.kind).size() * task.questions(targets);
}

std::size_t lines_of(const task::Task& task, std::size_t targets) {
    return mean_metrics(task).size() * task.questions(targets);
}

/// Lines of `rows` values each, of which those of a block are a stretch.
void place_lines(std::size_t first, std::size_t rows, std::span<const double> block, std::size_t block_rows,
                 std::span<double> all) {
    for (std::size_t line = 0; line * rows < all.size(); ++line)
        std::ranges::copy(block.subspan(line * block_rows, block_rows), all.subspan(line * rows + first).begin());
}

/// Whether what is true of the rows is known. REQUIRES: of all of them or of none.
bool is_true_of(const Block& block) {
    const task::Truth& truth = block.truth;
    if (truth.labels.empty() && truth.numbers.empty()) return false;
    core::require(block.task.kind == task::Kind::classification
                      ? truth.labels.size() == block.rows
                      : truth.targets == block.targets && truth.numbers.size() == block.rows * block.targets,
                  "the truth of every row is known");
    return true;
}

/// One list of fields serves writing and reading.
template <class Results, class Each>
void fields(Results& results, Each& each) {
    for (auto& combined : results.combined) each(combined.predictions), each(combined.chosen);
    for (auto& values : results.combined_values) each(values);
    each(results.votes), each(results.member_sums), each(results.best), each(results.uncertainty);
}

/// Whether every list is as long as it is for so many rows.
bool are_of(const task::Task& task, std::size_t targets, const RowResults& results) {
    const std::size_t numbers = results.combined.front().predictions.size();
    if (numbers / task.predicted_width(targets) != results.rows) return false;
    const RowResults room = room_for(task, targets, results.rows, !results.best.empty());
    const auto same = [](const auto& one, const auto& other) { return one.size() == other.size(); };
    bool fits = same(results.votes, room.votes) && same(results.member_sums, room.member_sums) &&
                same(results.best, room.best) && same(results.uncertainty, room.uncertainty);
    for (std::size_t i = 0; i < room.combined.size(); ++i) {
        fits &= same(results.combined[i].predictions, room.combined[i].predictions) &&
                same(results.combined[i].chosen, room.combined[i].chosen) &&
                same(results.combined_values[i], room.combined_values[i]);
    }
    return fits;
}

template <class Value>
void place_rows(std::size_t first, std::size_t block_rows, const std::vector<Value>& block, std::vector<Value>& all) {
    if (block.empty()) return;
    const std::size_t width = block.size() / block_rows;
    std::ranges::copy(block, all.begin() + static_cast<std::ptrdiff_t>(first * width));
}

}  // namespace

std::vector<std::size_t> mean_metrics(const task::Task& task) {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < task.metrics().size(); ++place) {
        if (task.metrics()[place].is_mean()) places.push_back(place);
    }
    return places;
}

RowResults room_for(const task::Task& task, std::size_t targets, std::size_t rows, bool has_truth) {
    const bool classes = task.kind == task::Kind::classification;
    const std::size_t values = has_truth ? lines_of(task, targets) * rows : 0;
    const std::size_t width = task.predicted_width(targets);
    const std::size_t count = combinations_of(task.kind).size();
    RowResults results{.rows = rows,
                       .combined = std::vector<Combined>(count),
                       .combined_values = std::vector<RowValues>(count, RowValues(values)),
                       .votes = std::vector<std::int32_t>(classes ? rows * width : 0),
                       .member_sums = RowValues(values),
                       .best = RowValues(values),
                       .uncertainty = std::vector<float>(rows * uncertainty_width(task, targets))};
    for (Combined& combined : results.combined) {
        combined.predictions.resize(rows * width);
        combined.chosen.resize(classes ? rows : 0);
    }
    return results;
}

void RowResults::place(std::size_t first, const RowResults& block) {
    core::require(first + block.rows <= rows && block.combined.size() == combined.size() &&
                      block.member_sums.size() * rows == member_sums.size() * block.rows,
                  "results of a block belong to those of all rows");
    for (std::size_t i = 0; i < combined.size(); ++i) {
        place_rows(first, block.rows, block.combined[i].predictions, combined[i].predictions);
        place_rows(first, block.rows, block.combined[i].chosen, combined[i].chosen);
        place_lines(first, rows, block.combined_values[i], block.rows, combined_values[i]);
    }
    place_rows(first, block.rows, block.votes, votes);
    place_lines(first, rows, block.member_sums, block.rows, member_sums);
    place_lines(first, rows, block.best, block.rows, best);
    place_rows(first, block.rows, block.uncertainty, uncertainty);
}

RowResults analyse(const Block& block, std::size_t best, const Weights& weights) {
    core::require(block.members > 0 && best < block.members && block.rows > 0, "a block has rows, members and a best");
    core::require(block.predictions.size() == block.members * block.rows * block.width(),
                  "every member predicts every row");
    const bool classes = block.task.kind == task::Kind::classification;
    const bool has_truth = is_true_of(block);
    RowResults results = room_for(block.task, block.targets, block.rows, has_truth);
    for (std::size_t member = 0; member < block.members && has_truth; ++member) {
        const auto chosen =
            classes ? task::most_probable(block.of(member), block.width()) : std::vector<std::int32_t>{};
        const task::Predicted predicted{
            .task = block.task, .targets = block.targets, .predictions = block.of(member), .chosen = chosen};
        measure(predicted, block.truth, results.member_sums);
        if (member == best) measure(predicted, block.truth, results.best);
    }
    results.uncertainty = uncertainties(block);
    const auto all = combinations_of(block.task.kind);
    core::require(weights.empty() || weights.size() == all.size(), "every combination has its weights, or none has");
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::span<const double> own = weights.empty() ? std::span<const double>{} : weights[i];
        results.combined[i] = all[i]->apply(block, own);
        if (auto& votes = results.combined[i].votes; !votes.empty()) results.votes = std::exchange(votes, {});
        if (!has_truth) continue;
        measure({.task = block.task,
                 .targets = block.targets,
                 .predictions = results.combined[i].predictions,
                 .chosen = results.combined[i].chosen,
                 .components = all[i]->is_mixture ? block.predictions : std::span<const float>{},
                 .members = all[i]->is_mixture ? block.members : 0,
                 .weights = own},
                block.truth, results.combined_values[i]);
    }
    return results;
}

std::vector<std::byte> to_bytes(const RowResults& results) {
    core::WireWriter writer;
    writer(std::uint64_t{results.rows});
    fields(results, writer);
    return std::move(writer.bytes);
}

RowResults row_results_from_bytes(const task::Task& task, std::size_t targets, std::span<const std::byte> bytes) {
    core::WireReader reader(bytes);
    std::uint64_t rows = 0;
    reader(rows);
    RowResults results{.rows = rows,
                       .combined = std::vector<Combined>(combinations_of(task.kind).size()),
                       .combined_values = std::vector<RowValues>(combinations_of(task.kind).size()),
                       .votes = {},
                       .member_sums = {},
                       .best = {},
                       .uncertainty = {}};
    fields(results, reader);
    if (rows == 0 || !reader.at_end() || !are_of(task, targets, results)) core::refuse_message("it holds no results");
    return results;
}

}  // namespace ensemble::analysis
