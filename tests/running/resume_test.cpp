#include "run/resume.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <unistd.h>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "comm/communicator.hpp"
#include "failure.hpp"
#include "one_rank.hpp"
#include "run/interrupt.hpp"
#include "run/train_program.hpp"
#include "scratch.hpp"
#include "store/member_file.hpp"
#include "store/run_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(resume_tests)

namespace {

namespace fs = std::filesystem;

Words operator+(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

const Words small{"--data",
                  "moons:train=200,test=60",
                  "--net",
                  "dense(8) relu dropout(0.2)",
                  "--epochs",
                  "5",
                  "--batch",
                  "20",
                  "--members",
                  "3",
                  "--checkpoint-every",
                  "1"};

/// Everything in a finished run that must not depend on its past.
std::string results(const std::string& out) {
    std::string all;
    std::vector<fs::path> files{"config.toml", "origin.json", "predictions.npy", "votes.npy", "uncertainty.npy"};
    for (const auto& entry : fs::directory_iterator(out + "/members"))
        files.push_back("members" / entry.path().filename());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) all += file.string() + read(out / file);
    std::istringstream history(read(out + "/history.jsonl"));
    for (std::string line; std::getline(history, line);) {
        auto record = nlohmann::json::parse(line);
        record.erase("seconds");
        record.erase("samples_per_s");
        all += record.dump() + "\n";
    }
    return all;
}

std::set<std::string> names(const std::string& out) {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(out)) {
        found.insert(entry.path().lexically_relative(out).string());
    }
    return found;
}

/// Sends SIGUSR1 as soon as a file is there, and the scheduler lets it: what is to be stopped shall have much left to
/// do.
class StopAt {
public:
    explicit StopAt(const fs::path& file) {
        run::watch_for_signals();  // before there is another thread
        thread_ = std::thread([this, file] {
            while (!done_ && !fs::exists(file)) std::this_thread::sleep_for(std::chrono::microseconds(200));
            if (done_) return;
            ::kill(::getpid(), SIGUSR1);
            while (run::signal_received().empty()) std::this_thread::sleep_for(std::chrono::microseconds(200));
        });
    }
    ~StopAt() {
        done_ = true;
        thread_.join();
        run::forget_signals();
    }

private:
    std::atomic<bool> done_{false};
    std::thread thread_;
};

