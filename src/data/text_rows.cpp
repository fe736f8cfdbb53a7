#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "core/reversible.hpp"
#include "data/class_names.hpp"
#include "data/column_choice.hpp"
#include "data/column_fields.hpp"
#include "data/field.hpp"
#include "data/file_bytes.hpp"
#include "data/number.hpp"
#include "data/row_stream.hpp"
#include "data/table_lines.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t usual_look = 101;  // the first line, and a hundred to hold it against

/// The place that "column 3" names, as columns without a name of their own are called.
std::optional<std::size_t> numbered_place(std::string_view name) {
    constexpr std::string_view begin = "column ";
    if (!name.starts_with(begin)) return std::nullopt;
    name.remove_prefix(begin.size());
    std::size_t number = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (problem != std::errc{} || end != name.data() + name.size() || number == 0) return std::nullopt;
    return number - 1;
}

/// Some names for a message, and how many more there are.
std::string some_of(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, names.size()); ++i)
        text += fmt::format("{}'{}'", i > 0 ? ", " : "", excerpt(names[i]));
    return names.size() > shown ? fmt::format("{} and {} more", text, names.size() - shown) : text;
}

/// How often something was met in each column, and where first.
struct Met {
    std::size_t rows = 0;
    std::size_t line = 0;
    std::string word;
};

class TextRows final : public RowStream {
public:
    TextRows(const std::filesystem::path& path, const TextRowRequest& request)
        : request_(request),
          lines_(FileBytes::stream(path), request.as_they_come ? 1 : usual_look, notes_),
          fields_(request.columns) {
        find_header();
        find_columns();
        find_targets();
        find_kept();
        note_others();
        for (const std::string& name : request_.classes) words_of_classes_.push_back(core::original(name));
        const std::vector<std::string_view> classes(words_of_classes_.begin(), words_of_classes_.end());
        if (!classes.empty()) classes_.emplace(classes);
        missing_.resize(request_.columns.size());
        unknown_.resize(request_.columns.size());
        next_of_head_ = header_.empty() ? 0 : 1;
    }

    bool next(std::size_t most, RowBlock& block) override {
        block.clear();
        while (block.rows < most) {
            if (next_of_head_ < lines_.head().size()) {
                const Line& line = lines_.head()[next_of_head_++];
                add(line.fields, line.number, block);
                continue;
            }
            if (block.rows > 0 && !lines_.has_line()) break;
            if (!lines_.next()) break;
            add(lines_.row(), lines_.number(), block);
        }
        return block.rows > 0;
    }

    const std::vector<std::string>& kept() const noexcept override { return kept_names_; }
    bool has_truth() const noexcept override { return !target_places_.empty(); }
    const std::vector<std::string>& notes() const noexcept override { return notes_; }

    std::vector<std::string> last_notes() const override {
        std::vector<std::string> notes;
        for (std::size_t i = 0; i < missing_.size(); ++i) {
            if (missing_[i].rows == 0) continue;
            notes.push_back(fmt::format("{}, {}: {} without a value, from line {} on", lines_.file(),
                                        described(places_[i]), rows(missing_[i].rows), missing_[i].line));
        }
        for (std::size_t i = 0; i < unknown_.size(); ++i) {
            if (unknown_[i].rows == 0) continue;
            notes.push_back(fmt::format("{}, {}: {} with a level that training never saw, such as '{}' in line {}",
                                        lines_.file(), described(places_[i]), rows(unknown_[i].rows),
                                        excerpt(unknown_[i].word), unknown_[i].line));
        }
        if (unknown_targets_.rows > 0) {
            notes.push_back(fmt::format(
                "{}: {} whose target is none of training's, such as '{}' in line {}; these "
                "are not scored",
                lines_.file(), rows(unknown_targets_.rows), excerpt(unknown_targets_.word), unknown_targets_.line));
        }
        if (std::string note = lines_.note_comments(); !note.empty()) notes.push_back(std::move(note));
        return notes;
    }

private:
    static std::string rows(std::size_t count) { return fmt::format("{} row{}", count, count == 1 ? "" : "s"); }

    [[nodiscard]] std::string described(std::size_t place) const { return column_name(header_, place); }

    [[nodiscard]] const Line& first() const { return lines_.head().front(); }

