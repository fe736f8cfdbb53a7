#include "run/preflight.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "comm/communicator.hpp"
#include "core/error.hpp"
#include "data/source.hpp"
#include "limited_memory.hpp"
#include "run/machine.hpp"
#include "run/preview.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(preflight_tests)

namespace {

run::RankInfo rank_on(const std::string& host, int core, bool first = true) {
    return {.host = host,
            .instruction_set = "avx2",
            .settings = "s",
            .data = first ? "d" : "",
            .cores = {core},
            .host_cores = 2,
            .free_bytes = 1000,
            .own_bytes = 0,
            .unwritable = ""};
}

bool has(const std::string& text, std::initializer_list<const char*> words) {
    return std::ranges::all_of(words, [&](const char* word) { return text.find(word) != std::string::npos; });
}

std::string refusal(const std::vector<run::RankInfo>& facts) {
    try {
        static_cast<void>(run::compare(facts, {}));
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::usage));
        return error.what();
    }
    return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(equal_hosts_with_room_have_no_remarks) {
    const std::vector facts{rank_on("a", 0), rank_on("a", 1, false), rank_on("b", 0), rank_on("b", 1, false)};
    BOOST_TEST(run::compare(facts, {.threads = 1, .bytes = 500}).empty());
    BOOST_TEST(run::compare({}, {}).empty());
}

BOOST_AUTO_TEST_CASE(other_settings_or_data_are_refused_by_host) {
    std::vector facts{rank_on("a", 0), rank_on("b", 0), rank_on("c", 0), rank_on("c", 1, false)};
    facts[1].settings = "other";
    BOOST_TEST(has(refusal(facts), {"settings of b ", "a"}));
    facts[1].settings = "s";
    facts[2].data = "damaged";
    BOOST_TEST(has(refusal(facts), {"data of c "}));
    facts[2].data = "d";
    facts[3].settings = "other";  // not the first rank of its host
    BOOST_TEST(has(refusal(facts), {"settings of c "}));
}

BOOST_AUTO_TEST_CASE(another_instruction_set_is_named_by_host) {
    std::vector facts{rank_on("a", 0), rank_on("b", 0), rank_on("b", 1, false)};
    facts[1].instruction_set = facts[2].instruction_set = "avx512f";
    const auto notes = run::compare(facts, {});
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(has(notes[0], {"a computes with avx2", "b with avx512f"}));
}

BOOST_AUTO_TEST_CASE(ranks_that_share_cores_are_counted) {
    const std::vector bound{rank_on("a", 0), rank_on("a", 0, false)};
    auto notes = run::compare(bound, {});
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(has(notes[0], {"2 ranks on a", "only 1 of its 2 cores", "--bind-to none"}));

    const std::vector crowded{rank_on("a", 0), rank_on("a", 1, false), rank_on("a", 1, false)};
    notes = run::compare(crowded, {});
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(has(notes[0], {"3 ranks on a", "share 2 cores"}));

    const std::vector threads{rank_on("a", 0), rank_on("a", 1, false)};
    notes = run::compare(threads, {.threads = 2});
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(has(notes[0], {"of 2 threads"}));
}

BOOST_AUTO_TEST_CASE(memory_is_added_up_for_each_host) {
    const std::vector facts{rank_on("a", 0), rank_on("b", 0), rank_on("b", 1, false)};
    const auto notes = run::compare(facts, {.threads = 1, .bytes = 600});
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(has(notes[0], {"2 ranks on b need 1.2 KiB", "200 B more"}), notes[0]);
}

BOOST_AUTO_TEST_CASE(the_limits_of_a_process_count_for_each_rank) {
    std::vector facts{rank_on("a", 0), rank_on("a", 1, false)};
    facts[0].free_bytes = 1'000'000;
    facts[0].own_bytes = 700;
    BOOST_TEST(run::compare(facts, {.threads = 1, .bytes = 600}).empty());
    const auto notes = run::compare(facts, {.threads = 1, .bytes = 800});
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(has(notes[0], {"a rank on a needs 800 B", "100 B more", "ulimit"}), notes[0]);
}

BOOST_AUTO_TEST_CASE(a_plan_is_made_without_the_memory_it_tells_of,
                     *boost::unit_test::precondition(memory_can_be_limited)) {
    config::Options options;
    options.data = "moons:train=60,test=20";
    options.nets = {"dense(30000) relu dense(30000)"};
    const data::Source source = data::load(options.data, options.seed);
    constexpr std::size_t room = 256U << 20U;
    const auto plan = [&] {
        const config::Experiment experiment(options, source);
        const auto world = comm::Communicator::local();
        const auto notes = run::preflight(world, experiment);
        const std::string text = run::preview(world, experiment, notes, {});
        const bool is_told = has(text, {"900,", "GiB for a member", "time      cannot be measured", "needs 13 GiB"});
        if (!is_told) ::_exit(9);
    };
    BOOST_TEST((end_with_room(room, plan) == Ends::well));
}

BOOST_AUTO_TEST_CASE(notes_on_the_data_are_told_first) {
    config::Options options;
    options.data = "moons:train=60,test=20";
    options.nets = {"dense(4) relu"};
    data::Source source = data::load(options.data, options.seed);
    source.notes = {"column 1 is odd", "so is column 2"};
    const std::vector<std::uint32_t> rows{0, 1, 2, 3};
    source = data::preprocess(source, rows, {.standardize = data::Standardize::features});
    const auto notes = run::preflight(comm::Communicator::local(), config::Experiment(options, std::move(source)));
    BOOST_REQUIRE_GE(notes.size(), 2U);
    BOOST_TEST(notes[0] == "column 1 is odd");
    BOOST_TEST(notes[1] == "so is column 2");
}

BOOST_AUTO_TEST_CASE(a_place_nobody_can_write_to_is_told_once_for_each_host) {
    std::vector facts{rank_on("a", 0), rank_on("b", 0), rank_on("b", 1, false)};
    facts[1].unwritable = facts[2].unwritable = "/none";
    const auto notes = run::compare(facts, {});
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(has(notes[0], {"b cannot write", "/none"}));
}

BOOST_AUTO_TEST_CASE(builds_are_compared_by_host) {
    BOOST_CHECK_NO_THROW(run::require_same_program(std::vector<std::string>{"a 12345678x", "", "b 12345678x"}));
    BOOST_CHECK_NO_THROW(run::require_same_program(std::vector<std::string>{}));
    BOOST_CHECK_EXCEPTION(
        run::require_same_program(std::vector<std::string>{"a 12345678x", "b 999999990", "c 999999990"}), core::Error,
        [](const core::Error& error) {
            return error.kind() == core::Failure::usage && has(error.what(), {"a (12345678", "b, c"});
        });
}

BOOST_AUTO_TEST_CASE(this_machine_can_be_described) {
    BOOST_TEST(run::program_digest().size() == 64U);
    BOOST_TEST(run::allowed_core_numbers().size() == run::allowed_cores());
    BOOST_TEST(!run::describe_instructions().empty());
}

BOOST_AUTO_TEST_SUITE_END()
