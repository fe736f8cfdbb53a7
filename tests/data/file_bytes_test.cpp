#include "data/file_bytes.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "limited_memory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(file_bytes_tests)

namespace {

using core::Failure;
using testing::Bytes;
using testing::failure;
using testing::gzip;

std::string text_of(const Bytes& bytes, const std::string& name = "x.csv.gz") {
    const testing::Folder folder;
    folder.write(name, bytes);
    return data::FileBytes(folder.path() / name).read_text();
}

template <class... Words>
void check_refused(const Bytes& bytes, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(text_of(bytes)), core::Error, failure(Failure::data, words...));
}

Bytes bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}

Bytes joined(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

const Bytes one = gzip(bytes_of("one,"));
const Bytes two = gzip(bytes_of("two"));
const Bytes none = gzip({});

}  // namespace

BOOST_AUTO_TEST_CASE(gzip_files_of_several_members_are_read_whole) {
    BOOST_TEST(text_of(joined(one, two)) == "one,two");
    BOOST_TEST(text_of(joined(joined(one, none), two)) == "one,two");
    BOOST_TEST(text_of(joined(two, none)) == "two");
    BOOST_TEST(text_of(none).empty());
    std::string much;
    Bytes packed;
    for (int member = 0; member < 300; ++member) {
        const std::string part(1000 + static_cast<std::size_t>(member), static_cast<char>('a' + member % 26));
        much += part;
        packed = joined(packed, gzip(bytes_of(part)));
    }
    BOOST_TEST((text_of(packed) == much));
}

