#include "run/finished_run.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "config/configuration.hpp"
#include "config/experiment.hpp"
#include "core/error.hpp"
#include "core/npy.hpp"
#include "store/npy.hpp"
#include "store/summary_reader.hpp"

namespace ensemble::run {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) core::fail(core::Failure::data, "cannot read '{}'", path.string());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::byte> read_bytes(const fs::path& path) {
    const std::string text = read_text(path);
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

/// Whether a run writes this as what a member predicts: a probability, or a mean or a variance.
bool may_be_predicted(bool classes, std::size_t place, float value) {
    if (!std::isfinite(value)) return false;
    if (classes) return value >= 0 && value <= 1;
    return place % 2 == 0 || value >= 0;
}

/// `rows` of `file` [rows × width]. Of rows outside of bootstrap samples a member that was trained on one says nothing.
void require_predictions(const analysis::Study& study, const analysis::EvaluationSet& set, std::span<const float> rows,
                         const fs::path& file) {
    const bool classes = study.task->kind == task::Kind::classification;
    const bool may_say_nothing = set.use == analysis::SetUse::out_of_bag;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (may_be_predicted(classes, i, rows[i]) || (may_say_nothing && std::isnan(rows[i]))) continue;
        core::fail(core::Failure::data, "'{}' is damaged: it holds {}, which no member predicts; copy the run again",
                   file.string(), rows[i]);
    }
}

void require_finished(const store::RunDirectory& directory) {
    std::error_code error;
    if (fs::exists(directory.summary(), error)) return;
    if (fs::exists(directory.configuration(), error)) {
        core::fail(core::Failure::usage,
                   "'{}' holds a run that is not finished (no summary.json); go on with it: ensemble_train --resume "
                   "--out {}",
                   directory.path().string(), directory.path().string());
    }
    core::fail(core::Failure::usage, "'{}' holds no run of ensemble_train", directory.path().string());
}

}  // namespace

FinishedRun::FinishedRun(store::RunDirectory directory) : directory_(std::move(directory)) {
    require_finished(directory_);
    summary_ = store::summary_from_json(read_text(directory_.summary()), directory_.summary().string());
    config::apply_configuration(options_, read_text(directory_.configuration()), directory_.configuration().string());
    for (const std::string& name : summary_.data.evaluation_sets) read_set(name);
    make_study();
}

void FinishedRun::read_set(const std::string& name) {
    core::Shape shape;
    if (summary_.data.shape.size() == 2) shape = {summary_.data.shape[0], summary_.data.shape[1]};
    if (summary_.data.shape.size() == 3)
        shape = {summary_.data.shape[0], summary_.data.shape[1], summary_.data.shape[2]};
    analysis::EvaluationSet set = config::described_set(name, options_, config::row_kind(options_, shape));
    const bool is_known = set.use != analysis::SetUse::foreign && set.use != analysis::SetUse::grid;
    if (is_known) {
        read_truth(set);
    } else {
        const fs::path file = directory_.evaluation_set(name) / "rows.npy";
        const core::NpyHeader header = core::read_npy_header(read_bytes(file), file.string());
        if (header.extents.size() == 1) set.count = header.extents.front();
    }
    if (set.count == 0) core::fail(core::Failure::data, "'{}' holds no rows", directory_.evaluation_set(name).string());
    sets_.push_back(std::move(set));
}

void FinishedRun::read_truth(analysis::EvaluationSet& set) const {
    const fs::path file = directory_.evaluation_set(set.name) / "targets.npy";
    if (summary_.task->kind == task::Kind::classification) {
        set.labels = store::integer_list_from_npy(read_bytes(file), file.string());
        set.count = set.labels.size();
        const auto is_class = [&](std::int32_t label) {
            return label >= 0 && static_cast<std::size_t>(label) < summary_.data.classes;
        };
        if (!std::ranges::all_of(set.labels, is_class))
            core::fail(core::Failure::data, "'{}' holds labels that are no classes of the run", file.string());
        return;
    }
    store::Matrix<float> numbers = store::floats_from_npy(read_bytes(file), file.string());
    if (numbers.columns != summary_.data.target_names.size()) {
        core::fail(core::Failure::data, "'{}' holds {} numbers a row, and the run learnt {}", file.string(),
                   numbers.columns, summary_.data.target_names.size());
    }
    const auto is_finite = [](float number) { return std::isfinite(number); };
    if (!std::ranges::all_of(numbers.values, is_finite))
        core::fail(core::Failure::data, "'{}' is damaged: it holds what is no number", file.string());
    set.count = numbers.rows;
    set.targets = numbers.columns;
    set.numbers = std::move(numbers.values);
}

void FinishedRun::make_study() {
    study_.task = summary_.task;
    const bool classes = summary_.task->kind == task::Kind::classification;
    study_.targets = classes ? summary_.data.classes : summary_.data.target_names.size();
    study_.seed = options_.seed;
    study_.validation_guides_training = config::validation_guides_training(options_);
    study_.rows_are_grouped = !options_.group.empty();
    for (const analysis::EvaluationSet& set : sets_) {
        study_.sets.push_back(&set);
        files_.emplace_back(directory_.evaluation_set(set.name), set.count, study_.width());
    }
    if (sets_.size() <= study_.test)
        core::fail(core::Failure::data, "'{}' names too few evaluation sets", directory_.summary().string());
    const std::size_t rows = sets_[study_.validation].count;
    study_.fold_bounds = summary_.data.fold_bounds;
    // Folds of one size need not be told, and older programs did not.
    if (study_.fold_bounds.empty()) study_.fold_bounds = config::fold_bounds(rows, options_.folds);
    const bool fits = study_.folds() == options_.folds && std::ranges::is_sorted(study_.fold_bounds) &&
                      (options_.folds == 0 || (study_.fold_bounds.front() == 0 && study_.fold_bounds.back() == rows));
    if (!fits)
        core::fail(core::Failure::data, "'{}' names folds that are not those of its rows",
                   directory_.summary().string());
}

analysis::Committee FinishedRun::committee() const {
    auto committee = analysis::committee_of(*summary_.task, summary_.members);
    if (!committee || !std::ranges::is_sorted(committee->members))
        core::fail(core::Failure::data, "'{}' names no members in order", directory_.summary().string());
    return std::move(*committee);
}

analysis::ReadPredictions FinishedRun::reader() const {
    return [this](std::size_t set, std::span<const std::uint32_t> members, std::size_t first, std::size_t count) {
        const store::PredictionFiles& files = files_.at(set);
        std::vector<float> rows = store::read_rows_of(files, members, first, count);
        const std::size_t each = count * files.width();
        for (std::size_t i = 0; i < members.size(); ++i)
            require_predictions(study_, *study_.sets.at(set), std::span(rows).subspan(i * each, each),
                                files.path(members[i]));
        return rows;
    };
}

}  // namespace ensemble::run
