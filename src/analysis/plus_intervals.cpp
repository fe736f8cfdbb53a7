#include "analysis/plus_intervals.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/row_jobs.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// The jobs of the validation rows that members predict who were not trained on them.
std::vector<RowJob> held_out_jobs(const Study& study, const Committee& committee) {
    std::vector<RowJob> jobs = row_jobs(study, committee);
    std::erase_if(jobs, [&](const RowJob& job) { return job.set != study.validation; });
    return jobs;
}

/// Residuals of each row of the validation set that its fold's members predict, target after target.
std::vector<JackknifePlus> from_folds(const Study& study, const Committee& committee, const ReadPredictions& read,
                                      double alpha) {
    std::vector<std::vector<double>> residuals(study.targets);
    std::vector<std::uint32_t> fold;
    const task::Truth truth = study.sets[study.validation]->truth();
    for (const RowJob& job : held_out_jobs(study, committee)) {
        std::vector<std::uint32_t> members;
        for (const std::uint32_t place : job.places) members.push_back(committee.members[place]);
        const std::vector<float> predictions = read(job.set, members, job.first, job.count);
        const auto own = static_cast<std::uint32_t>(members.front() % study.folds());
        fold.insert(fold.end(), job.count, own);
        for (std::size_t row = 0; row < job.count; ++row) {
            for (std::size_t target = 0; target < study.targets; ++target) {
                double mean = 0;
                for (std::size_t member = 0; member < members.size(); ++member)
                    mean += predictions[(member * job.count + row) * study.width() + target * study.task->predicted];
                mean /= static_cast<double>(members.size());
                residuals[target].push_back(std::abs(truth.numbers[(job.first + row) * study.targets + target] - mean));
            }
        }
    }
    std::vector<std::uint32_t> fold_of_member;
    for (const std::uint32_t member : committee.members)
        fold_of_member.push_back(static_cast<std::uint32_t>(member % study.folds()));
    std::vector<JackknifePlus> targets;
    for (const std::vector<double>& own : residuals)
        targets.push_back(JackknifePlus::from_folds(own, fold, fold_of_member, alpha));
    return targets;
}

/// What is no number was predicted by a member that was trained on the row.
std::vector<JackknifePlus> from_bootstrap(const Study& study, const Committee& committee, const ReadPredictions& read,
                                          double alpha) {
    const std::size_t place = study.find(SetUse::out_of_bag).value();
    const EvaluationSet& set = *study.sets[place];
    const std::vector<float> predictions = read(place, committee.members, 0, set.count);
    std::vector<std::uint8_t> trained_on;
    for (std::size_t at = 0; at < predictions.size(); at += study.width())
        trained_on.push_back(std::isnan(predictions[at]) ? 1 : 0);
    const Block block{.task = *study.task,
                      .targets = study.targets,
                      .members = committee.members.size(),
                      .rows = set.count,
                      .predictions = predictions,
                      .truth = set.truth()};
    std::vector<JackknifePlus> targets;
    for (std::size_t target = 0; target < study.targets; ++target)
        targets.push_back(JackknifePlus::from_bootstrap(block, trained_on, target, alpha));
    return targets;
}

}  // namespace

std::optional<PlusMethod> plus_method(const Study& study, const Committee& committee, double alpha) {
    if (study.task->kind != task::Kind::regression) return std::nullopt;
    if (study.folds() > 0) {
        std::size_t rows = 0;
        for (const RowJob& job : held_out_jobs(study, committee)) rows += job.count;
        if (rows == 0) return std::nullopt;
        return PlusMethod{.name = "cv+",
                          .text = "the members' mean and residuals of rows that each fold held out (CV+)",
                          .rows = rows,
                          .guaranteed = guarantee_of_folds(rows, study.folds(), alpha)};
    }
    const auto out_of_bag = study.find(SetUse::out_of_bag);
    if (!out_of_bag) return std::nullopt;
    return PlusMethod{.name = "jackknife+",
                      .text =
                          "the members' mean and residuals of training rows outside of bootstrap samples "
                          "(jackknife+-after-bootstrap)",
                      .rows = study.sets[*out_of_bag]->count,
                      .guaranteed = 1 - 2 * alpha};
}

PlusIntervals::PlusIntervals(const Study& study, const Committee& committee, const ReadPredictions& read, double alpha)
    : targets_(study.folds() > 0 ? from_folds(study, committee, read, alpha)
                                 : from_bootstrap(study, committee, read, alpha)) {}

std::vector<Interval> PlusIntervals::of(const Block& block) const {
    std::vector<Interval> all;
    for (std::size_t target = 0; target < targets_.size(); ++target) {
        const std::vector<Interval> own = targets_[target].intervals(block, target);
        all.insert(all.end(), own.begin(), own.end());
    }
    return all;
}

}  // namespace ensemble::analysis
