#include "api/loaded_model.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "api/calling_thread.hpp"
#include "core/error.hpp"
#include "core/reversible.hpp"
#include "run/finished_run.hpp"
#include "store/run_directory.hpp"

namespace ensemble::api {
namespace {

/// Rows that are predicted at a time, so that what is in between takes little memory; of images with many numbers
/// fewer.
std::size_t rows_of_block(std::size_t width) {
    constexpr std::size_t numbers = std::size_t{1} << 20U;
    constexpr std::size_t most = 4096;
    return std::clamp(numbers / std::max<std::size_t>(width, 1), train::evaluation_batch, most);
}

/// Where the numbers of a field go; those of others stand in lists of another kind.
struct List {
    std::string_view field;
    std::vector<float> Predictions::*numbers;
};

constexpr std::array<List, 8> lists{{
    {.field = "entropy", .numbers = &Predictions::entropy},
    {.field = "mutual_information", .numbers = &Predictions::mutual_information},
    {.field = "mean", .numbers = &Predictions::mean},
    {.field = "std", .numbers = &Predictions::std},
    {.field = "aleatoric_std", .numbers = &Predictions::aleatoric_std},
    {.field = "epistemic_std", .numbers = &Predictions::epistemic_std},
    {.field = "low", .numbers = &Predictions::low},
    {.field = "high", .numbers = &Predictions::high},
}};

template <class Value>
void append(std::vector<Value>& to, const std::vector<Value>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

/// What members predict of a block [members × rows × width] among what they predict of all rows.
void place_members(const predict::Predictions& from, std::size_t first, std::size_t all, std::size_t members,
                   std::vector<float>& to) {
    const std::size_t width = from.members.size() / members / from.rows;
    to.resize(members * all * width);
    for (std::size_t member = 0; member < members; ++member) {
        const auto own = std::span(from.members).subspan(member * from.rows * width, from.rows * width);
        std::ranges::copy(own, to.begin() + static_cast<std::ptrdiff_t>((member * all + first) * width));
    }
}

}  // namespace

LoadedModel::Desk::Desk(const predict::Ensemble& ensemble, std::size_t threads, compute::Precision precision)
    : pool(compute::prepare_thread),
      predictor(
          ensemble,
          [&] {
              pool.resize(threads);
              return &pool;
          }(),
          precision) {}

LoadedModel::LoadedModel(const std::filesystem::path& run_directory, std::size_t threads, compute::Precision precision)
    : threads_(threads), precision_(precision) {
    const run::FinishedRun run(store::RunDirectory::at(run_directory));
    seed_ = run.options().seed;
    const CallingThread computes;
    trained_ = std::make_unique<run::TrainedEnsemble>(run);
    fields_.emplace(trained_->columns());
    for (const data::Column& column : trained_->columns()) column_names_.push_back(column.name);
    if (trained_->ensemble().task->kind == task::Kind::classification) {
        for (const std::string& name : trained_->class_names()) class_names_.push_back(core::original(name));
    }
    idle_.push_back(std::make_unique<Desk>(trained_->ensemble(), threads_, precision_));
}

std::unique_ptr<LoadedModel::Desk> LoadedModel::take_desk() const {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            std::unique_ptr<Desk> desk = std::move(idle_.back());
            idle_.pop_back();
            return desk;
        }
    }
    return std::make_unique<Desk>(trained_->ensemble(), threads_, precision_);
}

const LoadedModel::Wording& LoadedModel::wording_at(std::optional<double> level) const {
    if (level && !(*level > 0 && *level < 1)) {
        core::fail(core::Failure::usage, "a level of {}: is a share of rows between 0 and 1, such as 0.9", *level);
    }
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Wording>& known = wordings_[level];
    if (known) return *known;
    auto made = std::make_unique<Wording>();
    if (level) made->bounds.emplace(trained_->ensemble(), trained_->held_out(), *level, seed_);
    made->table.emplace(
        trained_->ensemble(),
        predict::OutputRequest{
            .kept = {}, .class_names = trained_->class_names(), .target_names = trained_->target_names()},
        made->bounds ? &*made->bounds : nullptr);
    known = std::move(made);
    return *known;
}

Predictions LoadedModel::predict(const Matrix& rows, const PredictOptions& options) const {
    const bool takes_gaps = trained_->pipeline().parts().encoding != nullptr;
    return predict_rows(MatrixRows(rows, *fields_, takes_gaps), options);
}

Predictions LoadedModel::predict(const TextTable& rows, const PredictOptions& options) const {
    return predict_rows(TableRows(rows, *fields_), options);
}

Predictions LoadedModel::predict_rows(const MemoryRows& rows, const PredictOptions& options) const {
    const predict::Ensemble& ensemble = trained_->ensemble();
    Predictions predictions;
    predictions.rows = rows.rows();
    predictions.outputs = ensemble.targets;
    const std::size_t width = column_names_.size();
    const std::size_t block = rows_of_block(width);
    std::unique_ptr<Desk> desk;
    const Wording* wording = nullptr;
    for (std::size_t first = 0; first < rows.rows(); first += block) {
        const CallingThread computes;
        if (!desk) desk = take_desk();
        if (wording == nullptr) wording = &wording_at(options.level);
        const std::size_t count = std::min(block, rows.rows() - first);
        desk->raw.resize(count * width);
        rows.read(first, count, desk->raw, predictions);
        const predict::Predictions own = desk->predictor.predict(desk->raw, count, first);
        add(own, *wording, *desk, predictions);
        if (options.members) place_members(own, first, rows.rows(), ensemble.members.size(), predictions.members);
    }
    if (desk) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(desk));
    }
    return predictions;
}

void LoadedModel::add(const predict::Predictions& from, const Wording& wording, Desk& desk, Predictions& to) const {
    std::vector<float>& numbers = desk.numbers;
    numbers.clear();
    wording.table->append_numbers(from, numbers);
    const predict::Ensemble& ensemble = trained_->ensemble();
    const auto fields = wording.table->fields();
    const std::size_t questions = ensemble.task->questions(ensemble.targets);
    for (std::size_t place = 0; place < fields.size(); ++place) {
        const auto list = std::ranges::find(lists, fields[place]->name, &List::field);
        if (list == lists.end()) continue;
        for (std::size_t row = 0; row < from.rows; ++row) {
            const float* own = numbers.data() + row * wording.table->columns() + place;
            for (std::size_t i = 0; i < questions; ++i) (to.*list->numbers).push_back(own[i * fields.size()]);
        }
    }
    if (ensemble.task->kind != task::Kind::classification) return;
    append(to.labels, from.chosen);
    append(to.probabilities, from.combined);
    append(to.votes, from.votes);
    if (wording.bounds) append(to.sets, wording.bounds->sets(from).contains);
}

}  // namespace ensemble::api
