#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "failure.hpp"
#include "one_rank.hpp"
#include "scratch.hpp"

using namespace ensemble;

// What --resume refuses, since a run directory is believed no more than it deserves.
BOOST_AUTO_TEST_SUITE(resume_refusals_tests)

namespace {

namespace fs = std::filesystem;

/// A run of two members that has stopped as soon as it could.
void begin(const std::string& out, const Words& more) {
    Words words{"--data",       "moons:train=200,test=60",
                "--net",        "dense(8) relu",
                "--epochs",     "5",
                "--batch",      "20",
                "--members",    "2",
                "--time-limit", "1ms",
                "--out",        out};
    for (std::size_t i = 0; i < more.size(); i += 2) {
        const auto at = std::find(words.begin(), words.end(), more[i]);
        if (at == words.end())
            words.push_back(more[i]), words.push_back(more[i + 1]);
        else
            *(at + 1) = more[i + 1];
    }
    BOOST_TEST_REQUIRE(run_words(words) == 75);
}

}  // namespace

// Other data of fewer rows change the batch as well, which nobody has asked for.
BOOST_AUTO_TEST_CASE(fewer_data_are_named_and_not_what_follows_from_them) {
    const Scratch scratch;
    std::string text = "a,b,kind\n";
    for (int row = 0; row < 60; ++row) text += fmt::format("{},{},{}\n", row % 7, row % 5, row % 2 == 0 ? "x" : "y");
    const std::string all = scratch.write("all.csv", text);
    const std::string few = scratch.write("few.csv", text.substr(0, text.rfind('\n', text.size() / 2) + 1));
    begin(scratch / "run", {"--data", all, "--net", "dense(4)", "--batch", "100"});
    const std::string other = usage_error([&] {
        static_cast<void>(run_words({"--resume", "--out", scratch / "run", "--data", few}));
    });
    BOOST_TEST(contains(other, "--data"), other);
    BOOST_TEST(!contains(other, "--batch"), other);
    fs::rename(few, all);
    const std::string changed = failure_of(core::Failure::data, [&] {
        static_cast<void>(run_words({"--resume", "--out", scratch / "run"}));
    });
    BOOST_TEST(contains(changed, "have changed since it began"), changed);
}

BOOST_AUTO_TEST_CASE(an_edited_configuration_is_refused_by_the_setting) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    begin(out, {});
    const std::string sound = read(out + "/config.toml");
    const auto refusal = [&](const std::string& from, const std::string& to) {
        std::string text = sound;
        const std::size_t at = text.find(from);
        BOOST_TEST_REQUIRE(at != std::string::npos, from);
        std::ofstream(out + "/config.toml") << text.replace(at, from.size(), to);
        return usage_error([&] { static_cast<void>(run_words({"--resume", "--out", out})); });
    };
    const auto check = [&](const std::string& from, const std::string& to, const std::string& words) {
        const std::string message = refusal(from, to);
        BOOST_TEST(contains(message, "config.toml"), message);
        BOOST_TEST(contains(message, words), message);
    };
    // Those that members do not depend on as well as those they do.
    check("members = 2", "members = 3", "members was 2 and is now 3");
    check("combine = 'average'", "combine = 'vote'", "combine was \"average\" and is now \"vote\"");
    check("batch = 20", "batch = 30", "batch was 20 and is now 30");
    check("members = 2\n", "", "members was 2 and is now 8");
    std::ofstream(out + "/config.toml") << "";
    const std::string empty = failure_of(core::Failure::data, [&] {
        static_cast<void>(run_words({"--resume", "--out", out}));
    });
    BOOST_TEST(contains(empty, "config.toml' is damaged"), empty);
    std::ofstream(out + "/config.toml") << sound;
    // A run of a version that did not write them down goes on.
    auto origin = nlohmann::json::parse(read(out + "/origin.json"));
    BOOST_TEST(origin.erase("settings") == 1U);
    std::ofstream(out + "/origin.json") << origin.dump();
    BOOST_TEST(run_words({"--resume", "--out", out}) == 0);
}

// Only this program's own words say that a run is complete, and what it was begun with.
BOOST_AUTO_TEST_CASE(files_of_another_kind_are_named) {
    const Scratch scratch;
    const std::string out = scratch / "run";
    begin(out, {});
    const auto check = [&](const std::string& file, const std::string& text) {
        std::ofstream(out + "/" + file) << text;
        const std::string message = failure_of(core::Failure::data, [&] {
            static_cast<void>(run_words({"--resume", "--out", out}));
        });
        BOOST_TEST(contains(message, file + "' is damaged"), message);
    };
    const std::string origin = read(out + "/origin.json");
    for (const char* text : {"", "[]", "3", "null", "{}", R"({"data":[],"program":{}})",
                             R"({"data":{"sha256":7},"program":{"build":"","version":""}})",
                             R"({"configuration":7,"data":{"sha256":"x"},"program":{"build":"","version":""}})"}) {
        check("origin.json", text);
    }
    check("origin.json", std::string(100'000, '['));
    for (const nlohmann::json& settings : {nlohmann::json(3), nlohmann::json(nullptr), nlohmann::json::array()}) {
        auto other = nlohmann::json::parse(origin);
        other["settings"] = settings;
        check("origin.json", other.dump());
    }
    std::ofstream(out + "/origin.json") << origin;
    for (const char* text : {"", "{}", "[]", "null", R"({"members":[]})", R"({"members":{},"ensemble":{}})"}) {
        check("summary.json", text);
    }
    fs::remove(out + "/summary.json");
    fs::create_directory(out + "/summary.json");
    const std::string folder = failure_of(core::Failure::data, [&] {
        static_cast<void>(run_words({"--resume", "--out", out}));
    });
    BOOST_TEST(contains(folder, "summary.json"), folder);
    fs::remove(out + "/summary.json");
    BOOST_TEST(run_words({"--resume", "--out", out}) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
