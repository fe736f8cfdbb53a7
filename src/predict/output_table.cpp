#include "predict/output_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "analysis/uncertainty.hpp"
#include "core/contract.hpp"
#include "core/reversible.hpp"

namespace ensemble::predict {
namespace {

void append_number(std::string& text, float value) {
    std::array<char, 32> digits{};  // single precision takes 15 at most
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text.append(digits.data(), result.ptr);
}

float root(double variance) {
    return static_cast<float>(std::sqrt(std::max(variance, 0.0)));
}

}  // namespace

OutputTable::OutputTable(const Ensemble& ensemble, OutputRequest request, const TrustBounds* bounds)
    : ensemble_(ensemble), request_(std::move(request)), bounds_(bounds) {
    const task::Kind kind = ensemble.task->kind;
    const auto measures = analysis::uncertainty_measures_of(kind);
    measures_per_target_ = measures.size();
    uncertainty_width_ = measures.size() * ensemble.task->questions(ensemble.targets);
    const auto place_of = [&](std::string_view name) {
        const auto found = std::ranges::find(measures, name, [](const auto* measure) { return measure->name; });
        core::require(found != measures.end(), "a measure that is written is in the table");
        measures_.push_back(static_cast<std::size_t>(found - measures.begin()));
    };
    std::vector<std::string> of_member;
    if (kind == task::Kind::classification) {
        core::require(request_.class_names.size() == ensemble.targets, "every class has a name");
        place_of("entropy"), place_of("mutual_information");
        names_ = {"prediction", "probability", "entropy", "mutual_information", "votes"};
        for (std::string& name : request_.class_names) {
            name = core::original(name);
            of_member.push_back("p_" + name);
            data::append_csv_field(class_fields_.emplace_back(), name);
        }
        names_.insert(names_.end(), of_member.begin(), of_member.end());
    } else {
        core::require(request_.target_names.size() == ensemble.targets, "every target has a name");
        place_of("aleatoric_variance"), place_of("epistemic_variance");
        for (const std::string& target : request_.target_names) {
            const std::string begin = ensemble.targets > 1 ? target + "_" : "";
            for (const char* name : {"mean", "std", "aleatoric_std", "epistemic_std", "low", "high"}) {
                const bool is_bound = name[0] == 'l' || name[0] == 'h';
                if (!is_bound || bounds_ != nullptr) names_.push_back(begin + name);
            }
            of_member.push_back(begin + "mean");
            of_member.push_back(begin + "std");
        }
    }
    for (const Member& member : ensemble.members) {
        for (const std::string& name : of_member) {
            if (request_.members) names_.push_back(fmt::format("m{}_{}", member.index, name));
        }
    }
}

std::string OutputTable::header() const {
    std::string line;
    const auto add = [&](std::string_view name) {
        if (!line.empty()) line += ',';
        data::append_csv_field(line, name);
    };
    for (const std::string& name : request_.kept) add(name);
    const bool has_sets = bounds_ != nullptr && ensemble_.task->kind == task::Kind::classification;
    const std::size_t plain = 5 + ensemble_.targets;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (has_sets && i == plain) add("prediction_set");
        add(names_[i]);
    }
    if (has_sets && names_.size() == plain) add("prediction_set");
    return line + '\n';
}

void OutputTable::append_member(const Predictions& predictions, std::size_t member, std::size_t row,
                                std::vector<float>& numbers) const {
    const std::size_t width = ensemble_.width();
    const auto own = std::span(predictions.members).subspan((member * predictions.rows + row) * width, width);
    const bool classes = ensemble_.task->kind == task::Kind::classification;
    for (std::size_t i = 0; i < width; ++i) numbers.push_back(classes || i % 2 == 0 ? own[i] : root(own[i]));
}

void OutputTable::numbers_of(const Predictions& predictions, std::size_t row,
                             std::span<const analysis::Interval> intervals, std::vector<float>& numbers) const {
    const std::size_t width = ensemble_.width();
    const auto combined = std::span(predictions.combined).subspan(row * width, width);
    const auto uncertainty = std::span(predictions.uncertainty).subspan(row * uncertainty_width_, uncertainty_width_);
    if (ensemble_.task->kind == task::Kind::classification) {
        const auto chosen = static_cast<std::size_t>(predictions.chosen[row]);
        numbers.push_back(static_cast<float>(chosen));
        numbers.push_back(combined[chosen]);
        for (const std::size_t measure : measures_) numbers.push_back(uncertainty[measure]);
        numbers.push_back(static_cast<float>(predictions.votes[row]));
        numbers.insert(numbers.end(), combined.begin(), combined.end());
    } else {
        for (std::size_t target = 0; target < ensemble_.targets; ++target) {
            numbers.push_back(combined[2 * target]);
            numbers.push_back(root(combined[2 * target + 1]));
            for (const std::size_t measure : measures_)
                numbers.push_back(root(uncertainty[target * measures_per_target_ + measure]));
            if (intervals.empty()) continue;
            const analysis::Interval& interval = intervals[row * ensemble_.targets + target];
            numbers.push_back(static_cast<float>(interval.low));
            numbers.push_back(static_cast<float>(interval.high));
        }
    }
    for (std::size_t member = 0; member < ensemble_.members.size() && request_.members; ++member)
        append_member(predictions, member, row, numbers);
}

void OutputTable::append_lines(const Predictions& predictions, const data::RowBlock& block, std::string& text) const {
    const bool classes = ensemble_.task->kind == task::Kind::classification;
    std::vector<analysis::Interval> intervals;
    analysis::PredictionSets sets;
    if (bounds_ != nullptr && classes) sets = bounds_->sets(predictions);
    if (bounds_ != nullptr && !classes) intervals = bounds_->intervals(predictions);
    const std::size_t plain = 5 + ensemble_.targets;
    std::vector<float> numbers;
    std::string names;
    const auto append_set = [&](std::size_t row) {
        names.clear();
        for (std::size_t label = 0; label < ensemble_.targets; ++label) {
            if (!sets.has(row, label)) continue;
            if (!names.empty()) names += '|';
            for (const char letter : request_.class_names[label]) {
                if (letter == '|' || letter == '\\') names += '\\';
                names += letter;
            }
        }
        text += ',';
        data::append_csv_field(text, names);
    };
    for (std::size_t row = 0; row < predictions.rows; ++row) {
        numbers.clear();
        numbers_of(predictions, row, intervals, numbers);
        if (!request_.kept.empty()) text += block.kept_of(row);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (i > 0 || !request_.kept.empty()) text += ',';
            if (classes && i == 0) {
                text += class_fields_[static_cast<std::size_t>(predictions.chosen[row])];
            } else {
                append_number(text, numbers[i]);
            }
            if (i + 1 == plain && sets.classes > 0) append_set(row);
        }
        text += '\n';
    }
}

void OutputTable::append_numbers(const Predictions& predictions, std::vector<float>& numbers) const {
    std::vector<analysis::Interval> intervals;
    if (bounds_ != nullptr && ensemble_.task->kind != task::Kind::classification)
        intervals = bounds_->intervals(predictions);
    for (std::size_t row = 0; row < predictions.rows; ++row) numbers_of(predictions, row, intervals, numbers);
}

}  // namespace ensemble::predict
