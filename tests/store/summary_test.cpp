#include "store/summary.hpp"

#include <limits>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "failure.hpp"
#include "store/example_summary.hpp"
#include "store/summary_reader.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(summary_tests)

using Json = nlohmann::json;
using Keys = std::vector<std::string>;
using store::Summary;
using testing::classes;
using testing::example;
using testing::example_of_numbers;
using testing::not_a_number;

namespace {

Json parsed(const Summary& summary) {
    return Json::parse(store::to_json(summary));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_gain_has_a_second_interval_where_members_were_left_out) {
    Summary summary = example();
    analysis::CombinationResult& average = summary.ensemble.combinations[0];
    average.over_mean[0]->ci95_members = analysis::Interval{.low = 0.0625, .high = 0.5};
    average.over_best[1]->gain.ci95_members = analysis::Interval{.low = -0.5, .high = 0.25};
    const Json gain = parsed(summary)["gain"];
    BOOST_TEST(gain["over_mean_member"]["ci95_members"] == Json::parse("[0.0625, 0.5]"));
    BOOST_TEST(gain["over_best_member"]["metrics"]["nll"]["ci95_members"] == Json::parse("[-0.5, 0.25]"));
    BOOST_TEST(!gain["over_best_member"].contains("ci95_members"));
    BOOST_TEST(!gain["over_mean_member"]["metrics"]["nll"].contains("ci95_members"));
}

BOOST_AUTO_TEST_CASE(members_among_themselves) {
    Summary summary = example();
    BOOST_TEST((!parsed(summary).contains("diversity") && !parsed(summary)["gain"].contains("by_size")));
    analysis::DiversityResult& diversity = summary.ensemble.diversity;
    diversity.metrics = {0, 1};
    diversity.by_size = {
        {.members = 2, .mean = {0.5, 2}, .spread = {{.low = 0.25, .high = 0.75}, {.low = 1, .high = 3}}}};
    diversity.pairs = {{.name = "disagreement", .values = {0, 0.123456, 0.123456, 0}},
                       {.name = "kappa", .values = {1, std::nan(""), std::nan(""), 1}}};
    diversity.ambiguity = {.mean_member = 3, .diversity = 1, .ensemble = 2};
    diversity.log_ambiguity = {.mean_member = 6, .diversity = 2, .ensemble = 4};
    diversity.without = {{0.5, 1.5}, {0.25, 1.25}};
    diversity.twins = {{3, 4}};
    const Json json = parsed(summary);
    BOOST_TEST(json["gain"]["by_size"] == Json::parse(R"([{"members": 2, "mean": 0.5, "low": 0.25, "high": 0.75,
                                                          "nll": {"mean": 2.0, "low": 1.0, "high": 3.0}}])"));
    const Json& found = json["diversity"];
    BOOST_TEST(found["disagreement"] == Json::parse("[[0.0, 0.1235], [0.1235, 0.0]]"));
    BOOST_TEST(found["kappa"] == Json::parse("[[1.0, null], [null, 1.0]]"));
    BOOST_TEST(found["ambiguity"]["diversity"] == 1.0);
    BOOST_TEST(found["ambiguity_nll"]["ensemble_error"] == 4.0);
    BOOST_TEST(found["twins"] == Json::parse("[[3, 4]]"));
    BOOST_TEST(found["leave_one_out"][0] == Json::parse(R"({"member": 0, "accuracy": 0.5, "nll": 1.5})"));
    BOOST_TEST(json["gain"]["over_mean_member"].is_object());
}

BOOST_AUTO_TEST_CASE(coverage_stands_by_group_where_it_is_told_so) {
    Summary summary = example();
    summary.trust.conformal.resize(2);
    summary.trust.conformal[0].groups = {
        {.name = "age ≤ 31.5", .coverage = {.covered = 3, .rows = 4, .ci95 = {0.25, 0.875}}},
        {.name = "age > 31.5", .coverage = {}}};
    const Json conformal = parsed(summary)["conformal"];
    BOOST_TEST(conformal[0]["groups"] == Json::parse(R"([
        {"name": "age ≤ 31.5", "rows": 4, "coverage": 0.75, "ci95": [0.25, 0.875]},
        {"name": "age > 31.5", "rows": 0, "coverage": null, "ci95": [0.0, 1.0]}])"));
    BOOST_TEST(!conformal[1].contains("groups"));
}

