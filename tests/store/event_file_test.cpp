#include "store/event_file.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "failure.hpp"
#include "store/failing_file_system.hpp"
#include "store/scratch_directory.hpp"
#include "store/tfrecord.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(event_file_tests)

namespace {

using Records = std::vector<std::string>;
using store::EventFile;

Records records_of(const std::filesystem::path& file) {
    const std::string text = text_of(file);
    Records records;
    std::size_t size = 0;
    for (const std::string_view record : store::records_in(text)) {
        records.emplace_back(record);
        size += store::to_record(record).size();
    }
    BOOST_TEST(size == text.size(), "there is something behind the last whole record");
    return records;
}

constexpr const char* first_name = "run/events.out.tfevents.0001";
constexpr const char* second_name = "run/events.out.tfevents.0002";

/// A file with these records, by a writer that has ended.
void write_first(const ScratchDirectory& scratch, const Records& records) {
    store::FileSystem system;
    EventFile file(scratch / "run", system);
    file.begin(std::span(records).first(1));
    for (const std::string& record : std::span(records).subspan(1)) file.append(record);
}

}  // namespace

BOOST_AUTO_TEST_CASE(records_are_there_as_soon_as_they_are_written) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    EventFile file(scratch / "deep/run", system);
    BOOST_TEST(file.found().empty());
    BOOST_TEST(!std::filesystem::exists(scratch / "deep"));
    file.begin(Records{"a"});
    BOOST_TEST(scratch.content() == (std::set<std::string>{"deep", "deep/run", "deep/run/events.out.tfevents.0001"}),
               boost::test_tools::per_element());
    const std::filesystem::path path = scratch / "deep/run/events.out.tfevents.0001";
    BOOST_TEST(records_of(path) == Records{"a"}, boost::test_tools::per_element());
    file.append("b");
    BOOST_TEST(records_of(path) == (Records{"a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_goes_on_takes_over_what_still_counts) {
    const ScratchDirectory scratch;
    write_first(scratch, {"a", "b", "c"});
    put_text(scratch / "run/events.out.tfevents.x", "of somebody else");
    store::FileSystem system;
    EventFile file(scratch / "run", system);
    BOOST_TEST(file.found() == (Records{"a", "b", "c"}), boost::test_tools::per_element());
    BOOST_TEST(std::filesystem::exists(scratch / first_name));
    file.begin(Records{"a", "b"});
    file.append("d");
    BOOST_TEST(records_of(scratch / second_name) == (Records{"a", "b", "d"}), boost::test_tools::per_element());
    BOOST_TEST(!std::filesystem::exists(scratch / first_name));
    BOOST_TEST(text_of(scratch / "run/events.out.tfevents.x") == "of somebody else");
}

BOOST_AUTO_TEST_CASE(what_was_cut_short_is_left_out) {
    const ScratchDirectory scratch;
    write_first(scratch, {"a", "b", "c"});
    const std::string text = text_of(scratch / first_name);
    put_text(scratch / first_name, text.substr(0, text.size() - 1));
    store::FileSystem system;
    EventFile file(scratch / "run", system);
    BOOST_TEST(file.found() == (Records{"a", "b"}), boost::test_tools::per_element());
    file.begin(file.found());
    file.append("d");
    BOOST_TEST(records_of(scratch / second_name) == (Records{"a", "b", "d"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_writer_that_was_replaced_changes_nothing) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    EventFile slow(scratch / "run", system);
    slow.begin(Records{"a"});
    EventFile next(scratch / "run", system);
    next.begin(next.found());
    slow.append("from a writer thought dead");
    next.append("b");
    BOOST_TEST(records_of(scratch / second_name) == (Records{"a", "b"}), boost::test_tools::per_element());
    BOOST_TEST(scratch.content() == (std::set<std::string>{"run", second_name}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_two_files_the_newer_counts) {
    const ScratchDirectory scratch;
    write_first(scratch, {"a", "old"});
    const std::string old = text_of(scratch / first_name);
    {
        store::FileSystem system;
        EventFile file(scratch / "run", system);
        file.begin(Records{"a", "new"});
    }
    put_text(scratch / first_name, old);  // as if it was killed before it removed that
    store::FileSystem system;
    EventFile file(scratch / "run", system);
    BOOST_TEST(file.found() == (Records{"a", "new"}), boost::test_tools::per_element());
    file.begin(file.found());
    BOOST_TEST(scratch.content() == (std::set<std::string>{"run", "run/events.out.tfevents.0003"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_fails_at_the_beginning_leaves_the_old_file) {
    for (std::size_t call = 0; call < 5; ++call) {  // open, write, fsync, rename, and then the directory's open
        const ScratchDirectory scratch;
        write_first(scratch, {"a", "b"});
        FailingFileSystem system;
        EventFile file(scratch / "run", system);
        system.fail_at = call;
        const std::string message = failure_of(core::Failure::run, [&] { file.begin(file.found()); });
        BOOST_TEST(!file.has_begun());
        BOOST_TEST(contains(message, scratch.path().string()), message);
        const bool is_renamed = call == 4;
        const char* name = is_renamed ? second_name : first_name;
        BOOST_TEST(records_of(scratch / name) == (Records{"a", "b"}), boost::test_tools::per_element());
        if (!is_renamed) BOOST_TEST(contains(message, "--tensorboard"), message);
        if (!is_renamed)
            BOOST_TEST(scratch.content() == (std::set<std::string>{"run", first_name}),
                       boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_record_that_does_not_fit_is_taken_back) {
    const ScratchDirectory scratch;
    FailingFileSystem system;
    EventFile file(scratch / "run", system);
    file.begin(Records{"a"});
    file.append("b");
    system.longest_write = 5;
    system.fail_at = system.calls.size() + 2;
    const std::string message = failure_of(core::Failure::run, [&] { file.append(std::string(100, 'c')); });
    BOOST_TEST(contains(message, "earlier events are unchanged"), message);
    BOOST_TEST(records_of(scratch / first_name) == (Records{"a", "b"}), boost::test_tools::per_element());
    system.longest_write = FailingFileSystem::never;
    file.append("d");
    BOOST_TEST(records_of(scratch / first_name) == (Records{"a", "b", "d"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
