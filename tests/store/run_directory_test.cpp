#include "store/run_directory.hpp"

#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "obeys_permissions.hpp"
#include "store/failing_file_system.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(run_directory_tests)

namespace fs = std::filesystem;
using store::RunDirectory;
using Names = std::set<std::string>;

namespace {

/// What making `path` a run directory is refused with; empty if it is accepted.
std::string refusal(const fs::path& path) {
    try {
        static_cast<void>(RunDirectory::create(path));
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::usage), error.what());
        return error.what();
    }
    return {};
}

bool contains(const std::string& whole, const std::string& part) {
    return whole.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_are_those_of_the_interface) {
    const RunDirectory run = RunDirectory::at("runs/x/");
    BOOST_TEST(run.path() == "runs/x");
    BOOST_TEST(run.configuration() == "runs/x/config.toml");
    BOOST_TEST(run.summary() == "runs/x/summary.json");
    BOOST_TEST(run.history() == "runs/x/history.jsonl");
    BOOST_TEST(run.predictions() == "runs/x/predictions.npy");
    BOOST_TEST(run.votes() == "runs/x/votes.npy");
    BOOST_TEST(run.member(7) == "runs/x/members/0007.ckpt");
    BOOST_TEST(run.member(12345) == "runs/x/members/12345.ckpt");
    BOOST_TEST(run.log(3) == "runs/x/logs/rank-0003.log");
    BOOST_TEST(run.evaluation_set("test") == "runs/x/predictions/test");
    BOOST_TEST(run.evaluation_set("validation") == "runs/x/predictions/validation");
}

BOOST_AUTO_TEST_CASE(it_is_made_with_its_parents_and_left_clean) {
    const ScratchDirectory scratch;
    const RunDirectory run = RunDirectory::create(scratch / "a/b/run/");
    BOOST_TEST(run.path() == scratch / "a/b/run");
    BOOST_TEST((scratch.content() == Names{"a", "a/b", "a/b/run", "a/b/run/members", "a/b/run/checkpoints",
                                           "a/b/run/logs", "a/b/run/predictions", "a/b/run/predictions/test",
                                           "a/b/run/predictions/validation", "a/b/run/lock"}));
}

BOOST_AUTO_TEST_CASE(every_evaluation_set_has_a_directory_that_is_taken_back) {
    const ScratchDirectory scratch;
    const std::vector<std::string> sets{"validation", "test", "rotate-30", "ood"};
    RunDirectory run = RunDirectory::create(scratch / "run", sets);
    for (const std::string& set : sets) {
        BOOST_TEST(fs::is_directory(run.evaluation_set(set)), set);
        put_text(run.evaluation_set(set) / "0000.npy", "predictions");
    }
    run.discard();
    BOOST_TEST(!fs::exists(scratch / "run"));
}