BOOST_AUTO_TEST_CASE(it_holds_what_the_interface_lists) {
    const Json json = parsed(example());
    BOOST_TEST(json["program"] == Json::parse(R"({"version": "0.1.0", "build": "GCC 12 Release native",
                                                 "cpu": "some processor", "evaluation_batch": 64})"));
    const Json config{{"members", 2}, {"net", "dense(8)"}, {"bootstrap", false}};
    BOOST_TEST((json["config"] == config));
    BOOST_TEST(json["data"] == Json::parse(R"({"name": "digits", "sha256": "00ff", "train": 5400, "validation": 600,
                                              "test": 2000, "shape": [28, 28], "evaluation_sets": ["validation", "test"],
                                              "classes": 3,
                                              "baseline": {"class": "1", "accuracy": 0.375}})"));
    BOOST_TEST(json["task"] == "classification");
    BOOST_TEST(json["members"][0] ==
               Json::parse(R"({"index": 0, "net": "flatten", "parameters": 99, "epochs": 5, "train_s": 1.5,
                               "validation": {"loss": 0.25, "score": 0.875, "accuracy": 0.8125, "nll": 0.5, "brier": 0.25, "ece": 0.125,
                                              "balanced_accuracy": 0.75, "macro_f1": 0.875, "auroc": null},
                               "excluded": null,
                               "test": {
        "accuracy" : 0.75, "nll" : 0.5, "brier" : 0.375, "ece" : 0.0625, "balanced_accuracy" : 0.625,
            "macro_f1" : 0.6875, "auroc" : 0.9375}
})"));
    BOOST_TEST(json["ensemble"]["average"] ==
               Json::parse(R"({"accuracy": 0.875, "nll": 0.25, "brier": 0.125, "ece": 0.03125,
                               "balanced_accuracy": 0.75, "macro_f1": 0.8125, "auroc": 0.96875})"));
    BOOST_TEST(json["ensemble"]["vote"] == Json::parse(R"({"accuracy": 0.8125, "nll": 1.5, "brier": 0.5, "ece": 0.25,
                               "balanced_accuracy": 0.5, "macro_f1": 0.5625, "auroc": 0.875})"));
    BOOST_TEST(json["ensemble"]["mean_member"] == json["members"][0]["test"]);
    BOOST_TEST(json["ensemble"]["best_member"]["test"] == json["members"][0]["test"]);
    BOOST_TEST(json["ensemble"]["best_member"]["index"] == 0);
    BOOST_TEST(json["timing"] ==
               Json::parse(R"({"ranks": 4, "wall_s": 10, "startup_s": 0.5, "train_s": 9, "combine_s": 0.25,
                               "idle_fraction": 0.125, "communication_fraction": 0.03125, "samples_per_s": 50000,
                               "idle_s": 4.5, "efficiency": 0.875, "efficiency_bound": 0.9375, "coordination_s": 0.0625})"));
}

