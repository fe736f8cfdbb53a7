#include "data/first_line.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/field.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

/// A column that an option wants.
struct Wish {
    std::string_view option;
    WantedColumn column;
};

std::vector<Wish> wishes_of(const ColumnChoice& choice, const std::vector<std::string>& first) {
    std::vector<Wish> wishes;
    if (!choice.target.empty()) {
        for (WantedColumn& column : wanted_targets(choice.target, first)) {
            wishes.push_back({.option = "--target", .column = std::move(column)});
        }
    }
    const auto add = [&](std::string_view option, const std::string& list) {
        if (list.empty()) return;
        for (WantedColumn& column : parse_columns(list))
            wishes.push_back({.option = option, .column = std::move(column)});
    };
    add("--ignore", choice.ignore);
    add("--categorical", choice.categorical);
    add("--use", choice.use);
    add("--weight", choice.weight);
    add("--group", choice.group);
    return wishes;
}

bool is_name(const Wish& wish) {
    return !wish.column.may_be_number();
}

class Question {
public:
    Question(const FirstLines& lines, const ColumnChoice& choice, const Columns* like)
        : lines_(lines), wishes_(wishes_of(choice, lines.first)), header_(choice.header), like_(like) {}

    [[nodiscard]] bool answer(std::vector<std::string>& notes) const {
        const bool is_like = like_ != nullptr && !like_->header.empty() && lines_.first == like_->header;
        const auto name = std::ranges::find_if(wishes_, is_name);
        if (header_ == Header::no && name != wishes_.end()) {
            fail(Failure::usage, "{}: '{}' names a column, but with --header no columns have no names; give its number",
                 name->option, excerpt(name->column.text));
        }
        if (header_ != Header::automatic) {
            if (!is_like) note_surprise(notes);
            return header_ == Header::yes;
        }
        if (is_like) return true;
        if (like_ == nullptr && name != wishes_.end()) {
            require_names();
            return true;
        }
        return judge(notes);
    }

private:
    /// Whoever names a column knows of a header.
    void require_names() const {
        const ColumnNames columns{
            .file = lines_.file, .count = lines_.first.size(), .names = lines_.first, .first = lines_.first};
        for (const Wish& wish : wishes_) {
            if (is_name(wish)) static_cast<void>(find_column(wish.option, wish.column, columns));
        }
    }

    /// What the user says is done, also where the lines below say otherwise.
    void note_surprise(std::vector<std::string>& notes) const {
        if (lines_.below.empty()) return;
        const auto both = [&](Verdict::Kind kind) { return verdict(true).kind == kind && verdict(false).kind == kind; };
        if (header_ == Header::yes && both(Verdict::Kind::row)) {
            notes.push_back(fmt::format(
                "{}: line {} looks like the rows below, but --header yes makes it names, so that a row less is read; "
                "--header no makes it a row",
                lines_.file, lines_.number));
        }
        if (header_ == Header::no && both(Verdict::Kind::header)) {
            notes.push_back(
                fmt::format("{}: line {} looks like the names of the columns, but --header no makes it a row; --header "
                            "yes makes it names",
                            lines_.file, lines_.number));
        }
    }

    [[nodiscard]] bool judge(std::vector<std::string>& notes) const {
        using enum Verdict::Kind;
        const Verdict with_names = verdict(true);
        const Verdict with_numbers = verdict(false);
        // The column to be learnt may be one if the line is a header, and another one if it is a row.
        const bool is_header = with_names.kind == header && with_numbers.kind != row;
        const bool is_row = with_names.kind == row && with_numbers.kind == row;
        if (!is_header && !is_row) {
            fail(Failure::data,
                 "{}, line {}: could be a header or a row: {}; say which with --header yes or --header no", lines_.file,
                 lines_.number,
                 with_names.kind == with_numbers.kind
                     ? with_names.why
                     : "what --target or --ignore gives can be the name of a column or its number");
        }
        if (is_header && !with_names.why.empty()) {
            notes.push_back(fmt::format(
                "{}: line {} is taken for a header, although names in it are numbers; --header no makes it a row",
                lines_.file, lines_.number));
        }
        return is_header;
    }

    /// The verdict if wishes are names where they can be, or if they are numbers. Of several columns to be learnt all
    /// are numbers: the first one stands for the target, the others are columns as features are.
    [[nodiscard]] Verdict verdict(bool by_name) const {
        const Fields first(lines_.first.begin(), lines_.first.end());
        if (like_ != nullptr) return judge_first_line(first, lines_.below, like_->targets.front(), like_->ignored);
        std::optional<std::size_t> target;
        std::vector<bool> ignored(first.size(), false);
        for (const Wish& wish : wishes_) {
            const auto place = place_of(wish.column.text, by_name);
            if (!place) continue;
            if (wish.option == "--target") {
                target = target.value_or(*place);
            } else if (wish.option == "--ignore") {
                ignored[*place] = true;
            }
        }
        return judge_first_line(first, lines_.below, target.value_or(first.size() - 1), ignored);
    }

    [[nodiscard]] std::optional<std::size_t> place_of(std::string_view text, bool by_name) const {
        const auto found = std::ranges::find(lines_.first, text);
        if (by_name && found != lines_.first.end()) return static_cast<std::size_t>(found - lines_.first.begin());
        std::size_t number = 0;
        const auto problem = std::from_chars(text.data(), text.data() + text.size(), number).ec;
        if (problem != std::errc{} || number < 1 || number > lines_.first.size()) return std::nullopt;
        return number - 1;
    }

    const FirstLines& lines_;
    std::vector<Wish> wishes_;
    Header header_;
    const Columns* like_;
};

}  // namespace

bool has_header(const FirstLines& lines, const ColumnChoice& choice, const Columns* like,
                std::vector<std::string>& notes) {
    return Question(lines, choice, like).answer(notes);
}

}  // namespace ensemble::data
