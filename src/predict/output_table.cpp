#include "predict/output_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>

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

/// "entropy" among the measures of uncertainty.
std::size_t place_of(std::span<const analysis::UncertaintyMeasure* const> measures, std::string_view name) {
    const auto found = std::ranges::find(measures, name, &analysis::UncertaintyMeasure::name);
    core::require(found != measures.end(), "a measure that is written is in the table");
    return static_cast<std::size_t>(found - measures.begin());
}

}  // namespace

OutputTable::OutputTable(const Ensemble& ensemble, OutputRequest request, const TrustBounds* bounds)
    : ensemble_(ensemble),
      request_(std::move(request)),
      bounds_(bounds),
      are_classes_(ensemble.task->kind == task::Kind::classification) {
    const auto measures = analysis::uncertainty_measures_of(ensemble.task->kind);
    measures_ = measures.size();
    for (const OutputField* field : output_fields_of(ensemble.task->kind)) {
        if (field->is_bound && bounds_ == nullptr) continue;
        fields_.push_back(field);
        measure_of_.push_back(field->measure.empty() ? 0 : place_of(measures, field->measure));
    }
    add_names_of_members(are_classes_ ? names_of_classes() : names_of_targets());
}

void OutputTable::add_names_of_members(const std::vector<std::string>& of_member) {
    before_set_ = names_.size();
    for (const Member& member : ensemble_.members) {
        for (const std::string& name : of_member) {
            if (request_.members) names_.push_back(fmt::format("m{}_{}", member.index, name));
        }
    }
}

std::vector<std::string> OutputTable::names_of_classes() {
    core::require(request_.class_names.size() == ensemble_.targets, "every class has a name");
    std::vector<std::string> of_member;
    for (const OutputField* field : fields_) names_.emplace_back(field->name);
    for (std::string& name : request_.class_names) {
        name = core::original(name);
        of_member.push_back("p_" + name);
        data::append_csv_field(class_fields_.emplace_back(), name);
    }
    names_.insert(names_.end(), of_member.begin(), of_member.end());
    return of_member;
}

std::vector<std::string> OutputTable::names_of_targets() {
    core::require(request_.target_names.size() == ensemble_.targets, "every target has a name");
    std::vector<std::string> of_member;
    for (const std::string& target : request_.target_names) {
        const std::string begin = ensemble_.targets > 1 ? target + "_" : "";
        for (const OutputField* field : fields_) names_.push_back(begin + std::string(field->name));
        of_member.push_back(begin + "mean");
        of_member.push_back(begin + "std");
    }
    return of_member;
}

std::string OutputTable::header() const {
    std::string line;
    const auto add = [&](std::string_view name) {
        if (!line.empty()) line += ',';
        data::append_csv_field(line, name);
    };
    for (const std::string& name : request_.kept) add(name);
    const bool has_sets = bounds_ != nullptr && are_classes_;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        add(names_[i]);
        if (has_sets && i + 1 == before_set_) add("prediction_set");
    }
    return line + '\n';
}

void OutputTable::append_member(const Predictions& predictions, std::size_t member, std::size_t row,
                                std::vector<float>& numbers) const {
    const std::size_t width = ensemble_.width();
    const auto own = std::span(predictions.members).subspan((member * predictions.rows + row) * width, width);
    for (std::size_t i = 0; i < width; ++i)
        numbers.push_back(are_classes_ || i % 2 == 0 ? own[i] : deviation_of(own[i]));
}

void OutputTable::append_fields(const Predictions& predictions, std::size_t row, std::size_t question,
                                const analysis::Interval& interval, std::vector<float>& numbers) const {
    const std::size_t questions = ensemble_.task->questions(ensemble_.targets);
    const std::size_t width = ensemble_.width() / questions;
    const std::size_t place = row * questions + question;
    Said said{.combined = std::span(predictions.combined).subspan(place * width, width), .interval = interval};
    if (are_classes_) {
        said.chosen = static_cast<std::size_t>(predictions.chosen[row]);
        said.votes = predictions.votes[row];
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        said.uncertainty = predictions.uncertainty[place * measures_ + measure_of_[i]];
        numbers.push_back(fields_[i]->of(said));
    }
}

void OutputTable::numbers_of(const Predictions& predictions, std::size_t row,
                             std::span<const analysis::Interval> intervals, std::vector<float>& numbers) const {
    const std::size_t questions = ensemble_.task->questions(ensemble_.targets);
    for (std::size_t question = 0; question < questions; ++question) {
        append_fields(predictions, row, question,
                      intervals.empty() ? analysis::Interval{} : intervals[row * questions + question], numbers);
    }
    if (are_classes_) {
        const auto probabilities = std::span(predictions.combined).subspan(row * ensemble_.width(), ensemble_.width());
        numbers.insert(numbers.end(), probabilities.begin(), probabilities.end());
    }
    for (std::size_t member = 0; member < ensemble_.members.size() && request_.members; ++member)
        append_member(predictions, member, row, numbers);
}

void OutputTable::append_set(const analysis::PredictionSets& sets, std::size_t row, std::string& text) const {
    std::string names;
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
}

void OutputTable::append_lines(const Predictions& predictions, const data::RowBlock& block, std::string& text) const {
    std::vector<analysis::Interval> intervals;
    analysis::PredictionSets sets;
    if (bounds_ != nullptr && are_classes_) sets = bounds_->sets(predictions);
    if (bounds_ != nullptr && !are_classes_) intervals = bounds_->intervals(predictions);
    std::vector<float> numbers;
    for (std::size_t row = 0; row < predictions.rows; ++row) {
        numbers.clear();
        numbers_of(predictions, row, intervals, numbers);
        if (!request_.kept.empty()) text += block.kept_of(row);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (i > 0 || !request_.kept.empty()) text += ',';
            if (i < fields_.size() && fields_[i]->is_class) {
                text += class_fields_[static_cast<std::size_t>(numbers[i])];
            } else {
                append_number(text, numbers[i]);
            }
            if (i + 1 == before_set_ && sets.classes > 0) append_set(sets, row, text);
        }
        text += '\n';
    }
}

void OutputTable::append_numbers(const Predictions& predictions, std::vector<float>& numbers) const {
    std::vector<analysis::Interval> intervals;
    if (bounds_ != nullptr && !are_classes_) intervals = bounds_->intervals(predictions);
    for (std::size_t row = 0; row < predictions.rows; ++row) numbers_of(predictions, row, intervals, numbers);
}

}  // namespace ensemble::predict