BOOST_AUTO_TEST_CASE(a_regression_has_targets_and_its_own_metrics) {
    const Json json = parsed(example_of_numbers());
    BOOST_TEST(json["task"] == "regression");
    BOOST_TEST(json["data"] == Json::parse(R"({"name": "digits", "sha256": "00ff", "train": 5400, "validation": 600,
                                              "test": 2000, "shape": [28, 28], "evaluation_sets": ["validation", "test"],
                                              "targets": ["price", "size"],
                                              "baseline": {"rmse": 9, "mae": 8, "r2": 0, "nll": 3.5, "crps": 7,
                                                           "coverage95": 0.9375}})"));
    BOOST_TEST(json["members"][0] ==
               Json::parse(R"({"index": 0, "net": "flatten", "parameters": 99, "epochs": 5, "train_s": 1.5,
                               "validation": {"loss": 0.25, "score": 0.875, "rmse": 4, "mae": 2, "r2": 0.5, "nll": 2.75, "crps": 1.75,
                                              "coverage95": 0.9375},
                               "excluded": null,
                               "test": {
        "rmse" : 3, "mae" : 2, "r2" : 0.75, "nll" : 2.5, "crps" : 1.5, "coverage95" : 0.875}
})"));
    const Json& ensemble = json["ensemble"];
    Keys keys;
    for (const auto& [key, value] : ensemble.items()) keys.push_back(key);
    BOOST_TEST(keys == (Keys{"best_member", "mean_member", "mixture"}), boost::test_tools::per_element());
    BOOST_TEST(ensemble["mixture"] == Json::parse(R"({"rmse": 2.5, "mae": 1.5, "r2": 0.875, "nll": 2.25, "crps": 1.25,
                                                      "coverage95": 0.96875})"));
    BOOST_TEST(json["gain"]["combine"] == "mixture");
    // R² is no mean over rows, and a coverage is not better the larger it is.
    BOOST_TEST(json["gain"]["over_mean_member"] == Json::parse(R"({"rmse": 0.25, "ci95": [0.25, 0.75],
                               "metrics": {"mae": {"gain": 0.5, "ci95": [0.25, 0.75]},
                                           "nll": {"gain": 1, "ci95": [0.25, 0.75]},
                                           "crps": {"gain": 2, "ci95": [0.25, 0.75]}}})"));
    BOOST_TEST(json["gain"]["over_best_member"] ==
               Json::parse(R"({"rmse": 0.5, "ci95": [0.25, 0.75], "p_value": 0.03125,
                               "metrics": {"mae": {"gain": 1, "ci95": [0.25, 0.75], "p_value": 0.03125},
                                           "nll": {"gain": 2, "ci95": [0.25, 0.75], "p_value": 0.03125},
                                           "crps": {"gain": 4, "ci95": [0.25, 0.75], "p_value": 0.03125}}})"));
    BOOST_TEST(json["gain"]["mixture"]["over_best_member"] == json["gain"]["over_best_member"]);
}

BOOST_AUTO_TEST_CASE(the_gain_is_that_of_the_chosen_combination) {
    Summary summary = example();
    const Json average = parsed(summary)["gain"];
    BOOST_TEST(average["combine"] == "average");
    BOOST_TEST(average["over_mean_member"] == Json::parse(R"({"accuracy": 0.125, "ci95": [0.125, 0.375],
                               "metrics": {"nll": {"gain": 0.25, "ci95": [0.125, 0.375]},
                                           "brier": {"gain": 0.5, "ci95": [0.125, 0.375]}}})"));
    BOOST_TEST(average["over_best_member"] ==
               Json::parse(R"({"accuracy": 0.25, "ci95": [0.125, 0.375], "p_value": 0.03125,
                               "only_ensemble": 20, "only_member": 8,
                               "metrics": {"nll": {"gain": 0.5, "ci95": [0.125, 0.375], "p_value": 0.03125},
                                           "brier": {"gain": 1, "ci95": [0.125, 0.375], "p_value": 0.03125}}})"));

    summary.combine = analysis::find_combination(task::Kind::classification, "vote");
    const Json vote = parsed(summary)["gain"];
    BOOST_TEST(vote["combine"] == "vote");
    BOOST_TEST(vote["over_mean_member"]["accuracy"] == 0.375);
    BOOST_TEST(vote["over_mean_member"]["ci95"] == Json::parse("[0.625, 0.875]"));
    BOOST_TEST(vote["over_best_member"]["p_value"] == 0.015625);
    BOOST_TEST(vote["average"] == average["average"]);
    BOOST_TEST(vote["vote"]["over_best_member"] == vote["over_best_member"]);
    BOOST_TEST(average["average"]["over_mean_member"] == average["over_mean_member"]);
}