    /// The first line names the columns where it holds one of the names that are looked for.
    void find_header() {
        const Fields& fields = first().fields;
        count_ = fields.size();
        const auto is_name = [&](std::string_view field) {
            const std::string name = core::printable(field);
            return std::ranges::find(request_.columns, name, &Column::name) != request_.columns.end() ||
                   std::ranges::find(request_.targets, name) != request_.targets.end();
        };
        const bool has_names = request_.header == Header::yes ||
                               (request_.header == Header::automatic && std::ranges::any_of(fields, is_name));
        if (!has_names) return;
        for (const std::string_view field : fields) header_.push_back(core::printable(field));
    }

    void find_columns() {
        if (header_.empty()) return find_columns_by_place();
        std::vector<std::string> missing;
        for (const Column& column : request_.columns) {
            const auto place = find(column.name);
            if (!place) missing.push_back(column.name);
            places_.push_back(place.value_or(0));
        }
        if (missing.empty()) return;
        fail(Failure::data,
             "{}, line {}: lacks the column{} {}, which the networks were trained with; columns are matched by their "
             "names",
             lines_.file(), first().number, missing.size() == 1 ? "" : "s", some_of(missing));
    }

    [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const {
        const auto found = std::ranges::find(header_, name);
        if (found == header_.end()) {
            const auto place = numbered_place(name);
            return place && *place < header_.size() ? place : std::nullopt;
        }
        if (std::find(found + 1, header_.end(), name) != header_.end()) {
            fail(Failure::data, "{}, line {}: has several columns '{}', so that it is not clear which one is meant",
                 lines_.file(), first().number, excerpt(name));
        }
        return static_cast<std::size_t>(found - header_.begin());
    }

    /// Features alone, or those of columns that are called by their numbers in the table they were trained on.
    void find_columns_by_place() {
        bool are_numbered = true;
        std::size_t width = 0;
        for (const Column& column : request_.columns) {
            const auto place = numbered_place(column.name);
            are_numbered = are_numbered && place.has_value();
            width = std::max(width, place.value_or(0) + 1);
        }
        if (count_ == request_.columns.size()) {
            for (std::size_t i = 0; i < count_; ++i) places_.push_back(i);
        } else if (are_numbered && count_ >= width) {
            for (const Column& column : request_.columns) places_.push_back(*numbered_place(column.name));
        } else {
            std::vector<std::string> names;
            for (const Column& column : request_.columns) names.push_back(column.name);
            fail(
                Failure::data,
                "{}, line {}: has {} field{} separated by {} and none of the names of the {} columns that the networks "
                "were trained with, {}; give a first line with these names, or these columns alone in this order",
                lines_.file(), first().number, count_, count_ == 1 ? "" : "s", lines_.separator_name(), names.size(),
                some_of(names));
        }
        const auto is_word = [&](std::size_t i) {
            const std::string_view field = first().fields[places_[i]];
            return request_.columns[i].kind == ColumnKind::number && !is_gap(field) && !parse_feature(field);
        };
        std::vector<std::size_t> all(places_.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        const auto found = std::ranges::find_if(all, is_word);
        if (found != all.end() && request_.header == Header::automatic) {
            fail(Failure::data,
                 "{}, line {}: lacks the column '{}', which the networks were trained with (its {}. field is '{}'); if "
                 "the first line names columns otherwise, rename them, or take them by their places with --header yes",
                 lines_.file(), first().number, excerpt(request_.columns[*found].name), places_[*found] + 1,
                 excerpt(first().fields[places_[*found]]));
        }
        if (!are_numbered) {
            notes_.push_back(
                fmt::format("{}: its first line names no columns, so they are taken by their places", lines_.file()));
        }
    }

    void find_targets() {
        if (!request_.read_truth) return;
        for (const std::string& name : request_.targets) {
            const auto place = header_.empty() ? numbered_place(name) : find(name);
            if (!place || *place >= count_) return target_places_.clear();
            target_places_.push_back(*place);
        }
    }

    void find_kept() {
        if (request_.keep.empty()) return;
        std::vector<std::string> fields(first().fields.begin(), first().fields.end());
        if (request_.keep == "all" && std::ranges::find(header_, "all") == header_.end()) {
            for (std::size_t i = 0; i < count_; ++i) kept_places_.push_back(i);
        } else {
            const ColumnNames names{.file = lines_.file(), .count = count_, .names = header_, .first = fields};
            for (const WantedColumn& wanted : parse_columns(request_.keep))
                kept_places_.push_back(find_column(request_.keep_option, wanted, names));
        }
        for (const std::size_t place : kept_places_) {
            kept_names_.push_back(header_.empty() ? fmt::format("column {}", place + 1)
                                                  : std::string(first().fields[place]));
        }
    }

    /// Columns that nothing is done with.
    void note_others() {
        std::vector<std::string> others;
        for (std::size_t i = 0; i < header_.size(); ++i) {
            const bool is_used = std::ranges::find(places_, i) != places_.end() ||
                                 std::ranges::find(kept_places_, i) != kept_places_.end() ||
                                 std::ranges::find(request_.targets, header_[i]) != request_.targets.end() ||
                                 std::ranges::find(request_.aside, header_[i]) != request_.aside.end();
            if (!is_used) others.push_back(header_[i]);
        }
        if (others.empty()) return;
        notes_.push_back(fmt::format("{}: the networks were trained without {}, which {} passed over", lines_.file(),
                                     some_of(others), others.size() == 1 ? "is" : "are"));
    }

    void add(std::span<const std::string_view> fields, std::size_t line, RowBlock& block) {
        if (fields.size() != count_) {
            fail(Failure::data,
                 "{}, line {}: has {} field{} separated by {}, but line {} has {}; every row needs all "
                 "columns",
                 lines_.file(), line, fields.size(), fields.size() == 1 ? "" : "s", lines_.separator_name(),
                 first().number, count_);
        }
        for (std::size_t i = 0; i < places_.size(); ++i) {
            block.values.push_back(value(fields[places_[i]], i, line));
        }
        for (std::size_t i = 0; i < target_places_.size(); ++i)
            block.truth.push_back(truth(fields[target_places_[i]], line));
        keep(fields, block);
        ++block.rows;
    }

    void keep(std::span<const std::string_view> fields, RowBlock& block) const {
        if (kept_places_.empty()) return;
        for (std::size_t i = 0; i < kept_places_.size(); ++i) {
            if (i > 0) block.kept += ',';
            append_csv_field(block.kept, fields[kept_places_[i]]);
        }
        block.kept_ends.push_back(static_cast<std::uint32_t>(block.kept.size()));
    }

    static void meet(Met& met, std::string_view word, std::size_t line) {
        if (met.rows++ > 0) return;
        met.line = line;
        met.word = word;
    }

    double value(std::string_view field, std::size_t column, std::size_t line) {
        double value = 0;
        switch (fields_.read(column, field, value)) {
            case ColumnFields::Found::value:
                break;
            case ColumnFields::Found::gap:
                meet(missing_[column], field, line);
                break;
            case ColumnFields::Found::unknown:
                meet(unknown_[column], field, line);
                break;
            case ColumnFields::Found::nonsense:
                refuse(field, places_[column], line);
        }
        return value;
    }

    double truth(std::string_view field, std::size_t line) {
        if (!classes_) {
            if (const auto value = parse_number(field)) return *value;
        } else if (const auto found = classes_->find(field)) {
            return static_cast<double>(*found);
        }
        meet(unknown_targets_, field, line);
        return nothing;
    }

    [[noreturn]] void refuse(std::string_view field, std::size_t place, std::size_t line) const {
        std::string advice = advice_on_number(field);
        if (advice.empty()) advice = "the networks were trained with numbers there";
        if (!header_.empty() && core::printable(field) == header_[place])
            advice = "the line repeats the names of the columns, as in files joined end to end: remove it";
        fail(Failure::data, "{}, line {}, {}: '{}' is not a number; {}", lines_.file(), line, described(place),
             excerpt(field), advice);
    }

    TextRowRequest request_;
    std::vector<std::string> notes_;
    TableLines lines_;
    ColumnFields fields_;
    std::vector<std::string> header_;  ///< empty if there is none
    std::size_t count_ = 0;            ///< of columns
    std::vector<std::size_t> places_;  ///< of each of the columns that are wanted
    std::vector<std::size_t> target_places_;
    std::vector<std::size_t> kept_places_;
    std::vector<std::string> kept_names_;
    std::vector<std::string> words_of_classes_;
    std::optional<ClassNames> classes_;
    std::vector<Met> missing_;
    std::vector<Met> unknown_;
    Met unknown_targets_;
    std::size_t next_of_head_ = 0;
};

}  // namespace

std::unique_ptr<RowStream> open_text_rows(const std::filesystem::path& path, const TextRowRequest& request) {
    return std::make_unique<TextRows>(path, request);
}

}  // namespace ensemble::data
