#include "run/train_program.hpp"

#include <cstring>
#include <filesystem>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "comm/communicator.hpp"
#include "failure.hpp"
#include "scratch.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(program_tests)

namespace {

namespace fs = std::filesystem;

/// A run on one rank of a small problem, with more words behind.
void run_small(const std::string& out, std::vector<std::string> more = {}) {
    std::vector<std::string> texts{"--data",    "moons:train=200,test=60",
                                   "--net",     "dense(8) relu dropout(0.2)",
                                   "--epochs",  "3",
                                   "--members", "3",
                                   "--out",     out};
    texts.insert(texts.end(), more.begin(), more.end());
    std::vector<const char*> words;
    for (const std::string& text : texts) words.push_back(text.c_str());
    BOOST_TEST(run::train_ensemble(comm::Communicator::local(), words) == 0);
}

void run_words(const std::vector<const char*>& words) {
    BOOST_TEST(run::train_ensemble(comm::Communicator::local(), words) == 0);
}

nlohmann::json summary(const std::string& directory) {
    return nlohmann::json::parse(read(fs::path(directory) / "summary.json"));
}

void check_same_results(const std::string& one, const std::string& other, std::size_t members) {
    BOOST_TEST((read(one + "/predictions.npy") == read(other + "/predictions.npy")));
    BOOST_TEST((read(one + "/votes.npy") == read(other + "/votes.npy")));
    for (std::size_t i = 0; i < members; ++i) {
        const std::string name = "/members/000" + std::to_string(i) + ".ckpt";
        BOOST_TEST_CONTEXT(name) BOOST_TEST((read(one + name) == read(other + name)));
        BOOST_TEST(!read(one + name).empty());
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_run_leaves_everything_that_was_promised) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    run_small(out);
    for (const char* file : {"config.toml", "summary.json", "history.jsonl", "predictions.npy", "votes.npy",
                             "uncertainty.npy", "report.html"}) {
        BOOST_TEST_CONTEXT(file) BOOST_TEST(fs::is_regular_file(fs::path(out) / file));
    }
    const std::string log = read(out + "/logs/rank-0000.log");
    BOOST_TEST(contains(log, " rank 0 of 1 on "));
    BOOST_TEST(contains(log, " member 2 done"));
    const auto json = summary(out);
    BOOST_TEST(json.at("members").size() == 3U);
    BOOST_TEST(json.at("config").at("members").get<int>() == 3);
    BOOST_TEST(json.at("data").at("test").get<int>() == 60);
    BOOST_TEST(json.at("data").at("train").get<int>() == 180);
    BOOST_TEST(json.at("timing").at("ranks").get<int>() == 1);
    const auto& timing = json.at("timing");
    BOOST_TEST(timing.at("startup_s").get<double>() > 0);
    BOOST_TEST(timing.at("wall_s").get<double>() >= timing.at("startup_s").get<double>());
    BOOST_TEST(timing.at("samples_per_s").get<double>() > 0);
    BOOST_TEST(timing.at("efficiency").get<double>() == 1 - timing.at("idle_fraction").get<double>());
    BOOST_TEST(timing.at("idle_s").get<double>() ==
                   timing.at("idle_fraction").get<double>() * timing.at("train_s").get<double>(),
               boost::test_tools::tolerance(1e-9));
    BOOST_TEST(timing.at("efficiency_bound").get<double>() == 1.0);
    BOOST_TEST(timing.at("coordination_s").get<double>() > 0);
    std::istringstream history(read(out + "/history.jsonl"));
    std::vector<std::pair<int, int>> order;
    for (std::string line; std::getline(history, line);) {
        const auto record = nlohmann::json::parse(line);
        order.emplace_back(record.at("member").get<int>(), record.at("epoch").get<int>());
    }
    BOOST_TEST((order == std::vector<std::pair<int, int>>{
                             {0, 1}, {0, 2}, {0, 3}, {1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}}));
}

BOOST_AUTO_TEST_CASE(the_written_configuration_repeats_the_run_bit_for_bit) {
    const Scratch scratch;
    const std::string first = scratch / "first";
    run_small(first,
              {"--lr", "0.0123456789", "--bootstrap", "--schedule", "cosine", "--combine", "vote", "--seed", "77"});
    const std::string config = first + "/config.toml";
    const std::string second = scratch / "second";
    run_words({"--config", config.c_str(), "--out", second.c_str()});
    check_same_results(first, second, 3);
    BOOST_TEST(read(config) == read(second + "/config.toml"));
    const std::string other_seed = scratch / "other";
    run_words({"--config", config.c_str(), "--seed", "78", "--out", other_seed.c_str()});
    BOOST_TEST((read(first + "/predictions.npy") != read(other_seed + "/predictions.npy")));
}

BOOST_AUTO_TEST_CASE(a_table_is_trained_on_and_its_configuration_repeats_it) {
    const Scratch scratch;
    std::string text = "kind;a;b;c;d\n";
    for (int row = 0; row < 90; ++row) {
        const char* kind = row % 3 == 0 ? "\"big; one\"" : (row % 3 == 1 ? "odd" : "even");
        text += fmt::format("{};{};{};{};{}\n", kind, row % 3 + row % 2 * 0.1, 1e6 + row, row * row % 13, 7);
    }
    const std::string table = scratch.write("table.csv", text);
    const std::string first = scratch / "first";
    run_words({"--data", table.c_str(), "--target", "kind", "--net", "dense(8) relu", "--epochs", "30", "--members",
               "2", "--lr", "0.02", "--reduce", "pca:3", "--out", first.c_str()});
    const auto json = summary(first);
    BOOST_TEST(json.at("data").at("class_names") == (nlohmann::json{"big; one", "even", "odd"}));
    BOOST_TEST(json.at("data").at("shape") == (nlohmann::json{3}));
    BOOST_TEST(json.at("config").at("task") == "classification");
    BOOST_TEST(json.at("config").at("target") == "kind");
    BOOST_TEST(json.at("ensemble").at("average").at("accuracy").get<double>() > 0.8);
    const std::string config = first + "/config.toml";
    const std::string second = scratch / "second";
    run_words({"--config", config.c_str(), "--out", second.c_str()});
    check_same_results(first, second, 2);
}

BOOST_AUTO_TEST_CASE(augmented_images_are_trained_on_and_the_configuration_repeats_it) {
    const Scratch scratch;
    const std::string first = scratch / "first";
    run_small(first, {"--data", "digits:train=100,test=20", "--augment", "shift:2,rotate:10,scale:0.1,elastic:2"});
    const std::string config = first + "/config.toml";
    const std::string second = scratch / "second";
    run_words({"--config", config.c_str(), "--out", second.c_str()});
    check_same_results(first, second, 3);
    const std::string plain = scratch / "plain";
    run_words({"--config", config.c_str(), "--augment", "none", "--out", plain.c_str()});
    BOOST_TEST((read(first + "/predictions.npy") != read(plain + "/predictions.npy")));
}

BOOST_AUTO_TEST_CASE(a_member_does_not_depend_on_how_many_there_are) {
    const Scratch scratch;
    run_small(scratch / "three");
    run_small(scratch / "two", {"--members", "2", "--combine", "vote"});
    for (const char* name : {"/members/0000.ckpt", "/members/0001.ckpt"}) {
        BOOST_TEST((read((scratch / "three") + name) == read((scratch / "two") + name)));
    }
}

BOOST_AUTO_TEST_CASE(the_chosen_combination_is_what_predictions_hold) {
    const Scratch scratch;
    run_small(scratch / "average");
    run_small(scratch / "vote", {"--combine", "vote"});
    BOOST_TEST((read(scratch / "average/votes.npy") == read(scratch / "vote/votes.npy")));
    BOOST_TEST((read(scratch / "average/predictions.npy") != read(scratch / "vote/predictions.npy")));
}

BOOST_AUTO_TEST_CASE(a_run_in_which_all_diverge_fails_and_says_so) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    const std::string message = failure_of(core::Failure::run, [&] {
        run_small(out, {"--optimizer", "sgd", "--lr", "1e30"});
    });
    BOOST_TEST(contains(message, "training diverged"));
    BOOST_TEST(contains(message, "no usable member is saved"));
    BOOST_TEST(!fs::exists(out + "/summary.json"));
    BOOST_TEST(!fs::exists(out + "/predictions.npy"));
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_not_overwritten) {
    const Scratch scratch;
    run_small(scratch / "run");
    const std::string before = read(scratch / "run/summary.json");
    const std::string message = usage_error([&] { run_small(scratch / "run"); });
    BOOST_TEST(contains(message, "finished run"));
    BOOST_TEST(read(scratch / "run/summary.json") == before);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_found_before_anything_is_written) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    const auto refused = [&](std::vector<std::string> words, core::Failure kind = core::Failure::usage) {
        const std::string message = failure_of(kind, [&] { run_small(out, std::move(words)); });
        BOOST_TEST(!message.empty());
        BOOST_TEST(!fs::exists(out));
    };
    refused({"--net", "dense(0)"});
    refused({"--net", "dense(8"});
    refused({"--net", "frobnicate(8)"});
    refused({"--data", "moons:train=0"});
    refused({"--data", "dgits"});
    refused({"--validation-fraction", "0.0000001"});
    refused({"--data", out + "/nothing/here"}, core::Failure::data);
    const std::string broken = scratch.write("broken.csv", "a,b,c\n1,2,x\n3,dog,y\n");
    refused({"--data", broken}, core::Failure::data);
    refused({"--data", "digits", "--target", "3"});
    refused({"--reduce", "pca:500"});
    refused({"--augment", "shift:2"});
    refused({"--sequence", "7x7"});
    const std::string file = scratch.write("file", "x");
    BOOST_TEST(contains(usage_error([&] { run_small(file + "/run"); }), "--out"));
}