BOOST_AUTO_TEST_CASE(classes_are_those_of_the_chosen_combination) {
    Summary summary = example();
    Json ensemble = parsed(summary)["ensemble"];
    BOOST_TEST(ensemble["recall"] == Json::parse("[0.5, null, 1.0]"));
    BOOST_TEST(ensemble["confusion"] == Json::parse("[[1, 1, 0], [0, 0, 0], [0, 0, 1]]"));
    summary.combine = analysis::find_combination(task::Kind::classification, "vote");
    ensemble = parsed(summary)["ensemble"];
    BOOST_TEST(ensemble["recall"] == Json::parse("[0.0, null, 1.0]"));
    BOOST_TEST(ensemble["confusion"] == Json::parse("[[0, 2, 0], [0, 0, 0], [0, 0, 1]]"));
    const std::vector<std::int32_t> label{0};
    summary.ensemble.combinations[1].by_class = {label, label, 101};
    ensemble = parsed(summary)["ensemble"];
    BOOST_TEST(ensemble["recall"].size() == 101U);
    BOOST_TEST(!ensemble.contains("confusion"));
}

BOOST_AUTO_TEST_CASE(classes_with_names_are_named) {
    Summary summary = example();
    BOOST_TEST(!parsed(summary)["data"].contains("class_names"));
    summary.data.class_names = {"no", "yes"};
    BOOST_TEST(parsed(summary)["data"]["baseline"]["class"] == "yes");
    BOOST_TEST(parsed(summary)["data"]["class_names"] == Json::parse(R"(["no", "yes"])"));
}

BOOST_AUTO_TEST_CASE(an_excluded_member_has_a_reason_and_no_scores) {
    const Json member = parsed(example())["members"][1];
    BOOST_TEST(member["excluded"] == "loss is NaN in epoch 2");
    BOOST_TEST(member["test"] == Json::parse(R"({"accuracy": null, "nll": null, "brier": null, "ece": null,
                                               "balanced_accuracy": null, "macro_f1": null, "auroc": null})"));
    for (const auto& [key, value] : member["validation"].items()) BOOST_TEST(value.is_null(), key);
    BOOST_TEST(member["validation"].size() == 9U);
    BOOST_TEST(member["validation"]["loss"].is_null());
}

BOOST_AUTO_TEST_CASE(what_is_read_again_is_written_to_the_same_bytes) {
    Summary named = example();
    named.data.class_names = {"no", "yes", "\"perhaps\""};
    named.missing = {4, 7};
    named.partial = true;
    named.data.foreign_sha256 = "ff00";
    named.timing.wall_s = 0.1 + 0.2;
    named.timing.samples_per_s = not_a_number;
    Summary scaled = example_of_numbers();
    scaled.data.target_scale = {.mean = std::vector<double>(scaled.data.target_names.size(), 0.1 + 0.2),
                                .deviation = std::vector<double>(scaled.data.target_names.size(), 1.0 / 3)};
    for (const Summary& summary : {example(), named, example_of_numbers(), scaled}) {
        const std::string text = store::to_json(summary);
        Summary read = store::summary_from_json(text, "summary.json");
        read.ensemble = summary.ensemble;
        BOOST_TEST(store::to_json(read) == text);
        BOOST_TEST(read.task == summary.task);
        BOOST_TEST(read.nets == (std::vector<std::string>{"flatten", "dense(9)"}), boost::test_tools::per_element());
        BOOST_TEST(read.members[0].validation_score == 0.875);
        BOOST_TEST(!read.members[1].is_included());
    }
}

