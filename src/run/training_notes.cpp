#include "run/training_notes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include <fmt/ranges.h>

#include "config/variation.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

namespace ensemble::run {
namespace {

constexpr std::size_t block_rows = 256;

/// Calls `use(row of the table, features)` for the rows of a view, until it answers false.
template <class Use>
void for_each_row(const data::View& view, const Use& use) {
    const std::size_t width = view.table->shape().elements();
    std::vector<float> features(block_rows * width);
    for (std::size_t begin = 0; begin < view.size(); begin += block_rows) {
        const auto rows = view.rows.subspan(begin, std::min(block_rows, view.size() - begin));
        view.table->gather(rows, features.data(), width);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!use(rows[i], std::span(features).subspan(i * width, width))) return;
        }
    }
}

std::string few_steps(const config::Experiment& experiment) {
    constexpr std::size_t some = 200;
    train::MemberSpec shortest = experiment.member(0);
    for (std::uint32_t member = 1; member < config::distinct_members(experiment.options()); ++member) {
        const train::MemberSpec other = experiment.member(member);
        if (experiment.steps(other) < experiment.steps(shortest)) shortest = other;
    }
    const std::size_t cycles = experiment.options().snapshots;
    const std::size_t steps = experiment.steps(shortest) * cycles;
    if (steps >= some) return "";
    const std::size_t epochs = shortest.training.epochs * cycles;
    const std::size_t an_epoch = steps / epochs;
    const std::size_t a_cycle = an_epoch * cycles;  // of one epoch
    return fmt::format(
        "only {} in all, {} an epoch, and networks need some hundred: --epochs {} or more, or --epochs auto",
        core::counted(steps, "step"), an_epoch, (some + a_cycle - 1) / a_cycle * cycles);
}

std::string unknown_classes(const config::Experiment& experiment, const data::View& train) {
    constexpr std::size_t most_named = 5;
    constexpr std::size_t longest_name = 40;
    if (experiment.task().kind != task::Kind::classification) return "";
    std::vector<bool> known(experiment.targets());
    const auto labels = train.table->labels();
    for (const std::uint32_t row : train.rows) known[static_cast<std::size_t>(labels[row])] = true;
    std::vector<std::string> missing;
    const std::vector<std::string>& names = experiment.source().class_names;
    for (std::size_t label = 0; label < known.size(); ++label) {
        if (known[label]) continue;
        const std::string name = label < names.size() ? names[label] : std::to_string(label);
        missing.push_back(fmt::format("'{}'", core::clipped(name, longest_name)));
    }
    if (missing.empty()) return "";
    const std::size_t more = missing.size() - std::min(missing.size(), most_named);
    const std::string rest = more > 0 ? fmt::format(" and {} more", more) : "";
    const std::string_view one = missing.size() == 1 ? "class {}{} has no training row, so it cannot be learnt"
                                                     : "classes {}{} have no training rows, so they cannot be learnt";
    missing.resize(missing.size() - more);
    return fmt::format(fmt::runtime(one), fmt::join(missing, ", "), rest);
}

/// With folds, of the first part without which a class is not known: rare rows may all lie in one.
std::string unknown_classes_of_folds(const config::Experiment& experiment) {
    const std::size_t folds = experiment.options().folds;
    for (std::uint32_t fold = 0; fold < folds; ++fold) {
        const std::string note = unknown_classes(experiment, experiment.member(fold).problem.train);
        if (!note.empty()) return fmt::format("without part {} of {}, {}", fold, folds, note);
    }
    return "";
}

/// What varies, but not within these members.
std::string unused_combinations(const config::Experiment& experiment) {
    config::Options options = experiment.options();
    const std::size_t members = options.members;
    options.members = std::size_t{1} << 22U;
    const std::size_t alike = config::members_alike(options);
    const std::size_t all = config::listed_combinations(options) / alike;
    const std::size_t used = (members + alike - 1) / alike;
    if (used >= all) return "";
    return fmt::format("{} have the first {} of {} combinations of networks and settings; --members {} would have all",
                       core::counted(members, "member"), used, core::grouped(all), all * alike);
}

std::string constant_features(const data::View& train) {
    std::vector<float> first;
    bool differ = false;
    for_each_row(train, [&](std::uint32_t, std::span<const float> features) {
        if (first.empty()) first.assign(features.begin(), features.end());
        differ = !std::ranges::equal(first, features);
        return !differ;
    });
    return differ ? "" : "the features of all training rows are the same, so that there is nothing to learn from";
}

/// Test rows that were trained on. Tables of few words repeat themselves; a share is left to that.
std::string known_test_rows(const config::Experiment& experiment, const data::View& train) {
    constexpr double usual_share = 0.1;
    constexpr std::size_t most_numbers = std::size_t{1} << 30U;  // a second or two
    const data::View test = experiment.test_set().rows;
    const auto sorted = [](std::span<const std::uint32_t> rows) {
        return std::set<std::uint32_t>(rows.begin(), rows.end());
    };
    const bool are_all = test.table == train.table && std::ranges::includes(sorted(test.rows), sorted(train.rows));
    if (are_all) {
        return fmt::format(
            "all {} rows serve training, validation and testing, so that results say nothing about new rows",
            test.size());
    }
    if (train.size() * train.table->shape().elements() > most_numbers) return "";
    const auto mark = [](const data::Table& table, std::uint32_t row, std::span<const float> features) {
        const std::span<const std::byte> all = table.target_bytes().bytes;
        const std::size_t each = all.size() / table.rows();
        std::vector<std::byte> whole(all.begin() + static_cast<std::ptrdiff_t>(row * each),
                                     all.begin() + static_cast<std::ptrdiff_t>((row + 1) * each));
        const auto bytes = std::as_bytes(features);
        whole.insert(whole.end(), bytes.begin(), bytes.end());
        return core::checksum(whole);
    };
    std::map<core::Checksum, std::size_t> tested;  // rows of each kind
    for_each_row(test, [&](std::uint32_t row, std::span<const float> features) {
        ++tested[mark(*test.table, row, features)];
        return true;
    });
    std::size_t known = 0;
    for_each_row(train, [&](std::uint32_t row, std::span<const float> features) {
        const auto found = tested.find(mark(*train.table, row, features));
        if (found == tested.end()) return true;
        known += found->second;
        tested.erase(found);
        return !tested.empty();
    });
    if (static_cast<double>(known) <= usual_share * static_cast<double>(test.size())) return "";
    return fmt::format(
        "{} of {} are training rows too, the same features and target, so that results say little about new "
        "rows",
        core::grouped(known), core::counted(test.size(), "test row"));
}

}  // namespace

std::vector<std::string> training_notes(const config::Experiment& experiment) {
    const data::View train = data::train_view(experiment.source(), experiment.split());
    std::string unknown = unknown_classes(experiment, train);
    if (unknown.empty()) unknown = unknown_classes_of_folds(experiment);
    std::vector<std::string> notes;
    for (std::string& note : std::vector{few_steps(experiment), unused_combinations(experiment), unknown,
                                         constant_features(train), known_test_rows(experiment, train)}) {
        if (!note.empty()) notes.push_back(std::move(note));
    }
    return notes;
}

}  // namespace ensemble::run
