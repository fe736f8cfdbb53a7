#include "store/checkpoints.hpp"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "store/failing_file_system.hpp"
#include "store/kept_state.hpp"
#include "store/recording_file_system.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(checkpoints_tests)

namespace fs = std::filesystem;
using Names = std::set<std::string>;

BOOST_AUTO_TEST_CASE(the_newest_two_generations_are_kept) {
    const Place place;
    store::Checkpoints checkpoints = place.fresh();
    BOOST_TEST(!place.load().state.has_value());
    for (std::uint32_t epoch = 1; epoch <= 4; ++epoch) {
        save(checkpoints, state_after(epoch));
        BOOST_TEST(epoch_of(place.load()) == epoch);
        BOOST_TEST((place.load().state->parameters == state_after(epoch).parameters));
    }
    BOOST_TEST(place.names() == (Names{"0003-000003.ckpt", "0003-000004.ckpt"}), boost::test_tools::per_element());
    // A process that goes on counts on.
    store::Checkpoints next = place.fresh();
    BOOST_TEST(epoch_of(next.load(3)) == 4U);
    save(next, state_after(5));
    BOOST_TEST(place.names() == (Names{"0003-000004.ckpt", "0003-000005.ckpt"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_damaged_generation_gives_way_to_the_one_before_and_is_replaced) {
    const Place place;
    store::Checkpoints checkpoints = place.fresh();
    save(checkpoints, state_after(1));
    save(checkpoints, state_after(2));
    put_text(place.directory.checkpoints() / "0003-000002.ckpt", "rubbish");
    store::Checkpoints next = place.fresh();
    const store::SavedMember kept = next.load(3);
    BOOST_TEST(epoch_of(kept) == 1U);
    BOOST_TEST_REQUIRE(kept.refused.size() == 1U);
    BOOST_TEST(kept.refused.front().find("0003-000002.ckpt") != std::string::npos);
    // The whole one stays until there are two newer whole ones.
    save(next, state_after(2));
    BOOST_TEST(place.names() == (Names{"0003-000001.ckpt", "0003-000003.ckpt"}), boost::test_tools::per_element());
    BOOST_TEST(epoch_of(place.load()) == 2U);
}

BOOST_AUTO_TEST_CASE(a_finished_member_is_final_and_its_newest_generation_stays_behind_it) {
    const Place place;
    store::Checkpoints checkpoints = place.fresh();
    save(checkpoints, state_after(1));
    save(checkpoints, state_after(2));
    checkpoints.save_final(finished_after(3));
    BOOST_TEST(place.load().is_final);
    BOOST_TEST(epoch_of(place.load()) == 3U);
    BOOST_TEST(place.names() == Names{"0003-000002.ckpt"}, boost::test_tools::per_element());
    put_text(place.directory.member(3), text_of(place.directory.member(3)).substr(0, 100));
    BOOST_TEST(!place.load().is_final);
    BOOST_TEST(epoch_of(place.load()) == 2U);
}

BOOST_AUTO_TEST_CASE(a_member_that_is_not_finished_is_not_final_wherever_it_lies) {
    const Place place;
    store::Checkpoints checkpoints = place.fresh();
    store::save_member(place.directory.member(3), state_after(3), configuration);
    store::SavedMember kept = checkpoints.load(3);
    BOOST_TEST(!kept.is_final);
    BOOST_TEST(epoch_of(kept) == 3U);  // better than its beginning
    BOOST_TEST_REQUIRE(kept.refused.size() == 1U);
    BOOST_TEST(kept.refused[0].find("finished is false") != std::string::npos, kept.refused[0]);
    BOOST_TEST(kept.refused[0].find(place.directory.member(3).string()) != std::string::npos);
    save(checkpoints, state_after(2));
    kept = checkpoints.load(3);
    BOOST_TEST(!kept.is_final);
    BOOST_TEST(epoch_of(kept) == 2U);  // the generations are what this program keeps of a training
    BOOST_CHECK_THROW(checkpoints.save_final(state_after(4)), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(what_the_check_refuses_is_passed_over) {
    const Place place;
    store::Checkpoints plain = place.fresh();
    for (const std::uint32_t epoch : {1U, 2U, 3U}) save(plain, state_after(epoch));
    plain.save_final(finished_after(4));
    const auto fault_of = [](const train::MemberState& state) {
        return state.epoch > 2 ? std::string("epoch is too much") : std::string();
    };
    store::FileSystem system;
    save(plain, state_after(2));
    save(plain, state_after(3));
    const store::SavedMember kept = store::Checkpoints(place.directory, configuration, system, 0, fault_of).load(3);
    BOOST_TEST(epoch_of(kept) == 2U);
    BOOST_TEST(!kept.is_final);
    BOOST_TEST_REQUIRE(kept.refused.size() == 2U);
    BOOST_TEST(kept.refused[0].find("0003.ckpt' does not hold a state of this run: epoch is too much") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_of_another_member_or_another_run_are_not_taken) {
    const Place place;
    store::Checkpoints checkpoints = place.fresh();
    save(checkpoints, state_after(1));
    fs::copy_file(place.directory.checkpoints() / "0003-000001.ckpt",
                  place.directory.checkpoints() / "0004-000001.ckpt");
    const store::SavedMember copied = checkpoints.load(4);
    BOOST_TEST(!copied.state.has_value());
    BOOST_TEST(copied.refused.at(0).find("holds member 3") != std::string::npos);
    store::FileSystem system;
    store::Checkpoints other(place.directory, "other digest", system);
    // Whole, so it is not for us to overwrite.
    BOOST_CHECK_EXCEPTION(static_cast<void>(other.load(3)), core::Error, [](const core::Error& error) {
        return error.kind() == core::Failure::usage &&
               std::string_view(error.what()).find("another configuration") != std::string_view::npos;
    });
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_told_by_the_names) {
    const Place place;
    store::Checkpoints checkpoints = place.fresh();
    save(checkpoints, state_after(1));
    save(checkpoints, state_after(1, 3, 12345));
    checkpoints.save_final(finished_after(2, 3, 7));
    put_text(place.directory.checkpoints() / "notes.ckpt", "");
    put_text(place.directory.members() / ".0009.ckpt.tmp-1", "");
    const store::SavedNames names = store::saved_members(place.directory);
    BOOST_TEST((names.finished == std::set<std::uint32_t>{7}));
    BOOST_TEST((names.begun == std::set<std::uint32_t>{3, 12345}));
}

/// A trace of four generations and the finished member, and after which of its calls each of them is safe.
struct Trace {
    std::vector<RecordingFileSystem::Call> calls;
    std::vector<std::size_t> ends;
};

Trace record(const Place& place, RecordingFileSystem& system) {
    Trace trace;
    store::Checkpoints checkpoints = place.fresh();
    for (std::uint32_t epoch = 1; epoch <= 5; ++epoch) {
        if (epoch < 5) {
            save(checkpoints, state_after(epoch, 300));
        } else {
            checkpoints.save_final(finished_after(epoch, 300));
        }
        trace.ends.push_back(system.calls.size());
    }
    trace.calls = system.calls;
    return trace;
}

BOOST_AUTO_TEST_CASE(after_a_crash_at_any_moment_the_newest_or_the_one_before_is_there) {
    RecordingFileSystem system;
    system.longest_write = 500;
    const Place place(system);
    const Trace trace = record(place, system);
    using Kind = RecordingFileSystem::Call::Kind;
    using Disk = ModelDisk;
    std::size_t states = 0;
    const auto check = [&](const Disk& disk, Disk::Names names, Disk::Data data, std::uint32_t safe, std::size_t at) {
        for (const auto& path : {place.directory.members(), place.directory.checkpoints()}) {
            fs::remove_all(path);
            fs::create_directory(path);
        }
        disk.materialise(names, data);
        const std::uint32_t found = epoch_of(place.load());
        BOOST_TEST((found == safe || found == safe + 1), "after call " << at << ", with " << safe << " safe, found "
                                                                       << found << " (names " << static_cast<int>(names)
                                                                       << ", data " << static_cast<int>(data) << ")");
        ++states;
    };
    for (std::size_t end = 0; end <= trace.calls.size(); ++end) {
        const auto safe = static_cast<std::uint32_t>(
            std::ranges::count_if(trace.ends, [&](std::size_t safe_at) { return safe_at <= end; }));
        Disk disk;
        for (std::size_t i = 0; i < end; ++i) disk.apply(trace.calls[i]);
        check(disk, Disk::Names::all, Disk::Data::all, safe, end);        // the process is killed
        check(disk, Disk::Names::synced, Disk::Data::synced, safe, end);  // the power fails
        check(disk, Disk::Names::all, Disk::Data::synced, safe, end);     // … with the journal ahead of the data
        check(disk, Disk::Names::synced, Disk::Data::all, safe, end);     // … with the data ahead of the journal
        if (end == 0 || trace.calls[end - 1].kind != Kind::write) continue;
        for (const std::size_t length : {std::size_t{0}, std::size_t{1}, trace.calls[end - 1].bytes.size() / 2,
                                         trace.calls[end - 1].bytes.size() - 1}) {
            Disk torn;
            for (std::size_t i = 0; i + 1 < end; ++i) torn.apply(trace.calls[i]);
            RecordingFileSystem::Call last = trace.calls[end - 1];
            last.bytes.resize(length);
            torn.apply(last);
            check(torn, Disk::Names::all, Disk::Data::all, safe, end);
        }
    }
    BOOST_TEST(states > 200U);
    BOOST_TEST_MESSAGE(states << " crash states of " << trace.calls.size() << " calls");
}

BOOST_AUTO_TEST_CASE(whatever_call_fails_it_is_reported_and_nothing_is_lost) {
    const auto go = [](store::Checkpoints& checkpoints, std::uint32_t& safe) {
        for (std::uint32_t epoch = 1; epoch <= 4; ++epoch, ++safe) {
            if (epoch < 4) {
                save(checkpoints, state_after(epoch, 300));
            } else {
                checkpoints.save_final(finished_after(epoch, 300));
            }
        }
    };
    for (const std::size_t longest : {FailingFileSystem::never, std::size_t{333}}) {
        std::size_t calls = 0;
        {
            FailingFileSystem counting;
            counting.longest_write = longest;
            const Place place(counting);
            store::Checkpoints checkpoints = place.fresh();
            std::uint32_t safe = 0;
            go(checkpoints, safe);
            calls = counting.calls.size();
        }
        BOOST_TEST_REQUIRE(calls > 30U);
        for (const int error : {ENOSPC, EIO}) {
            for (std::size_t k = 0; k < calls; ++k) {
                FailingFileSystem system;
                system.longest_write = longest;
                system.fail_at = k;
                system.error = error;
                const Place place(system);
                store::Checkpoints checkpoints = place.fresh();
                std::uint32_t safe = 0;
                bool reported = false;
                try {
                    go(checkpoints, safe);
                } catch (const core::Error& failure) {
                    reported = true;
                    BOOST_TEST(failure.exit_code() == 4);
                }
                const std::string& call = system.calls.at(k);
                BOOST_TEST((reported || call == "unlink" || call == "close"), k << ": " << call);
                const std::uint32_t found = epoch_of(place.load());
                BOOST_TEST((found == safe || found == safe + 1), k << ": " << call << ", found " << found);
                // Once the disk is well again, it goes on.
                store::Checkpoints next = place.fresh();
                static_cast<void>(next.load(3));
                save(next, state_after(9));
                if (!place.load().is_final) BOOST_TEST(epoch_of(place.load()) == 9U);
            }
        }
    }
}

/// A disk that says it has written more than it has.
class LyingFileSystem : public store::FileSystem {
public:
    bool lies = false;
    ssize_t write(int file, const void* bytes, std::size_t count) override {
        if (!lies) return FileSystem::write(file, bytes, count);
        static_cast<void>(FileSystem::write(file, bytes, count / 2));
        return static_cast<ssize_t>(count);
    }
};

BOOST_AUTO_TEST_CASE(what_does_not_read_back_is_reported_and_the_generations_before_stay) {
    LyingFileSystem system;
    const Place place(system);
    store::Checkpoints checkpoints = place.fresh();
    save(checkpoints, state_after(1));
    save(checkpoints, state_after(2));
    system.lies = true;
    for (const bool is_final : {false, true}) {
        try {
            is_final ? checkpoints.save_final(finished_after(3)) : save(checkpoints, state_after(3));
            BOOST_ERROR("nothing was thrown");
        } catch (const core::Error& error) {
            BOOST_TEST(error.exit_code() == 4);
            BOOST_TEST(std::string(error.what()).find("are missing") != std::string::npos, error.what());
        }
        BOOST_TEST(epoch_of(place.load()) == 2U);
        BOOST_TEST(place.names().contains("0003-000001.ckpt"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