BOOST_AUTO_TEST_CASE(a_baseline_by_dropout_is_written_and_read) {
    Summary summary = example();
    BOOST_TEST(!parsed(summary).contains("mc_dropout"));
    summary.mc_dropout = {.member = 1, .passes = 50, .test = task::Scores(classes.metrics().size(), 0.1)};
    summary.mc_dropout->others.emplace_back("rotated", task::Scores(classes.metrics().size(), 0.3));
    const Json json = parsed(summary)["mc_dropout"];
    BOOST_TEST(json["sets"]["rotated"]["nll"] == 0.3);
    BOOST_TEST(json["member"] == 1);
    BOOST_TEST(json["passes"] == 50);
    BOOST_TEST(json["accuracy"] == 0.1);
    const Summary read = store::summary_from_json(store::to_json(summary), "summary.json");
    BOOST_TEST_REQUIRE(read.mc_dropout.has_value());
    BOOST_TEST(read.mc_dropout->member == 1U);
    BOOST_TEST(read.mc_dropout->passes == 50U);
    BOOST_TEST((read.mc_dropout->test == summary.mc_dropout->test));
    BOOST_TEST((read.mc_dropout->others == summary.mc_dropout->others));
}

BOOST_AUTO_TEST_CASE(when_members_were_enough_is_written_and_read) {
    Summary summary = example();
    BOOST_TEST(!parsed(summary).contains("stop_when"));
    summary.stop_when = {.metric = "nll", .asked = 0.01, .planned = 12, .round = 2, .members = 8, .stopped = true};
    summary.stop_when->last = {.added = 0.005, .bound = std::numeric_limits<double>::infinity()};
    const Json json = parsed(summary)["stop_when"];
    BOOST_TEST(json["metric"] == "nll");
    BOOST_TEST(json["gain"] == 0.01);
    BOOST_TEST(json["stopped"] == true);
    BOOST_TEST(json["members"] == 8);
    BOOST_TEST(json["added"] == 0.005);
    BOOST_TEST(json["bound"].is_null());
    const std::string text = store::to_json(summary);
    Summary read = store::summary_from_json(text, "summary.json");
    read.ensemble = summary.ensemble;
    BOOST_TEST(store::to_json(read) == text);
    summary.stop_when->members = 0;
    BOOST_TEST(!parsed(summary)["stop_when"].contains("bound"));
    BOOST_TEST(store::summary_from_json(store::to_json(summary), "summary.json").stop_when->members == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_no_summary_is_refused_by_name) {
    const std::string text = store::to_json(example());
    const auto refused = [](const std::string& damaged) {
        return failure_of(core::Failure::data,
                          [&] { static_cast<void>(store::summary_from_json(damaged, "run/summary.json")); });
    };
    for (const std::string& damaged : {std::string(), std::string("{}"), std::string("[1]"), text.substr(0, 700)})
        BOOST_TEST(contains(refused(damaged), "'run/summary.json' is no summary of a run of this version"));
    for (const char* key : {"program", "config", "task", "data", "members", "timing"}) {
        Json json = Json::parse(text);
        json.erase(key);
        BOOST_TEST(contains(refused(json.dump()), "is no summary"));
        json[key] = "another kind";
        BOOST_TEST(contains(refused(json.dump()), "is no summary"));
    }
}

BOOST_AUTO_TEST_CASE(it_is_valid_json_whatever_the_numbers_and_texts_are) {
    Summary summary = example();
    summary.timing.samples_per_s = std::numeric_limits<double>::infinity();
    summary.ensemble.combinations[0].over_mean[0]->ci95.low = not_a_number;
    summary.data.name = "dir\xff\xfe\"\\\n";
    const Json json = parsed(summary);
    BOOST_TEST(json["timing"]["samples_per_s"].is_null());
    BOOST_TEST(json["gain"]["over_mean_member"]["ci95"][0].is_null());
    BOOST_TEST(json["gain"]["over_mean_member"]["ci95"][1] == 0.375);
    BOOST_TEST(json["data"]["name"].is_string());
}

BOOST_AUTO_TEST_CASE(members_say_what_distinguishes_them) {
    Summary summary = example();
    const Json members = parsed(summary)["members"];
    BOOST_TEST(!members[0].contains("settings"));
    BOOST_TEST(members[1]["net"] == "dense(9)");
    BOOST_TEST(members[1]["settings"] == Json({{"lr", "0.1"}}));
    BOOST_TEST(!parsed(summary)["ensemble"].contains("out_of_fold"));
    const task::Scores worse(summary.task->metrics().size(), 0.25);
    summary.out_of_fold = {.rows = 40, .scores = {worse, worse, worse}};
    const Json pooled = parsed(summary)["ensemble"]["out_of_fold"];
    BOOST_TEST(pooled["rows"] == 40);
    for (const auto& each : summary.ensemble.combinations)
        BOOST_TEST(pooled[std::string(each.combination->name)]["accuracy"] == 0.25);
}

BOOST_AUTO_TEST_CASE(keys_keep_the_order_of_the_interface) {
    const auto json = nlohmann::ordered_json::parse(store::to_json(example()));
    Keys keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    const Keys expected{"program", "config", "task", "data", "members", "ensemble", "gain", "timing"};
    BOOST_TEST(keys == expected, boost::test_tools::per_element());
    BOOST_TEST(json["config"].begin().key() == "members");
    BOOST_TEST(store::to_json(example()).back() == '\n');
}

BOOST_AUTO_TEST_CASE(what_else_was_tried_is_told_where_it_was) {
    Summary summary = example();
    for (const char* key : {"shift", "ood", "importance"}) BOOST_TEST(!parsed(summary).contains(key), key);
    const auto scores = [](double value) { return task::Scores(classes.metrics().size(), value); };
    summary.config = R"({"ood": "letters/"})";
    summary.combine = 1;
    summary.shifts = {{.shift = {.name = "rotate", .value = 15, .unit = "degrees"},
                       .combinations = {scores(0.5), scores(0.75)},
                       .mean_member = scores(0.25),
                       .best_member = scores(0.375),
                       .set = "rotate-15"}};
    summary.mc_dropout = {.member = 1, .passes = 8, .test = scores(0.5), .others = {{"rotate-15", scores(0.625)}}};
    summary.foreign = {
        .rows = 40,
        .measures = {
            {.measure = "entropy", .foreign = {.auroc = 0.75, .aupr = 0.625, .fpr95 = 0.5}, .test_aupr = 0.875}}};
    summary.importance = {
        .repeats = 5, .rows = 30, .columns = {{.name = "a", .loss = 0.25, .ci95 = {0.125, not_a_number}}}};
    const Json json = parsed(summary);
    const Json& shift = json["shift"][0];
    BOOST_TEST((shift["name"] == "rotate" && shift["value"] == 15 && shift["unit"] == "degrees"));
    BOOST_TEST(shift["ensemble"]["accuracy"] == 0.75);
    BOOST_TEST(shift["combinations"]["average"]["nll"] == 0.5);
    BOOST_TEST((shift["mean_member"]["ece"] == 0.25 && shift["best_member"]["ece"] == 0.375));
    BOOST_TEST(shift["mc_dropout"]["nll"] == 0.625);
    BOOST_TEST((json["ood"]["data"] == "letters/" && json["ood"]["rows"] == 40));
    BOOST_TEST(json["ood"]["scores"][0] ==
               Json({{"name", "entropy"}, {"auroc", 0.75}, {"aupr", 0.625}, {"aupr_test", 0.875}, {"fpr95", 0.5}}));
    BOOST_TEST((json["importance"]["metric"] == "accuracy" && json["importance"]["repeats"] == 5));
    BOOST_TEST(json["importance"]["columns"][0]["ci95"] == Json({0.125, nullptr}));
}

BOOST_AUTO_TEST_CASE(results_without_all_members_say_so) {
    Summary summary = example();
    BOOST_TEST(!parsed(summary).contains("partial"));
    BOOST_TEST(!parsed(summary).contains("missing"));
    summary.missing = {2, 3};
    summary.partial = true;
    BOOST_TEST(parsed(summary)["partial"] == true);
    BOOST_TEST(parsed(summary)["missing"] == Json::parse("[2, 3]"));
}

BOOST_AUTO_TEST_SUITE_END()
