#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <boost/test/unit_test.hpp>

#include "failure.hpp"
#include "one_rank.hpp"
#include "scratch.hpp"
#include "store/member_file.hpp"

using namespace ensemble;

// What --replay says of members that are as they were, and of one that is not.
BOOST_AUTO_TEST_SUITE(replay_tests)

namespace {

namespace fs = std::filesystem;

void train(const std::string& out, const Words& more) {
    Words words{"--data",    "moons:train=200,test=60",
                "--net",     "dense(8) relu dropout(0.2) batchnorm",
                "--epochs",  "4",
                "--batch",   "20",
                "--members", "4",
                "--out",     out};
    words.insert(words.end(), more.begin(), more.end());
    BOOST_TEST_REQUIRE(run_words(words) == 0);
}

int replay(const std::string& out, const std::string& member) {
    return run_words({"--replay", member, "--out", out});
}

std::map<std::string, std::string> content_of(const fs::path& directory) {
    std::map<std::string, std::string> content;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        content[entry.path().string()] = {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    return content;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_member_is_the_same_again_and_nothing_is_written) {
    const Scratch scratch;
    train(scratch / "run", {"--average", "ema", "--patience", "2"});
    const auto before = content_of(scratch / "run");
    for (const char* member : {"0", "3"}) BOOST_TEST(replay(scratch / "run", member) == 0);
    BOOST_TEST((content_of(scratch / "run") == before));
}

BOOST_AUTO_TEST_CASE(a_member_that_goes_on_from_another_is_the_same_again) {
    const Scratch scratch;
    train(scratch / "run", {"--snapshots", "2"});
    for (const char* member : {"2", "3"}) BOOST_TEST(replay(scratch / "run", member) == 0);
}

BOOST_AUTO_TEST_CASE(another_member_is_told) {
    const Scratch scratch;
    train(scratch / "run", {});
    const fs::path file = fs::path(scratch / "run") / "members/0001.ckpt";
    store::StoredMember member = store::read_member(file);
    member.state.parameters[0] += 1e-3F;
    store::save_member(file, member.state, member.configuration);
    const std::string told = failure_of(core::Failure::run, [&] { static_cast<void>(replay(scratch / "run", "1")); });
    BOOST_TEST(contains(told, "member 1"), told);
    BOOST_TEST(contains(told, "SHA-256"), told);
    BOOST_TEST(replay(scratch / "run", "0") == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_trained_again_is_refused) {
    const Scratch scratch;
    const auto refused = [&](Words words) {
        words.insert(words.end(), {"--out", scratch / "run"});
        return usage_error([&] { static_cast<void>(run_words(words)); });
    };
    BOOST_TEST(contains(refused({"--replay", "0"}), "no finished run"));
    train(scratch / "run", {});
    BOOST_TEST(contains(refused({"--replay", "4"}), "4 members"));
    BOOST_TEST(contains(refused({"--replay", "-1"}), "--replay"));
    BOOST_TEST(contains(refused({"--replay", "0", "--resume"}), "leave the other option out"));
    BOOST_TEST(contains(refused({"--replay", "0", "--epochs", "5"}), "--replay: the run in"));
    fs::remove(fs::path(scratch / "run") / "members/0002.ckpt");
    failure_of(core::Failure::data, [&] { static_cast<void>(replay(scratch / "run", "2")); });
}

BOOST_AUTO_TEST_SUITE_END()