/// Trains until that file is there; with more and more members until the end does not come before the stop. Returns
/// the run's words but for --out.
Words stopped_at(const std::string& file, const Words& words, int members, const std::string& out) {
    for (;; members *= 2) {
        Words these = words + Words{"--members", std::to_string(members)};
        const int code = [&] {
            const StopAt stop(out + "/" + file);
            return run_words(these + Words{"--out", out});
        }();
        if (code == 75) return these;
        BOOST_TEST_REQUIRE((code == 0 && members < 10'000));
        fs::remove_all(out);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_run_stopped_again_and_again_ends_like_one_that_never_was) {
    for (const Words& words :
         {small, small + Words{"--init", "rbm", "--rbm-epochs", "2", "--net", "dense(8) sigmoid", "--log-gradients"},
          small + Words{"--weight-average", "swa:0.3", "--patience", "2", "--bootstrap", "--optimizer", "momentum"},
          Words{"--data", "digits:train=100,test=20", "--net", "conv(4, 3) batchnorm relu maxpool(4)", "--batch", "16",
                "--augment", "shift:2", "--weight-average", "ema:0.9", "--members", "2", "--epochs", "3",
                "--checkpoint-every", "1ms"}}) {
        const Scratch scratch;
        BOOST_TEST(run_words(words + Words{"--out", scratch / "whole"}) == 0);
        std::string message;
        int stops = 0;
        double limit_ms = 0.05;
        while (run_words(
                   words + Words{"--out", scratch / "run", "--resume", "--time-limit", fmt::format("{}ms", limit_ms)},
                   &message) != 0) {
            BOOST_TEST(!fs::exists(scratch / "run/summary.json"));
            BOOST_TEST(!fs::exists(scratch / "run/predictions.npy"));
            BOOST_TEST(contains(message, "stopped by its time limit"), message);
            BOOST_TEST(contains(message, "go on with --resume --out " + (scratch / "run")), message);
            limit_ms *= 1.3;
            BOOST_TEST_REQUIRE(++stops < 60);
        }
        BOOST_TEST(stops > 2);
        BOOST_TEST((results(scratch / "run") == results(scratch / "whole")));
        BOOST_TEST(names(scratch / "run") == names(scratch / "whole"), boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_stop_leaves_partial_results_under_other_names_and_the_run_goes_on) {
    const Scratch scratch;
    const Words many = small + Words{"--members", "4000", "--out", scratch / "run"};
    std::string message;
    {
        const StopAt stop(scratch / "run/members/0001.ckpt");
        BOOST_TEST(run_words(many, &message) == 75);
    }
    BOOST_TEST(contains(message, "stopped by SIGUSR1"), message);
    BOOST_TEST(contains(message, "partial.json"), message);
    const auto partial = nlohmann::json::parse(read(scratch / "run/partial.json"));
    BOOST_TEST(partial.at("partial").get<bool>());
    const std::size_t done = partial.at("members").size();
    BOOST_TEST(done >= 2U);
    BOOST_TEST(done + partial.at("missing").size() == 4000U);
    for (const char* file : {"partial-predictions.npy", "partial-votes.npy", "partial-uncertainty.npy"}) {
        BOOST_TEST(fs::exists(fs::path(scratch / "run") / file));
    }
    for (const char* file : {"summary.json", "predictions.npy", "votes.npy", "uncertainty.npy", "lock"}) {
        BOOST_TEST(!fs::exists(fs::path(scratch / "run") / file));
    }
    // Without --resume it is left alone.
    BOOST_TEST(contains(usage_error([&] { static_cast<void>(run_words(many)); }), "--resume"));
    // What is finished can be accepted later.
    {
        const StopAt stop(scratch / fmt::format("run/members/{:04}.ckpt", done + 5));
        BOOST_TEST(run_words(Words{"--resume", "--out", scratch / "run", "--min-members", "2"}) == 0);
    }
    const auto summary = nlohmann::json::parse(read(scratch / "run/summary.json"));
    BOOST_TEST(summary.at("members").size() > done);
    BOOST_TEST(summary.at("members").size() + summary.at("missing").size() == 4000U);
    BOOST_TEST(!summary.contains("partial"));
    for (const char* name : {"partial.json", "partial-votes.npy", "partial-uncertainty.npy", "checkpoints"}) {
        BOOST_TEST(!fs::exists(fs::path(scratch / "run") / name));
    }
}

BOOST_AUTO_TEST_CASE(too_few_members_are_not_accepted) {
    const Scratch scratch;
    std::string message;
    {
        const StopAt stop(scratch / "run/members/0001.ckpt");
        BOOST_TEST(run_words(small + Words{"--members", "4000", "--min-members", "3999", "--out", scratch / "run"},
                             &message) == 75);
    }
    BOOST_TEST(!fs::exists(scratch / "run/summary.json"));
    BOOST_TEST(contains(usage_error([&] {
                            static_cast<void>(run_words(small + Words{"--min-members", "4", "--out", scratch / "b"}));
                        }),
                        "--min-members 4"));
}

BOOST_AUTO_TEST_CASE(another_configuration_is_refused_by_name_and_what_may_change_may) {
    const Scratch scratch;
    const Words out{"--out", scratch / "run", "--resume"};
    BOOST_TEST(run_words(small + out + Words{"--time-limit", "1ms"}) == 75);
    const auto before = names(scratch / "run");
    for (const Words& other :
         {Words{"--lr", "0.5"}, Words{"--net", "dense(9) relu dropout(0.2)"}, Words{"--members", "4"},
          Words{"--patience", "3"}, Words{"--seed", "9"}, Words{"--combine", "vote"}, Words{"--train-limit", "50"}}) {
        const std::string message = usage_error([&] { static_cast<void>(run_words(out + other)); });
        BOOST_TEST(contains(message, " " + other[0] + " "), message);
        BOOST_TEST(contains(message, "not " + other[1]), message);
        BOOST_TEST(names(scratch / "run") == before, boost::test_tools::per_element());
    }
    BOOST_TEST(contains(usage_error([&] {
                            static_cast<void>(run_words(out + Words{"--data", "moons:train=300,test=60"}));
                        }),
                        "--data moons:train=200,test=60, not moons:train=300,test=60"));
    BOOST_TEST(contains(usage_error([&] { static_cast<void>(run_words({"--resume"})); }), "--out DIR"));
    BOOST_TEST(run_words(out + Words{"--lr", "0.001", "--checkpoint-every", "none", "--min-members", "2", "--threads",
                                     "2"}) == 0);
    BOOST_TEST(contains(usage_error([&] { static_cast<void>(run_words(out + Words{"--lr", "0.5"})); }), "--lr"));
}

BOOST_AUTO_TEST_CASE(data_may_move_but_not_change) {
    const Scratch scratch;
    std::string text = "a,b,kind\n";
    for (int row = 0; row < 60; ++row) text += fmt::format("{},{},{}\n", row % 7, row % 5, row % 2 == 0 ? "x" : "y");
    const std::string first = scratch.write("first.csv", text);
    const Words words{"--net", "dense(4)", "--members", "2", "--epochs", "3", "--resume", "--out", scratch / "run"};
    BOOST_TEST(run_words(words + Words{"--data", first, "--time-limit", "1ms"}) == 75);
    fs::rename(first, scratch / "moved.csv");
    BOOST_TEST(contains(failure_of(core::Failure::data, [&] { static_cast<void>(run_words(words)); }), "first.csv"));
    scratch.write("first.csv", text + "6,1,x\n");
    BOOST_TEST(contains(failure_of(core::Failure::data, [&] { static_cast<void>(run_words(words)); }),
                        "have changed since it began: the SHA-256"));
    BOOST_TEST(run_words(words + Words{"--data", scratch / "moved.csv"}) == 0);
}

BOOST_AUTO_TEST_CASE(a_finished_run_is_left_as_it_is) {
    const Scratch scratch;
    BOOST_TEST(run_words(small + Words{"--out", scratch / "run", "--resume"}) == 0);
    const auto time = fs::last_write_time(scratch / "run/summary.json");
    const auto before = names(scratch / "run");
    BOOST_TEST(run_words({"--out", scratch / "run", "--resume"}) == 0);
    BOOST_TEST(run_words(small + Words{"--out", scratch / "run", "--resume"}) == 0);
    BOOST_TEST((fs::last_write_time(scratch / "run/summary.json") == time));
    BOOST_TEST(names(scratch / "run") == before, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(damage_costs_no_more_than_the_way_back_to_an_older_state) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    const Words words = stopped_at("members/0002.ckpt", small + Words{"--epochs", "30"}, 60, out);
    BOOST_TEST(run_words(words + Words{"--out", scratch / "whole"}) == 0);
    std::string newest;
    for (const auto& entry : fs::directory_iterator(out + "/checkpoints")) {
        newest = std::max(newest, entry.path().string());
    }
    for (const std::string& file : {newest, out + "/members/0000.ckpt", out + "/members/0001.ckpt"}) {
        const std::string sound = read(file);
        std::ofstream(file, std::ios::binary) << sound.substr(0, sound.size() / 2);
    }
    fs::remove_all(out + "/checkpoints/0001-000001.ckpt");
    std::ofstream(out + "/history.jsonl", std::ios::app) << "{\"member\":2,\"epo";
    std::ofstream(out + "/members/.0009.ckpt.tmp-4711") << "half";
    BOOST_TEST(run_words({"--resume", "--out", out}) == 0);
    BOOST_TEST((results(out) == results(scratch / "whole")));
    BOOST_TEST(names(out) == names(scratch / "whole"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_has_begun_comes_last_since_least_of_it_is_left) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    {
        const StopAt stop(out + "/checkpoints/0000-000001.ckpt");
        BOOST_TEST(run_words(small + Words{"--epochs", "4000", "--checkpoint-every", "50", "--out", out}) == 75);
    }
    BOOST_TEST_REQUIRE(!fs::exists(out + "/members/0000.ckpt"));
    BOOST_TEST(run_words({"--resume", "--out", out}) == 0);
    std::string order;
    std::istringstream log(read(out + "/logs/rank-0000.log"));
    for (std::string line; std::getline(log, line);) {
        const std::size_t at = line.find(" member ");
        if (line.find(" done: ") != std::string::npos) order += line.at(at + 8);
    }
    BOOST_TEST(order == "120");
}

BOOST_AUTO_TEST_CASE(a_history_that_is_lost_is_made_good_from_the_members) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    const Words words = stopped_at("members/0001.ckpt", small, 100, out);
    BOOST_TEST(run_words(words + Words{"--out", scratch / "whole"}) == 0);
    fs::remove(out + "/history.jsonl");
    BOOST_TEST(run_words({"--resume", "--out", out}) == 0);
    BOOST_TEST((results(out) == results(scratch / "whole")));
}

BOOST_AUTO_TEST_CASE(a_member_that_no_training_has_made_is_trained_again) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    const Words words = stopped_at("members/0001.ckpt", small, 100, out);
    BOOST_TEST(run_words(words + Words{"--out", scratch / "whole"}) == 0);
    const auto digest = nlohmann::json::parse(read(out + "/origin.json")).at("configuration").get<std::string>();
    train::MemberState state = store::load_member(out + "/members/0000.ckpt", digest);
    state.first_moment.resize(1);
    state.step = 1U << 20U;
    store::save_member(out + "/members/0000.ckpt", state, digest);
    state = store::load_member(out + "/members/0001.ckpt", digest);
    state.finished = false;
    store::save_member(out + "/members/0001.ckpt", state, digest);
    BOOST_TEST(run_words({"--resume", "--out", out}) == 0);
    BOOST_TEST((results(out) == results(scratch / "whole")));
    const std::string log = read(out + "/logs/rank-0000.log");
    BOOST_TEST(contains(log, "members/0000.ckpt' does not hold a state of this run: step is 1048576"), log);
    BOOST_TEST(contains(log, "members/0001.ckpt' does not hold a state of this run: finished is false"), log);
}

BOOST_AUTO_TEST_CASE(a_start_that_was_killed_is_no_obstacle) {
    const Scratch scratch;
    fs::create_directories(scratch / "run/members");
    fs::create_directories(scratch / "run/checkpoints");
    scratch.write("run/members/.probe-12345", "x");
    scratch.write("run/.config.toml.tmp-12345", "x");
    scratch.write("run/origin.json", "{}");
    scratch.write("run/lock", "process 1 on nowhere");
    BOOST_TEST(run_words(small + Words{"--out", scratch / "whole"}) == 0);
    BOOST_TEST(run_words(small + Words{"--resume", "--out", scratch / "run"}) == 0);
    BOOST_TEST((results(scratch / "run") == results(scratch / "whole")));
    BOOST_TEST(names(scratch / "run") == names(scratch / "whole"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_directory_has_one_writer) {
    const Scratch scratch;
    const Words out{"--out", scratch / "run", "--resume"};
    BOOST_TEST(run_words(small + out + Words{"--time-limit", "1ms"}) == 75);
    const auto held = store::RunDirectory::resume(scratch / "run");
    const std::string message = usage_error([&] { static_cast<void>(run_words(out)); });
    BOOST_TEST(contains(message, fmt::format("process {}", ::getpid())), message);
}

BOOST_AUTO_TEST_SUITE_END()