BOOST_AUTO_TEST_CASE(zeros_behind_a_member_fill_it_up) {
    for (const std::size_t zeros : {1U, 8U, 512U, 70'000U}) {
        const Bytes padded = joined(one, Bytes(zeros));
        BOOST_TEST(text_of(padded) == "one,");
        BOOST_TEST(text_of(joined(padded, two)) == "one,two");
    }
}

BOOST_AUTO_TEST_CASE(gzip_is_known_by_its_mark) {
    for (const char* name : {"x.csv", "x", "x.CSV.GZ"}) BOOST_TEST(text_of(two, name) == "two");
    BOOST_TEST(text_of(bytes_of("plain"), "x.csv") == "plain");
    BOOST_TEST(text_of({}, "x.csv").empty());
    check_refused(bytes_of("plain"), "x.csv.gz", "does not begin as gzip files do");
    BOOST_CHECK_EXCEPTION(static_cast<void>(text_of(bytes_of("plain"), "X.GZ")), core::Error,
                          failure(Failure::data, "X.GZ"));
}

BOOST_AUTO_TEST_CASE(what_is_no_member_is_refused) {
    check_refused(joined(one, bytes_of("junk")), "gzip damage", "what follows its end is not gzip", "byte 4");
    check_refused(joined(joined(one, Bytes(3)), bytes_of("junk")), "what follows its end");
    check_refused(joined(one, bytes_of("\x1f")), "gzip damage", "cut short");
    const Bytes both = joined(one, two);
    for (std::size_t length = one.size() + 1; length < both.size(); ++length) {
        check_refused(Bytes(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(length)), "gzip damage");
    }
    for (std::size_t from_end = 1; from_end <= 8; ++from_end) {  // lengths and checksums of each member
        for (const std::size_t end : {one.size(), both.size()}) {
            Bytes damaged = both;
            damaged[end - from_end] ^= 1U;
            check_refused(damaged, "gzip damage");
        }
    }
}

BOOST_AUTO_TEST_CASE(other_packings_are_named) {
    check_refused(bytes_of("BZh91AY&SY____"), "bunzip2");
    check_refused({0xfd, '7', 'z', 'X', 'Z', 0, 0, 4}, "unxz");
    check_refused({0x28, 0xb5, 0x2f, 0xfd, 0, 0}, "unzstd");
    check_refused({'P', 'K', 3, 4, 20, 0}, "zip archive", ".npz");
}

BOOST_AUTO_TEST_CASE(text_that_memory_cannot_take_is_refused_with_its_size) {
    const testing::Folder folder;
    folder.write("bomb.csv.gz", joined(gzip(Bytes(9'000'000, ' ')), gzip(Bytes(9'000'000, ' '))));
    const auto read = [&](const char* name, std::uint64_t most) {
        static_cast<void>(data::FileBytes(folder.path() / name).read_text({.most = most}));
    };
    BOOST_CHECK_EXCEPTION(read("bomb.csv.gz", 2'000'000), core::Error,
                          failure(Failure::data, "bomb.csv.gz: holds 0.02 GB when it is unpacked", "bytes on disk",
                                  "room for 2000000 bytes"));
    BOOST_CHECK_NO_THROW(read("bomb.csv.gz", 18'000'000));
    folder.write("plain.csv", Bytes(1001, ' '));
    BOOST_CHECK_EXCEPTION(read("plain.csv", 1000), core::Error,
                          failure(Failure::data, "plain.csv: holds 1001 bytes, but memory has room for 1000 bytes"));
    BOOST_CHECK_NO_THROW(read("plain.csv", 1001));
    BOOST_CHECK_NO_THROW(data::require_memory("x.npy", 1));
    BOOST_CHECK_EXCEPTION(data::require_memory("x.npy", std::uint64_t{1} << 60U), core::Error,
                          failure(Failure::data, "x.npy: needs 1152921504.61 GB of memory, but", "are left"));
}

BOOST_AUTO_TEST_CASE(text_is_not_held_twice_while_it_is_unpacked,
                     *boost::unit_test::precondition(memory_can_be_limited)) {
    const testing::Folder folder;
    constexpr std::size_t mega = std::size_t{1} << 20U;
    folder.write("lines.csv.gz", gzip(Bytes(60 * mega, '\n')));
    const auto read = [&](std::uint64_t most) {
        return data::FileBytes(folder.path() / "lines.csv.gz").read_text({.most = most}).size();
    };
    const auto is_taken = [&] {
        if (read(64 * mega) != 60 * mega) ::_exit(9);
    };
    BOOST_TEST((end_with_room(85 * mega, is_taken) == Ends::well));
    const auto is_refused = [&] {
        try {
            static_cast<void>(read(50 * mega));
        } catch (const core::Error&) {
            return;
        }
        ::_exit(9);
    };
    BOOST_TEST((end_with_room(40 * mega, is_refused) == Ends::well));
}

BOOST_AUTO_TEST_CASE(a_line_that_is_longer_than_any_of_a_table_is_refused_at_once) {
    const testing::Folder folder;
    const data::TextLimits limits{.line = std::uint64_t{2} << 20U, .much = std::uint64_t{8} << 20U};
    // A gigabyte of one line would take a megabyte on disk.
    Bytes bomb(std::size_t{4} << 20U, '1');
    folder.write("bomb.csv.gz", testing::gzip(bomb));
    BOOST_CHECK_EXCEPTION(static_cast<void>(data::FileBytes(folder.path() / "bomb.csv.gz").read_text(limits)),
                          core::Error,
                          failure(Failure::data, "bomb.csv.gz: holds a line of more than 2 MB when it is"));
    const Bytes lines = gzip(Bytes(std::size_t{1} << 20U, '\n'));
    Bytes members;
    for (int i = 0; i < 10; ++i) members.insert(members.end(), lines.begin(), lines.end());
    folder.write("lines.csv.gz", members);
    BOOST_CHECK_EXCEPTION(static_cast<void>(data::FileBytes(folder.path() / "lines.csv.gz").read_text(limits)),
                          core::Error, failure(Failure::data, "lines.csv.gz: its", "nothing but repetition"));
    bomb[std::size_t{2} << 20U] = '\n';
    folder.write("two.csv", bomb);
    BOOST_TEST(data::FileBytes(folder.path() / "two.csv").read_text(limits).size() == bomb.size());
}

BOOST_AUTO_TEST_SUITE_END()
