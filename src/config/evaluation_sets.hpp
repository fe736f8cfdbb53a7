#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/coverage.hpp"
#include "analysis/importance.hpp"
#include "analysis/study.hpp"
#include "config/options.hpp"
#include "data/dataset.hpp"
#include "data/made_rows.hpp"
#include "data/shift.hpp"
#include "data/split.hpp"

namespace ensemble::config {

/// Rows that trained members predict, and what is true of them.
struct EvaluationSet : analysis::EvaluationSet {
    data::View rows;
};

/// What the set of that name is for, among those of a run with these options. `kind` is that of the run's rows. Throws
/// core::Error (data) for a name that no such run has.
[[nodiscard]] analysis::EvaluationSet described_set(const std::string& name, const Options& options,
                                                    data::RowKind kind);

/// Images, unless the options say that the rows of that shape are sequences.
[[nodiscard]] data::RowKind row_kind(const Options& options, const core::Shape& shape);

/// The two numbers of a row in the plane: as they are read, where the table is encoded, else as a network sees them.
[[nodiscard]] std::array<double, 2> point_of(const data::View& view, std::uint32_t row);

/// All that members predict when they are trained: the validation rows, the test rows, then what the options ask for.
/// Its views point into it, so it stays where it is.
class EvaluationSets {
public:
    /// `source` and `split` must outlive it. Throws core::Error (usage) where options and data do not fit.
    EvaluationSets(const Options& options, const data::Source& source, const data::Split& split);
    EvaluationSets(const EvaluationSets&) = delete;
    EvaluationSets& operator=(const EvaluationSets&) = delete;

    [[nodiscard]] const std::vector<EvaluationSet>& all() const noexcept { return sets_; }

    /// Of classes in the plane: where they are predicted, in what a network sees, or of text tables in the units of
    /// their columns; nothing of other data.
    [[nodiscard]] const std::optional<data::Grid>& grid() const noexcept { return grid_; }

    /// Whose values are handed out anew among test rows; nothing unless that is asked for.
    [[nodiscard]] const std::optional<analysis::ShuffledColumns>& shuffled() const noexcept { return shuffled_; }

    /// By which coverage of the test rows is told; empty unless that is asked for.
    [[nodiscard]] const analysis::RowGroups& coverage_groups() const noexcept { return coverage_groups_; }

private:
    void add_shifts(const Options& options, const data::Source& source, const data::Split& split);
    void add_foreign(const Options& options, const data::Source& source);
    void add_grid(const Options& options, const data::Source& source, const data::Split& split);
    void add_shuffled(const Options& options, const data::Source& source);
    void add_out_of_bag(const Options& options, const data::Source& source, const data::Split& split);

    /// Numbered from 0.
    [[nodiscard]] std::span<const std::uint32_t> add_rows(std::size_t count);

    std::list<std::vector<std::uint32_t>> rows_;
    std::vector<std::unique_ptr<data::RowMaker>> makers_;
    std::vector<EvaluationSet> sets_;
    std::optional<data::Grid> grid_;
    std::optional<analysis::ShuffledColumns> shuffled_;
    analysis::RowGroups coverage_groups_;
};

}  // namespace ensemble::config
