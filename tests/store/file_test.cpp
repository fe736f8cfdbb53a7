#include "store/file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iterator>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "store/failing_file_system.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(file_tests)

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::ptrdiff_t open_files() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

/// The message of the core::Error that `call` throws; fails the test if it throws none of this kind.
template <class Call>
std::string message_of(core::Failure kind, Call call) {
    try {
        call();
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == kind), error.what());
        return error.what();
    }
    BOOST_ERROR("no error");
    return {};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Lets files grow to `limit` bytes while it lives; writes beyond are cut short and then fail with EFBIG.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t limit) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit lowered{limit, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &lowered);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

}  // namespace

BOOST_AUTO_TEST_CASE(content_is_written_and_read_back) {
    const ScratchDirectory scratch;
    std::string binary;
    for (int i = 0; i < 100'000; ++i) binary += static_cast<char>(i * 7 % 256);
    for (const std::string& text : {std::string(), std::string("x"), binary}) {
        store::write_file_atomically(scratch / "file", text);
        BOOST_TEST(text_of(scratch / "file") == text);
        const auto read = store::read_file(scratch / "file");
        BOOST_TEST(std::ranges::equal(read, bytes(text)));
    }
    BOOST_TEST((scratch.content() == std::set<std::string>{"file"}));
}

BOOST_AUTO_TEST_CASE(a_name_without_directory_is_written_beside_us) {
    const ScratchDirectory scratch;
    const fs::path before = fs::current_path();
    fs::current_path(scratch.path());
    store::write_file_atomically("here", std::string_view("text"));
    fs::current_path(before);
    BOOST_TEST(text_of(scratch / "here") == "text");
}

BOOST_AUTO_TEST_CASE(file_and_directory_are_synchronised_in_the_right_order) {
    const ScratchDirectory scratch;
    FailingFileSystem system;
    store::write_file_atomically(scratch / "file", bytes("text"), system);
    const Names expected{"open", "write", "fsync", "close", "rename", "open", "fsync", "close"};
    BOOST_TEST(system.calls == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whichever_call_fails_the_file_is_old_or_new_and_nothing_temporary_stays) {
    for (const bool replaces : {false, true}) {
        for (const int error : {ENOSPC, EIO, EDQUOT, EROFS}) {
            for (std::size_t k = 0; k < 20; ++k) {
                const ScratchDirectory scratch;
                const fs::path path = scratch / "file";
                if (replaces) put_text(path, "old");
                const auto files_before = open_files();
                FailingFileSystem system;
                system.fail_at = k;
                system.error = error;
                system.longest_write = 4;
                const auto write = [&] { store::write_file_atomically(path, bytes("new content"), system); };

                // open, three short writes, fsync, close, rename, open, fsync, close of the directory
                const bool renamed = k > 6;
                if (k < 9) {
                    const std::string message = message_of(core::Failure::run, write);
                    BOOST_TEST(contains(message, path.string()), message);
                    BOOST_TEST(contains(message, system.calls[k] + " "), message);
                    BOOST_TEST(contains(message, std::generic_category().message(error)), message);
                    if (!renamed) {
                        BOOST_TEST(contains(message, replaces ? "unchanged" : "nothing was left behind"), message);
                    }
                } else {
                    write();  // nothing depends on closing a directory
                }
                const bool exists = renamed || replaces;
                BOOST_TEST((scratch.content() == (exists ? std::set<std::string>{"file"} : std::set<std::string>{})),
                           "call " << k);
                if (exists) BOOST_TEST(text_of(path) == (renamed ? "new content" : "old"), "call " << k);
                BOOST_TEST(open_files() == files_before, "call " << k);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(interrupted_calls_are_repeated) {
    for (std::size_t k = 0; k < 10; ++k) {
        const ScratchDirectory scratch;
        FailingFileSystem system;
        system.fail_at = k;
        system.error = EINTR;
        system.longest_write = 5;
        store::write_file_atomically(scratch / "file", bytes("new content"), system);
        BOOST_TEST(text_of(scratch / "file") == "new content", "call " << k);
    }
}

BOOST_AUTO_TEST_CASE(directories_that_cannot_be_flushed_are_no_failure) {
    const ScratchDirectory scratch;
    FailingFileSystem system;
    system.fail_at = 6;  // fsync of the directory
    system.error = EINVAL;
    BOOST_CHECK_NO_THROW(store::write_file_atomically(scratch / "file", bytes("text"), system));
}

BOOST_AUTO_TEST_CASE(a_real_limit_in_mid_write_leaves_the_old_file) {
    const ScratchDirectory scratch;
    put_text(scratch / "file", "old");
    const std::string large(5000, 'x');
    const FileSizeLimit limit(1000);
    const std::string message =
        message_of(core::Failure::run, [&] { store::write_file_atomically(scratch / "file", large); });
    BOOST_TEST(contains(message, "write failed: File too large"), message);
    BOOST_TEST(text_of(scratch / "file") == "old");
    BOOST_TEST((scratch.content() == std::set<std::string>{"file"}));
}

BOOST_AUTO_TEST_CASE(places_that_take_no_file_are_reported) {
    const ScratchDirectory scratch;
    fs::create_directory(scratch / "directory");
    put_text(scratch / "directory/inside", "x");
    const auto write_to = [](const fs::path& path) { store::write_file_atomically(path, std::string_view("text")); };
    BOOST_TEST(contains(message_of(core::Failure::run, [&] { write_to(scratch / "missing/file"); }),
                        "No such file or directory"));
    BOOST_TEST(contains(message_of(core::Failure::run, [&] { write_to(scratch / "directory"); }), "rename failed"));
    BOOST_TEST((scratch.content() == std::set<std::string>{"directory", "directory/inside"}));
}

BOOST_AUTO_TEST_CASE(lines_are_appended_by_one_write_each) {
    const ScratchDirectory scratch;
    FailingFileSystem system;
    store::append_line(scratch / "log", "first", system);
    const Names expected{"open", "write", "close"};
    BOOST_TEST(system.calls == expected, boost::test_tools::per_element());
    store::append_line(scratch / "log", "", system);
    store::append_line(scratch / "log", "third", system);
    BOOST_TEST(text_of(scratch / "log") == "first\n\nthird\n");
}

BOOST_AUTO_TEST_CASE(a_line_that_cannot_be_appended_leaves_no_piece) {
    for (std::size_t k = 1; k < 4; ++k) {  // the writes
        const ScratchDirectory scratch;
        put_text(scratch / "log", "first\n");
        const auto files_before = open_files();
        FailingFileSystem system;
        system.fail_at = k;
        system.error = ENOSPC;
        system.longest_write = 3;
        const std::string message =
            message_of(core::Failure::run, [&] { store::append_line(scratch / "log", "second", system); });
        BOOST_TEST(contains(message, "earlier lines are unchanged"), message);
        BOOST_TEST(contains(message, "No space left on device"), message);
        BOOST_TEST(text_of(scratch / "log") == "first\n");
        BOOST_TEST(open_files() == files_before);
    }
}

// Who may write to the directory must not lead this user's writing to another of his files.
BOOST_AUTO_TEST_CASE(nothing_is_written_through_what_somebody_has_put_there) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    put_text(scratch / "precious", "mine");
    fs::create_symlink(scratch / "precious", scratch / "link");
    fs::create_hard_link(scratch / "precious", scratch / "name");
    BOOST_TEST(::mkfifo((scratch / "pipe").c_str(), 0666) == 0);
    for (const char* file : {"link", "name", "pipe"}) {
        const std::string message =
            message_of(core::Failure::run, [&] { store::append_line(scratch / file, "line", system); });
        BOOST_TEST(contains(message, file), message);
    }
    // The temporary file of a number that is easy to guess.
    const fs::path temporary = scratch / fmt::format(".result.tmp-{}", ::getpid());
    fs::create_hard_link(scratch / "precious", temporary);
    store::write_file_atomically(scratch / "result", "new");
    fs::create_symlink(scratch / "precious", temporary);
    store::write_file_atomically(scratch / "result", "newer");
    BOOST_TEST(text_of(scratch / "result") == "newer");
    BOOST_TEST(text_of(scratch / "precious") == "mine");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_an_error_of_the_data) {
    const ScratchDirectory scratch;
    const auto read = [](const fs::path& path) { static_cast<void>(store::read_file(path)); };
    const std::string missing = message_of(core::Failure::data, [&] { read(scratch / "missing"); });
    BOOST_TEST(contains(missing, "missing"));
    BOOST_TEST(contains(missing, "No such file or directory"));
    BOOST_TEST(contains(message_of(core::Failure::data, [&] { read(scratch.path()); }), "Is a directory"));
}

BOOST_AUTO_TEST_CASE(files_of_unknown_size_are_read_whole) {
    const auto read = store::read_file("/proc/self/status");  // says it has no bytes
    BOOST_TEST(read.size() > 100U);
}

BOOST_AUTO_TEST_CASE(a_growing_file_has_its_name_when_it_is_complete) {
    const ScratchDirectory scratch;
    const fs::path path = scratch.path() / "grown";
    store::FileSystem system;
    {
        store::GrowingFile file(path, system);
        file.write(bytes("head one"));
        BOOST_TEST(!fs::exists(path));
        file.write(bytes(" two"));
        file.rewrite_beginning(bytes("HEAD"));
        BOOST_TEST(!fs::exists(path));
        file.finish();
    }
    store::verify_file(path, bytes("HEAD one two"));
    {
        store::GrowingFile given_up(path, system);
        given_up.write(bytes("no"));
    }
    store::verify_file(path, bytes("HEAD one two"));
    BOOST_TEST(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(a_growing_file_that_cannot_grow_leaves_nothing_behind) {
    for (std::size_t call = 0;; ++call) {
        const ScratchDirectory scratch;
        const fs::path path = scratch.path() / "grown";
        FailingFileSystem system;
        system.fail_at = call;
        const auto open = open_files();
        try {
            store::GrowingFile file(path, system);
            file.write(bytes("content"));
            file.finish();
        } catch (const core::Error& error) {
            BOOST_TEST(contains(error.what(), path.parent_path().string()));
        }
        BOOST_TEST(open_files() == open);
        const bool is_there = fs::exists(path);
        if (is_there) store::verify_file(path, bytes("content"));
        BOOST_TEST(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()) ==
                   (is_there ? 1 : 0));
        if (system.calls.size() <= call) break;
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_plain_file_is_written_to) {
    store::FileSystem system;
    store::GrowingFile file("/dev/null", system);
    file.write(bytes("lost"));
    file.finish();
    BOOST_TEST(!fs::is_regular_file("/dev/null"));
    const ScratchDirectory scratch;
    BOOST_TEST(contains(message_of(core::Failure::usage, [&] { store::GrowingFile(scratch.path(), system); }),
                        "is a directory"));
}

BOOST_AUTO_TEST_SUITE_END()
