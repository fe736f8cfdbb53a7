#include "run/dropout_baseline.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/combination.hpp"
#include "compute/prepared_pool.hpp"
#include "run/results.hpp"
#include "store/file.hpp"
#include "store/member_file.hpp"
#include "store/npy.hpp"
#include "train/dropout_passes.hpp"

namespace ensemble::run {
namespace {

/// Rows that all passes predict before the next ones: what is kept of them does not grow with the rows.
constexpr std::size_t rows_at_once = 16 * train::Predictor::batch;

/// All passes over some rows, combined.
struct Passes {
    analysis::Combined combined;
    std::vector<float> components;  ///< of a mixture: [passes × rows × width]
};

/// A member that predicts with dropout left on.
class DroppingMember {
public:
    DroppingMember(const config::Experiment& experiment, const store::RunDirectory& directory, std::uint32_t index)
        : experiment_(experiment),
          spec_(experiment.member(index)),
          state_(store::load_member(directory.member(index), experiment.digest_of(index),
                                    [&](const train::MemberState& state) { return experiment.fault_of(state); })),
          combination_(*analysis::combinations_of(experiment.task().kind).front()),
          passes_(experiment.options().mc_dropout) {
        pool_.resize(std::max<std::size_t>(experiment.options().threads, 1));
        predictor_.emplace(spec_, &pool_);
        if (experiment.task().complete == nullptr) return;
        const data::RowRange rows = experiment.predicted_rows(experiment.validation_set(), index);
        const std::size_t width = experiment.predicted_width();
        validation_.resize(rows.count * width);
        prediction_files(experiment, directory, experiment.validation_set())
            .read_rows(index, rows.first, rows.count, validation_);
        validation_truth_ = experiment.validation_set().truth().part(rows.first, rows.count);
    }

    [[nodiscard]] Passes predict(const config::EvaluationSet& set) {
        const std::size_t width = experiment_.predicted_width();
        const std::size_t rows = set.rows.size();
        Passes all;
        if (combination_.is_mixture) all.components.resize(passes_ * rows * width);
        for (std::size_t first = 0; first < rows; first += rows_at_once) {
            const std::size_t count = std::min(rows_at_once, rows - first);
            const std::vector<float> block = predict(set, first, count);
            const analysis::Combined combined = combination_.apply({.task = experiment_.task(),
                                                                    .targets = experiment_.targets(),
                                                                    .members = passes_,
                                                                    .rows = count,
                                                                    .predictions = block,
                                                                    .truth = {}},
                                                                   {});
            all.combined.predictions.insert(all.combined.predictions.end(), combined.predictions.begin(),
                                            combined.predictions.end());
            all.combined.chosen.insert(all.combined.chosen.end(), combined.chosen.begin(), combined.chosen.end());
            for (std::size_t pass = 0; pass < passes_ && combination_.is_mixture; ++pass) {
                std::ranges::copy(std::span(block).subspan(pass * count * width, count * width),
                                  all.components.begin() + static_cast<std::ptrdiff_t>((pass * rows + first) * width));
            }
        }
        return all;
    }

    [[nodiscard]] task::Scores score(const Passes& passes, const config::EvaluationSet& set) const {
        return task::score({.task = experiment_.task(),
                            .targets = experiment_.targets(),
                            .predictions = passes.combined.predictions,
                            .chosen = passes.combined.chosen,
                            .components = passes.components,
                            .members = combination_.is_mixture ? passes_ : 0},
                           set.truth());
    }

private:
    /// [passes × count × width]
    [[nodiscard]] std::vector<float> predict(const config::EvaluationSet& set, std::size_t first, std::size_t count) {
        const std::size_t size = count * experiment_.predicted_width();
        std::vector<float> block(passes_ * size);
        data::View rows = set.rows;
        rows.rows = rows.rows.subspan(first, count);
        for (std::size_t pass = 0; pass < passes_; ++pass) {
            const std::span<float> out = std::span(block).subspan(pass * size, size);
            predictor_->predict(train::weights_of(state_), rows, pass, out);
            if (experiment_.task().complete != nullptr)
                experiment_.task().complete(validation_, validation_truth_, out);
        }
        return block;
    }

    const config::Experiment& experiment_;
    train::MemberSpec spec_;
    train::MemberState state_;
    const analysis::Combination& combination_;
    std::size_t passes_;
    compute::PreparedPool pool_;
    std::optional<train::DropoutPasses> predictor_;  ///< always there
    std::vector<float> validation_;                  ///< what it predicts of these rows without dropout, where needed
    task::Truth validation_truth_;
};

}  // namespace

std::optional<store::DropoutBaseline> write_dropout_baseline(const config::Experiment& experiment,
                                                             const store::RunDirectory& directory,
                                                             std::span<const analysis::MemberResult> members) {
    if (experiment.options().mc_dropout == 0) return std::nullopt;
    const auto drops = [&](const analysis::MemberResult& member) {
        return member.is_included() && experiment.network_of(member.index).has("dropout");
    };
    const auto found = std::ranges::find_if(members, drops);
    if (found == members.end()) return std::nullopt;
    DroppingMember member(experiment, directory, found->index);
    store::DropoutBaseline baseline{.member = found->index, .passes = experiment.options().mc_dropout, .test = {}};
    for (const config::EvaluationSet& set : experiment.evaluation_sets()) {
        if (set.use != analysis::SetUse::test && set.use != analysis::SetUse::shift) continue;
        const Passes passes = member.predict(set);
        const auto path = directory.evaluation_set(set.name) / fmt::format("mc-{:04}.npy", found->index);
        store::write_file_atomically(
            path, store::to_npy(passes.combined.predictions, set.rows.size(), experiment.predicted_width()));
        task::Scores scores = member.score(passes, set);
        if (&set == &experiment.test_set()) {
            baseline.test = std::move(scores);
        } else {
            baseline.others.emplace_back(set.name, std::move(scores));
        }
    }
    return baseline;
}

}  // namespace ensemble::run