BOOST_AUTO_TEST_CASE(discarding_takes_back_everything_that_was_made) {
    const ScratchDirectory scratch;
    fs::create_directory(scratch / "a");
    RunDirectory run = RunDirectory::create(scratch / "a/b/run");
    put_text(run.configuration(), "seed = 1");
    put_text(run.member(0), "member");
    put_text(run.log(0), "log");
    for (const std::string_view set : store::evaluation_set_names) {
        put_text(run.evaluation_set(set) / "rows.npy", "rows");
        put_text(run.evaluation_set(set) / "0000.npy", "predictions");
    }
    run.append_history("{}");
    run.discard();
    BOOST_TEST(scratch.content() == Names{"a"}, boost::test_tools::per_element());
    run.discard();
    BOOST_TEST(scratch.content() == Names{"a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(discarding_spares_what_was_there) {
    const ScratchDirectory scratch;
    fs::create_directories(scratch / "run/logs");
    put_text(scratch / "run/notes.txt", "mine");
    RunDirectory run = RunDirectory::create(scratch / "run");
    put_text(run.configuration(), "seed = 1");
    put_text(run.member(0), "member");
    run.discard();
    BOOST_TEST((scratch.content() == Names{"run", "run/logs", "run/notes.txt"}));
}

BOOST_AUTO_TEST_CASE(discarding_spares_what_others_put_into_a_new_directory) {
    const ScratchDirectory scratch;
    RunDirectory run = RunDirectory::create(scratch / "run");
    put_text(scratch / "run/notes.txt", "mine");
    run.discard();
    BOOST_TEST((scratch.content() == Names{"run", "run/notes.txt"}));
}

BOOST_AUTO_TEST_CASE(only_the_one_that_made_it_can_discard_it) {
    const ScratchDirectory scratch;
    const RunDirectory made = RunDirectory::create(scratch / "run");
    RunDirectory other = RunDirectory::at(scratch / "run");
    other.discard();
    BOOST_TEST(fs::exists(made.members()));
}

BOOST_AUTO_TEST_CASE(another_run_is_never_touched) {
    const ScratchDirectory scratch;
    const RunDirectory run = RunDirectory::create(scratch / "run");
    for (const auto& [file, word] :
         std::vector<std::pair<std::string, std::string>>{{"summary.json", "finished run"},
                                                          {"config.toml", "unfinished run"},
                                                          {"history.jsonl", "another run"},
                                                          {"votes.npy", "another run"},
                                                          {"members/0000.ckpt", "another run"},
                                                          {"predictions/test/0000.npy", "another run"},
                                                          {"predictions/validation/rows.npy", "another run"},
                                                          {"logs/rank-0000.log", "another run"}}) {
        put_text(run.path() / file, "content");
        const Names before = scratch.content();
        const std::string message = refusal(scratch / "run");
        BOOST_TEST(contains(message, word), message);
        BOOST_TEST(contains(message, "--out"), message);
        BOOST_TEST(contains(message, (scratch / "run").string()), message);
        BOOST_TEST((scratch.content() == before));
        BOOST_TEST(text_of(run.path() / file) == "content");
        fs::remove(run.path() / file);
    }
    put_text(run.configuration(), "x");
    put_text(run.summary(), "x");
    BOOST_TEST(contains(refusal(scratch / "run"), " finished run"));
}

BOOST_AUTO_TEST_CASE(an_empty_run_directory_may_be_used_again) {
    const ScratchDirectory scratch;
    static_cast<void>(RunDirectory::create(scratch / "run"));
    BOOST_TEST(refusal(scratch / "run").empty());
    BOOST_TEST(refusal(scratch.path()).empty());
}

BOOST_AUTO_TEST_CASE(paths_that_are_no_directories_are_refused) {
    const ScratchDirectory scratch;
    put_text(scratch / "file", "content");
    BOOST_TEST(contains(refusal(scratch / "file"), "not a directory"));
    const std::string inside = refusal(scratch / "file/run/deep");
    BOOST_TEST(contains(inside, "Not a directory"), inside);
    BOOST_TEST((scratch.content() == Names{"file"}));
    BOOST_TEST(text_of(scratch / "file") == "content");

    fs::create_symlink(scratch / "nowhere", scratch / "dangling");
    BOOST_TEST(!refusal(scratch / "dangling").empty());
    BOOST_TEST(contains(refusal(""), "--out"));
    BOOST_TEST(contains(refusal("/proc/no/such"), "/proc/no"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_may_not_be_written_is_refused) {
    const ScratchDirectory scratch;
    const testing::ObeysPermissions limited;
    fs::create_directory(scratch / "closed");
    fs::permissions(scratch / "closed", fs::perms::owner_read | fs::perms::owner_exec);
    BOOST_TEST(contains(refusal(scratch / "closed"), "Permission denied"));
    BOOST_TEST(contains(refusal(scratch / "closed/run"), "Permission denied"));
    fs::permissions(scratch / "closed", fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_found_at_once_and_nothing_stays) {
    std::size_t calls = 0;
    {
        const ScratchDirectory scratch;
        FailingFileSystem counting;
        static_cast<void>(RunDirectory::create(scratch / "a/run", counting));
        calls = counting.calls.size();
    }
    BOOST_TEST_REQUIRE(calls > 20U);
    for (std::size_t k = 0; k < calls; ++k) {
        const ScratchDirectory scratch;
        FailingFileSystem system;
        system.fail_at = k;
        system.error = ENOSPC;
        try {
            static_cast<void>(RunDirectory::create(scratch / "a/run", system));
            BOOST_TEST((system.calls[k] == "close" || system.calls[k] == "unlink"), k << ": " << system.calls[k]);
        } catch (const core::Error& error) {
            BOOST_TEST((error.kind() == core::Failure::usage));
            BOOST_TEST(contains(error.what(), "No space left on device"), error.what());
            BOOST_TEST(scratch.content().empty(), k << ": " << system.calls[k]);
        }
    }
}

BOOST_AUTO_TEST_CASE(going_on_keeps_predictions_and_removes_what_was_left_half_done) {
    const ScratchDirectory scratch;
    {
        const RunDirectory run = RunDirectory::create(scratch / "run");
        put_text(run.configuration(), "seed = 1");
        for (const std::string_view set : store::evaluation_set_names) {
            put_text(run.evaluation_set(set) / "0000.npy", "predictions");
            put_text(run.evaluation_set(set) / ".0001.npy.tmp-123", "half of");
        }
    }
    const RunDirectory again = RunDirectory::resume(scratch / "run");
    for (const std::string_view set : store::evaluation_set_names) {
        BOOST_TEST(text_of(again.evaluation_set(set) / "0000.npy") == "predictions");
        const auto entries = fs::directory_iterator(again.evaluation_set(set));
        BOOST_TEST(std::distance(fs::begin(entries), fs::end(entries)) == 1);
    }
}

BOOST_AUTO_TEST_CASE(the_time_line_goes_on_where_it_ended) {
    const ScratchDirectory scratch;
    const RunDirectory run = RunDirectory::create(scratch / "run");
    BOOST_TEST(run.last_activity().start == 0U);
    BOOST_TEST(run.last_activity().to_s == 0.0);
    BOOST_TEST(!fs::exists(run.timeline()));
    const std::string whole = store::timeline_line({.start = 1, .rank = 0, .from_s = 0, .to_s = 2}) + '\n' +
                              store::timeline_line({.start = 2, .rank = 1, .from_s = 2, .to_s = 7}) + '\n' +
                              store::timeline_line({.start = 2, .rank = 0, .from_s = 2, .to_s = 5}) + '\n';
    put_text(run.timeline(), whole + R"({"start":2,"ra)");
    const store::TimelineEntry last = run.last_activity();
    BOOST_TEST(last.start == 2U);
    BOOST_TEST(last.to_s == 7.0);
    BOOST_TEST(text_of(run.timeline()) == whole);
}

BOOST_AUTO_TEST_CASE(history_is_appended_and_sorted_at_the_end) {
    const ScratchDirectory scratch;
    const RunDirectory run = RunDirectory::create(scratch / "run");
    run.append_history(R"({"member":1,"epoch":1})");
    run.append_history(R"({"member":0,"epoch":2})");
    run.append_history(R"({"member":0,"epoch":1})");
    run.sort_history();
    BOOST_TEST(text_of(run.history()) ==
               "{\"member\":0,\"epoch\":1}\n{\"member\":0,\"epoch\":2}\n{\"member\":1,\"epoch\":1}\n");
    run.sort_history(1);
    BOOST_TEST(text_of(run.history()) == "{\"member\":0,\"epoch\":1}\n{\"member\":0,\"epoch\":2}\n");
}

BOOST_AUTO_TEST_CASE(what_members_left_that_are_not_needed_is_removed) {
    const ScratchDirectory scratch;
    const RunDirectory run = RunDirectory::create(scratch / "run");
    std::vector<fs::path> gone;
    std::vector<fs::path> kept{run.evaluation_set("test") / "rows.npy"};
    for (const std::uint32_t member : {1U, 2U, 3U, 4U}) {
        auto& list = member == 2 || member == 3 ? gone : kept;
        const std::string name = "000" + std::to_string(member);
        list.insert(list.end(),
                    {run.member(member), run.evaluation_set("test") / (name + ".npy"),
                     run.evaluation_set("validation") / (name + ".npy"), run.member_events(member) / "events"});
    }
    for (const auto* list : {&kept, &gone}) {
        for (const fs::path& file : *list) {
            fs::create_directories(file.parent_path());
            std::ofstream(file) << "x";
        }
    }
    run.remove_members(2, 4);
    for (const fs::path& file : kept) BOOST_TEST(fs::exists(file), file);
    for (const fs::path& file : gone) BOOST_TEST(!fs::exists(file), file);
    BOOST_TEST(!fs::exists(run.member_events(2)));
}

BOOST_AUTO_TEST_SUITE_END()