BOOST_AUTO_TEST_CASE(a_dry_run_writes_nothing) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    run_small(out, {"--dry-run"});
    BOOST_TEST(!fs::exists(out));
}

BOOST_AUTO_TEST_CASE(predictions_name_the_rows_they_belong_to) {
    const Scratch scratch;
    std::string text = "x,kind\n";
    for (int row = 0; row < 50; ++row) text += fmt::format("{}.5,{}\n", row * row % 17, row % 3 == 0 ? "a" : "b");
    const std::string file = scratch.write("t.csv", text);
    const std::string out = scratch / "run";
    run_words({"--data", file.c_str(), "--net", "dense(2)", "--epochs", "1", "--members", "1", "--out", out.c_str()});
    const std::string rows = read(out + "/predictions/test/rows.npy");
    const std::string targets = read(out + "/predictions/test/targets.npy");
    BOOST_TEST(contains(rows, "'<i8', 'fortran_order': False, 'shape': (10,)"));
    BOOST_TEST(contains(targets, "'<i4', 'fortran_order': False, 'shape': (10,)"));
    std::set<std::int64_t> seen;
    for (std::size_t i = 0; i < 10; ++i) {
        std::int64_t row = 0;
        std::int32_t target = 0;
        std::memcpy(&row, rows.data() + rows.size() - (10 - i) * sizeof row, sizeof row);
        std::memcpy(&target, targets.data() + targets.size() - (10 - i) * sizeof target, sizeof target);
        BOOST_TEST(row < 50);
        BOOST_TEST(target == (row % 3 == 0 ? 0 : 1));
        seen.insert(row);
    }
    BOOST_TEST(seen.size() == 10U);
}

BOOST_AUTO_TEST_CASE(data_smaller_than_a_batch_are_one_batch) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    run_words({"--data", "xor", "--net", "dense(4) tanh", "--epochs", "2", "--members", "2", "--out", out.c_str()});
    BOOST_TEST(summary(out).at("config").at("batch").get<int>() == 4);
}

BOOST_AUTO_TEST_SUITE_END()
