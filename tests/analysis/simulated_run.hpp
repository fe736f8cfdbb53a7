#pragma once

#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/simulated.hpp"

/// Predictions of a validation and a test set, in memory.
struct SimulatedRun {
    std::vector<Simulated> sets;
    std::vector<ensemble::analysis::EvaluationSet> what;
    ensemble::analysis::Study study;

    explicit SimulatedRun(std::vector<Simulated> simulated, std::size_t folds = 0) : sets(std::move(simulated)) {
        for (const Simulated& set : sets) {
            what.push_back({.name = what.empty() ? "validation" : "test",
                            .count = set.rows,
                            .labels = set.labels,
                            .numbers = set.numbers,
                            .targets = set.targets});
        }
        study.task = &sets.front().task;
        study.targets = sets.front().targets;
        for (const ensemble::analysis::EvaluationSet& set : what) study.sets.push_back(&set);
        for (std::size_t fold = 0; folds > 0 && fold <= folds; ++fold)
            study.fold_bounds.push_back(fold * sets.front().rows / folds);
        // What a member was trained on it does not predict.
        constexpr float nan = std::numeric_limits<float>::quiet_NaN();
        for (std::size_t member = 0; folds > 0 && member < sets.front().members.size(); ++member) {
            std::vector<float>& own = sets.front().members[member];
            const std::size_t width = study.width();
            for (std::size_t i = 0; i < own.size(); ++i) {
                const bool is_held_out =
                    i / width >= study.fold_bounds[member % folds] && i / width < study.fold_bounds[member % folds + 1];
                if (!is_held_out) own[i] = nan;
            }
        }
    }
    SimulatedRun(const SimulatedRun&) = delete;
    SimulatedRun& operator=(const SimulatedRun&) = delete;

    [[nodiscard]] ensemble::analysis::ReadPredictions reader() const {
        return [this](std::size_t set, std::span<const std::uint32_t> members, std::size_t first, std::size_t count) {
            std::vector<float> block;
            const std::size_t width = study.width();
            for (const std::uint32_t member : members) {
                const auto own = std::span(sets.at(set).members.at(member)).subspan(first * width, count * width);
                block.insert(block.end(), own.begin(), own.end());
            }
            return block;
        };
    }

    [[nodiscard]] ensemble::analysis::Committee all() const {
        ensemble::analysis::Committee committee{.members = std::vector<std::uint32_t>(sets.front().members.size()),
                                                .best = 0};
        std::iota(committee.members.begin(), committee.members.end(), 0U);
        return committee;
    }
};

/// All jobs, shared out among so many analysts, those of each stage from the last to the first.
inline ensemble::analysis::Analysis analysed(const SimulatedRun& run, const ensemble::analysis::Committee& committee,
                                             std::size_t analysts = 1) {
    using namespace ensemble::analysis;
    Analysis analysis(run.study, committee);
    std::vector<Analyst> all(analysts, Analyst(run.study, run.reader()));
    do {
        for (Analyst& each : all) each.begin(analysis.context());
        const std::vector<std::size_t> jobs = analysis.jobs();
        for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) analysis.take(*job, all[*job % analysts].run(*job));
    } while (analysis.advance());
    return analysis;
}
