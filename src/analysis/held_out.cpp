#include "analysis/held_out.hpp"

#include <algorithm>
#include <map>
#include <span>

#include "analysis/row_jobs.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// Of all candidates together.
constexpr std::size_t most_held_out_numbers = std::size_t{1} << 26U;

/// Rows [first, first + count) and who predicts them of each candidate.
struct Part {
    std::size_t first = 0;
    std::size_t count = 0;
    std::vector<std::uint32_t> members;
};

std::vector<std::vector<std::uint32_t>> candidates_of(const Study& study, const Committee& committee) {
    const std::size_t folds = std::max<std::size_t>(study.folds(), 1);
    std::map<std::size_t, std::vector<std::uint32_t>> groups;
    for (std::uint32_t place = 0; place < committee.members.size(); ++place)
        groups[committee.members[place] / folds].push_back(place);
    std::vector<std::vector<std::uint32_t>> candidates;
    for (auto& [group, places] : groups) candidates.push_back(std::move(places));
    return candidates;
}

/// The stretches of rows that every candidate predicts.
std::vector<Part> parts_of(const Study& study, const Committee& committee,
                           const std::vector<std::vector<std::uint32_t>>& candidates) {
    if (study.folds() == 0)
        return {{.first = 0, .count = study.sets[study.validation]->count, .members = committee.members}};
    std::vector<Part> parts;
    for (std::size_t fold = 0; fold < study.folds(); ++fold) {
        Part part{.first = study.fold_bounds[fold],
                  .count = study.fold_bounds[fold + 1] - study.fold_bounds[fold],
                  .members = {}};
        for (const auto& candidate : candidates) {
            for (const std::uint32_t place : candidate) {
                if (committee.members[place] % study.folds() == fold) part.members.push_back(committee.members[place]);
            }
        }
        if (part.members.size() == candidates.size()) parts.push_back(std::move(part));
    }
    return parts;
}

}  // namespace

Block HeldOut::block(const Study& study) const {
    return {.task = *study.task,
            .targets = study.targets,
            .members = candidates.size(),
            .rows = rows,
            .predictions = predictions,
            .truth = {.labels = labels, .numbers = numbers, .targets = study.targets}};
}

std::vector<double> HeldOut::member_weights(std::span<const double> of_candidates, std::size_t members) const {
    core::require(of_candidates.size() == candidates.size(), "every candidate has a weight");
    std::vector<double> weights(members);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        for (const std::uint32_t place : candidates[i])
            weights[place] = of_candidates[i] / static_cast<double>(candidates[i].size());
    }
    return weights;
}

HeldOut read_held_out(const Study& study, const Committee& committee, const ReadPredictions& read) {
    HeldOut held_out{.candidates = candidates_of(study, committee), .rows = 0, .predictions = {}};
    const std::vector<Part> parts = parts_of(study, committee, held_out.candidates);
    std::size_t all = 0;
    for (const Part& part : parts) all += part.count;
    const std::size_t width = study.width();
    const std::size_t candidates = held_out.candidates.size();
    const std::size_t every = all * candidates * width / most_held_out_numbers + 1;
    const task::Truth truth = study.sets[study.validation]->truth();
    std::vector<std::vector<float>> lines(candidates);
    for (const Part& part : parts) {
        const std::size_t piece = rows_of_block(part.count, candidates * width);
        for (std::size_t first = 0; first < part.count; first += piece) {
            const std::size_t count = std::min(piece, part.count - first);
            const std::vector<float> block = read(study.validation, part.members, part.first + first, count);
            for (std::size_t row = 0; row < count; ++row) {
                if ((first + row) % every != 0) continue;
                for (std::size_t i = 0; i < candidates; ++i) {
                    const auto own = std::span(block).subspan((i * count + row) * width, width);
                    lines[i].insert(lines[i].end(), own.begin(), own.end());
                }
                const task::Truth one = truth.part(part.first + first + row, 1);
                held_out.labels.insert(held_out.labels.end(), one.labels.begin(), one.labels.end());
                held_out.numbers.insert(held_out.numbers.end(), one.numbers.begin(), one.numbers.end());
                ++held_out.rows;
            }
        }
    }
    for (const std::vector<float>& line : lines)
        held_out.predictions.insert(held_out.predictions.end(), line.begin(), line.end());
    return held_out;
}

}  // namespace ensemble::analysis
