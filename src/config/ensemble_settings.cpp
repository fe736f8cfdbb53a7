#include "config/ensemble_settings.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "analysis/combination.hpp"
#include "config/parse_shift.hpp"
#include "config/parse_value.hpp"
#include "config/setting_kinds.hpp"
#include "config/variation.hpp"
#include "core/error.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;
using std::string_view;

std::vector<string_view> combination_names() {
    std::vector<string_view> names;
    for (const analysis::Combination& combination : analysis::combinations()) {
        // Some are of classes and of numbers.
        if (std::ranges::find(names, combination.name) == names.end()) names.push_back(combination.name);
    }
    return names;
}

Caption ensemble(std::string name, std::string type, std::string help, Role role) {
    return {
        .name = std::move(name), .group = "Ensemble", .type = std::move(type), .help = std::move(help), .role = role};
}

std::vector<Setting> which_members_there_are() {
    return {
        whole_number(ensemble("members", "M", "networks in the ensemble", Role::ensemble),
                     [](auto& o) -> auto& { return o.members; }, {1, most_members}),
        list(
            ensemble("vary", "NAME=V,…",
                     "members differ in a setting of theirs: take these values in turn, or with LOW..HIGH draw them; "
                     "several times: every combination in turn, see below",
                     Role::ensemble),
            Notation{}, [](auto& o) -> auto& { return o.variations; },
            [](Options& o, string_view given) { add_variation(o, given); },
            [](const Options& o, std::size_t place) { return text_of(o.variations[place]); }),
        toggle(
            ensemble("bootstrap", "", "each member sees its own bootstrap sample of the rows (--no-bootstrap: off)",
                     Role::member),
            [](auto& o) -> auto& { return o.bootstrap; }),
        number(ensemble("feature-fraction", "SHARE", "each member sees its own random share of the features",
                        Role::member),
               [](auto& o) -> auto& { return o.feature_fraction; }, {share_or_all, "0.8"}),
        whole_number(
            ensemble("snapshots", "K",
                     "members come from runs of K, each at the end of a cycle of epochs/K epochs that goes on from the "
                     "one before it, with --schedule cosine unless another is asked for (1: every member by itself)",
                     Role::shared),
            [](auto& o) -> auto& { return o.snapshots; }, {1, most_members},
            [](const Options& o) { return o.snapshots > 1; }),
        number(
            ensemble("stop-when", "GAIN",
                     "train no further members, in the order of their numbers, once one more is sure to add less to "
                     "the ensemble: of classes to the log loss, of numbers to the RMSE, see below (all are trained)",
                     Role::ensemble),
            [](auto& o) -> auto& { return o.stop_when; }, {positive, "0.001", true},
            [](const Options& o) { return o.stop_when > 0; }),
    };
}

std::vector<Setting> what_they_are_tried_on() {
    constexpr std::uint64_t most_repeats = 100;
    return {
        whole_number(
            ensemble("mc-dropout", "N",
                     "compare the ensemble with the mean of N passes of one member with dropout on (0: not)",
                     Role::ensemble),
            [](auto& o) -> auto& { return o.mc_dropout; }, {0, most_members},
            [](const Options& o) { return o.mc_dropout > 0; }),
        list(
            ensemble("shift", "NAME:V,…",
                     "also evaluate on test rows that are changed, such as rotate:15..180 or noise:0.1,0.3; several "
                     "times, see below",
                     Role::ensemble),
            Notation{}, [](auto& o) -> auto& { return o.shifts; },
            [](Options& o, string_view given) { add_shift(o, given); },
            [](const Options& o, std::size_t place) { return text_of(o.shifts[place]); }),
        text(
            ensemble("ood", "WHAT",
                     "also predict rows from elsewhere, named as for --data, and measure how well uncertainty tells "
                     "them from test rows",
                     Role::location),
            [](auto& o) -> auto& { return o.ood; }, "the name or path of the rows from elsewhere"),
        whole_number(
            ensemble("importance", "N",
                     "shuffle the values of each column of a table N times among at most 1,000 test rows, and measure "
                     "what the ensemble loses; 5 tell much, and cost their predictions (not)",
                     Role::ensemble),
            [](auto& o) -> auto& { return o.importance; }, {1, most_repeats},
            [](const Options& o) { return o.importance > 0; }),
        text(
            ensemble("coverage-by", "COLUMN",
                     "also tell how often conformal sets and intervals hold the truth by the values of this column of "
                     "a table, or between its quartiles (of classes: by class)",
                     Role::ensemble),
            [](auto& o) -> auto& { return o.coverage_by; }, "the column to tell coverage by"),
    };
}

std::vector<Setting> how_they_predict() {
    return {
        one_of(
            ensemble("combine", "NAME", "what predictions.npy holds: ", Role::ensemble),
            [](auto& o) -> auto& { return o.combine; }, combination_names(), " (average; of numbers mixture)"),
        choice(
            ensemble("calibrate", "NAME",
                     "probabilities in predictions.npy at the temperature that suits the validation rows best, or as "
                     "they are: ",
                     Role::ensemble),
            [](auto& o) -> auto& { return o.calibrate; }),
    };
}

}  // namespace

std::vector<Setting> ensemble_settings() {
    std::vector<Setting> all = which_members_there_are();
    for (auto part : {what_they_are_tried_on(), how_they_predict()}) std::ranges::move(part, std::back_inserter(all));
    return all;
}

}  // namespace ensemble::config
