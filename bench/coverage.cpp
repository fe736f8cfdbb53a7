// How often do the intervals of the gain hold what they promise? Draws ensembles of simulated members, gives each its
// intervals from a few test rows, and counts how many hold the gain that very many rows, or very many ensembles, have.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "analysis/diversity.hpp"
#include "analysis/results.hpp"
#include "core/random.hpp"

using namespace ensemble;

namespace {

/// Two classes. A row is as easy as ease + spread·N(0, 1) says; a member differs from others by its skill in all rows,
/// and in each row by its noise.
struct Settings {
    std::size_t ensembles = 400;
    std::size_t members = 8;
    std::size_t rows = 500;
    std::size_t validation_rows = 250;
    std::size_t true_rows = 100'000;  ///< that stand for all rows there are
    double ease = 1.2;
    double spread = 1.2;
    double skill = 0.2;
    double noise = 0.7;
    std::uint64_t seed = 1;
};

/// What members of given skills predict of rows: [members × rows × 2]; the second class is the true one.
std::vector<float> predictions(const Settings& settings, const std::vector<double>& skills, std::size_t rows,
                               core::RandomStream& random) {
    std::vector<float> all(skills.size() * rows * 2);
    constexpr double sharpness = 2;
    for (std::size_t row = 0; row < rows; ++row) {
        const double ease = settings.ease + settings.spread * random.normal();
        for (std::size_t member = 0; member < skills.size(); ++member) {
            const double logit = sharpness * (ease + skills[member] + settings.noise * random.normal());
            const double p = 1 / (1 + std::exp(-logit));
            all[(member * rows + row) * 2] = static_cast<float>(1 - p);
            all[(member * rows + row) * 2 + 1] = static_cast<float>(p);
        }
    }
    return all;
}

/// The intervals of one ensemble, and what they should hold.
class Ensemble {
public:
    Ensemble(const Settings& settings, std::size_t number)
        : settings_(settings),
          random_({.seed = settings.seed, .epoch = static_cast<std::uint32_t>(number)}),
          skills_(settings.members) {
        for (double& skill : skills_) skill = settings.skill * random_.normal();
        choose();
    }

    /// Of test rows: the first combination, with the intervals of its gains.
    [[nodiscard]] analysis::CombinationResult tested() {
        const auto found = drawn(settings_.rows);
        const analysis::Block block = block_of(found);
        for (std::size_t member = 0; member < skills_.size(); ++member) {
            const auto chosen = task::most_probable(block.of(member), 2);
            members_[member].test = task::score(
                {.task = task_, .targets = 2, .predictions = block.of(member), .chosen = chosen}, block.truth);
        }
        analysis::EnsembleResult result =
            analysis::evaluate(task_, 2, analysis::analyse(block, committee_.best), block.truth, members_, 1);
        const analysis::Subsets subsets = analysis::subsets_of(skills_.size(), 1);
        add_diversity(
            result, analysis::diversity_of(task_, 2, subsets, committee_,
                                           analysis::member_sums(block, subsets, committee_.best, committee_.second)));
        return result.combinations.front();
    }

    /// Of very many rows: [metrics by size × (over the mean, over the best)].
    [[nodiscard]] std::array<double, 4> truth() {
        const auto found = drawn(settings_.true_rows);
        const analysis::RowResults rows = analysis::analyse(block_of(found), committee_.best);
        std::array<double, 4> gains{};
        for (std::size_t metric = 0; metric < 2; ++metric) {
            const double sign = metric == 0 ? 1 : -1;
            for (std::size_t row = 0; row < rows.rows; ++row) {
                const std::size_t at = metric * rows.rows + row;
                const double own = rows.combined_values.front()[at];
                const auto count = static_cast<double>(rows.rows);
                gains.at(2 * metric) +=
                    sign * (own - rows.member_sums[at] / static_cast<double>(skills_.size())) / count;
                gains.at(2 * metric + 1) += sign * (own - rows.best[at]) / count;
            }
        }
        return gains;
    }

private:
    [[nodiscard]] std::vector<float> drawn(std::size_t rows) {
        labels_.assign(rows, 1);
        return predictions(settings_, skills_, rows, random_);
    }
    [[nodiscard]] analysis::Block block_of(const std::vector<float>& all) const {
        return {.task = task_,
                .targets = 2,
                .members = skills_.size(),
                .rows = labels_.size(),
                .predictions = all,
                .truth = {.labels = labels_}};
    }

    /// The best members on validation rows.
    void choose() {
        const auto found = drawn(settings_.validation_rows);
        const analysis::Block block = block_of(found);
        for (std::uint32_t member = 0; member < skills_.size(); ++member) {
            const auto chosen = task::most_probable(block.of(member), 2);
            const task::Scores scores = task::score(
                {.task = task_, .targets = 2, .predictions = block.of(member), .chosen = chosen}, block.truth);
            analysis::MemberResult& result = members_.emplace_back();
            result.index = member;
            result.validation_score = scores[0];
            result.validation_loss = scores[1];
        }
        committee_ = analysis::committee_of(task_, members_).value();
    }

    const Settings& settings_;
    const task::Task& task_ = task::standard_task(task::Kind::classification);
    core::RandomStream random_;
    std::vector<double> skills_;
    std::vector<std::int32_t> labels_;
    std::vector<analysis::MemberResult> members_;
    analysis::Committee committee_;
};

/// One gain of all ensembles.
struct Gains {
    std::vector<analysis::Gain> found;
    std::vector<double> truth;

    void print(const char* what) const {
        const auto count = static_cast<double>(found.size());
        double mean = 0;
        for (const double each : truth) mean += each / count;
        double rows = 0;
        double members = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            rows += found[i].ci95.holds(truth[i]) ? 1 / count : 0;
            members += found[i].ci95_members && found[i].ci95_members->holds(mean) ? 1 / count : 0;
        }
        std::puts(fmt::format("{:<24} {:>6.1f} %  {:>6.1f} %", what, 100 * rows, 100 * members).c_str());
    }
};

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("How often intervals of 95 % hold the gain: on other rows, and of other members");
    app.add_option("--ensembles", settings.ensembles, "drawn in all")->capture_default_str();
    app.add_option("--members", settings.members)->capture_default_str();
    app.add_option("--rows", settings.rows, "for testing")->capture_default_str();
    app.add_option("--validation", settings.validation_rows, "rows that the best member is chosen on")
        ->capture_default_str();
    app.add_option("--true-rows", settings.true_rows, "that stand for all rows")->capture_default_str();
    app.add_option("--skill", settings.skill, "how much members differ in all rows")->capture_default_str();
    app.add_option("--noise", settings.noise, "how much they differ in each row")->capture_default_str();
    app.add_option("--seed", settings.seed)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    std::array<Gains, 4> gains;
    for (std::size_t number = 0; number < settings.ensembles; ++number) {
        Ensemble ensemble(settings, number);
        const analysis::CombinationResult result = ensemble.tested();
        const auto truth = ensemble.truth();
        for (std::size_t metric = 0; metric < 2; ++metric) {
            gains.at(2 * metric).found.push_back(result.over_mean[metric].value());
            gains.at(2 * metric + 1).found.push_back(result.over_best[metric].value().gain);
        }
        for (std::size_t i = 0; i < truth.size(); ++i) gains.at(i).truth.push_back(truth.at(i));
    }
    std::puts("gain                      other rows  and members");
    constexpr std::array names{"accuracy, over the mean", "accuracy, over the best", "NLL, over the mean",
                               "NLL, over the best"};
    for (std::size_t i = 0; i < gains.size(); ++i) gains.at(i).print(names.at(i));
}
