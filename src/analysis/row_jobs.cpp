#include "analysis/row_jobs.hpp"

#include <algorithm>
#include <numeric>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr std::size_t most_block_numbers = std::size_t{1} << 20U;
constexpr std::size_t least_block_rows = 16;

void add_jobs(std::vector<RowJob>& jobs, const RowJob& all, std::size_t width) {
    if (all.count == 0 || all.places.empty()) return;
    const std::size_t rows = rows_of_block(all.count, all.places.size() * width);
    for (std::size_t done = 0; done < all.count; done += rows) {
        jobs.push_back(all);
        jobs.back().first = all.first + done;
        jobs.back().count = std::min(rows, all.count - done);
    }
}

std::vector<std::uint32_t> places_of_fold(const Study& study, const Committee& committee, std::size_t fold) {
    std::vector<std::uint32_t> places;
    for (std::uint32_t place = 0; place < committee.members.size(); ++place) {
        if (committee.members[place] % study.folds() == fold) places.push_back(place);
    }
    return places;
}

}  // namespace

std::size_t rows_of_block(std::size_t rows, std::size_t row) {
    core::require(rows > 0 && row > 0, "there are rows, and something is predicted of each");
    return std::clamp<std::size_t>(most_block_numbers / row, std::min(least_block_rows, rows), rows);
}

std::vector<double> weights_among(const std::vector<double>& all, std::span<const std::uint32_t> places) {
    if (places.size() == all.size()) return all;
    if (all.empty()) return {};
    std::vector<double> some;
    double sum = 0;
    for (const std::uint32_t place : places) {
        some.push_back(all[place]);
        sum += all[place];
    }
    for (double& weight : some) weight = sum > 0 ? weight / sum : 1.0 / static_cast<double>(some.size());
    return some;
}

std::vector<ScoreJob> score_jobs(const Study& study, const Committee& committee) {
    constexpr std::size_t most_members = 4;  // few enough to be shared out, and worth a message
    std::vector<ScoreJob> jobs;
    for (std::size_t set = 0; set < study.sets.size(); ++set) {
        const bool is_scored = set == study.test || study.sets[set]->use == SetUse::shift;
        if (!is_scored || !study.sets[set]->has_truth()) continue;
        for (std::size_t first = 0; first < committee.members.size(); first += most_members) {
            jobs.push_back(
                {.set = set, .first = first, .count = std::min(most_members, committee.members.size() - first)});
        }
    }
    return jobs;
}

std::vector<RowJob> row_jobs(const Study& study, const Committee& committee) {
    std::vector<std::uint32_t> all(committee.members.size());
    std::iota(all.begin(), all.end(), 0U);
    std::vector<RowJob> jobs;
    for (std::size_t set = 0; set < study.sets.size(); ++set) {
        if (study.sets[set]->use == SetUse::out_of_bag) continue;
        if (set != study.validation || study.folds() == 0) {
            add_jobs(jobs, {.set = set, .first = 0, .count = study.sets[set]->count, .places = all}, study.width());
            continue;
        }
        for (std::size_t fold = 0; fold < study.folds(); ++fold) {
            add_jobs(jobs,
                     {.set = set,
                      .first = study.fold_bounds[fold],
                      .count = study.fold_bounds[fold + 1] - study.fold_bounds[fold],
                      .places = places_of_fold(study, committee, fold)},
                     study.width());
        }
    }
    return jobs;
}

}  // namespace ensemble::analysis
