#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/page.hpp"
#include "report/page/elements.hpp"
#include "task/task.hpp"

namespace ensemble::report {

/// A line of history.jsonl; what it lacks is NaN.
struct Epoch {
    std::uint32_t member = 0;
    std::uint32_t epoch = 0;
    double train_loss = 0;
    double validation_loss = 0;
    double validation_score = 0;
};

/// A line of timeline.jsonl: what a rank did from when to when, in seconds.
struct Span {
    std::size_t rank = 0;
    std::string what;
    double from = 0;
    double to = 0;
};

/// A member as the page shows it.
struct MemberRow {
    std::uint32_t index = 0;
    std::string net;
    std::string settings;  ///< those in which it differs from others: "lr 0.01, dropout 0.2"
    const Json* of = nullptr;
    std::string excluded;  ///< the reason; empty if it is part of the ensemble
};

/// What the page is made of, read once. Values that are missing, or not of the kind they should be, are treated alike:
/// a summary may come from an older program or another hand.
class Source {
public:
    explicit Source(const PageInput& input);

    /// The value at `path` of summary.json, "gain/by_size"; null where there is none.
    [[nodiscard]] const Json& at(std::string_view path) const;

    [[nodiscard]] const task::Task& task() const noexcept { return *task_; }
    /// What gains are told in.
    [[nodiscard]] const task::Metric& metric() const noexcept { return task_->metrics().front(); }
    [[nodiscard]] bool classifies() const noexcept { return task_->kind == task::Kind::classification; }

    [[nodiscard]] const std::vector<MemberRow>& members() const noexcept { return members_; }
    [[nodiscard]] std::size_t included() const noexcept { return included_; }
    [[nodiscard]] const std::string& combine() const noexcept { return combine_; }
    [[nodiscard]] const std::vector<std::string>& class_names() const noexcept { return class_names_; }
    [[nodiscard]] const std::vector<Epoch>& epochs() const noexcept { return epochs_; }
    [[nodiscard]] const std::vector<Span>& spans() const noexcept { return spans_; }
    [[nodiscard]] const Extras& extras() const noexcept { return extras_; }

private:
    void read_members();

    const Json& summary_;
    const Extras& extras_;
    const task::Task* task_;
    std::vector<MemberRow> members_;
    std::size_t included_ = 0;
    std::string combine_;  ///< the combination that predicts
    std::vector<std::string> class_names_;
    std::vector<Epoch> epochs_;
    std::vector<Span> spans_;
};

/// The value at `path` below `json`, names and numbers of elements with / between them; null where there is none.
[[nodiscard]] const Json& at(const Json& json, std::string_view path);

/// NaN, empty text, no elements: what takes the place of a value of another kind.
[[nodiscard]] double number_of(const Json& json);
[[nodiscard]] std::size_t whole_number(const Json& json);  ///< 0 for what is no whole number from 0 to 2^53
[[nodiscard]] std::string text_of(const Json& json);
[[nodiscard]] std::vector<double> numbers_of(const Json& json);

}  // namespace ensemble::report
