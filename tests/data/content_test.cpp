#include "data/content.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(content_tests)

namespace {

using core::Failure;
using testing::Bytes;
using testing::failure;
using namespace std::string_literals;

Bytes bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}

template <class... Words>
void check_refused(const std::string& name, const Bytes& bytes, Words... words) {
    const testing::Folder folder;
    folder.write(name, bytes);
    data::Request request{.data = (folder.path() / name).string()};
    if (name.find(".npy") != std::string::npos) request.target = request.data;
    BOOST_CHECK_EXCEPTION(static_cast<void>(data::load(request)), core::Error, failure(Failure::data, name, words...));
}

const std::string table = "a,b,k\n1,2,x\n3,4,y\n";

/// As Windows calls Unicode; other bytes first where `big`.
Bytes wide(const std::string& text, std::size_t unit, bool big) {
    Bytes made;
    for (const char letter : text) {
        Bytes character(unit);
        (big ? character.back() : character.front()) = static_cast<std::uint8_t>(letter);
        made.insert(made.end(), character.begin(), character.end());
    }
    return made;
}

}  // namespace

BOOST_AUTO_TEST_CASE(arrays_and_tables_under_each_other_s_name_are_named) {
    const Bytes array = testing::npy<double>("<f8", "(2, 2)", {1, 2, 3, 4});
    check_refused("x.csv", array, "is a NumPy array", ".npy");
    check_refused("x.csv.gz", testing::gzip(array), "is a NumPy array");
    check_refused("x.npy", bytes_of(table), "is text, no NumPy array", ".csv");
    check_refused("x.npy.gz", testing::gzip(bytes_of(table)), "is text, no NumPy");
    check_refused("x.npy", bytes_of("\xEF\xBB\xBF" + table), "is text, no NumPy");
    check_refused("x.npy", bytes_of("\x80\x04\x95"s + std::string(20, '\0')), "pickle");
    check_refused("x.npy", Bytes(200), "does not begin with the mark");
    check_refused("x.npy", {}, "does not begin with the mark");
}

BOOST_AUTO_TEST_CASE(what_is_no_table_is_called_by_its_name) {
    check_refused("x.csv", bytes_of("\x89HDF\r\n\x1a\n\0\0"s), "HDF5");
    check_refused("x.csv", bytes_of("PAR1\x15\0"s), "Parquet");
    check_refused("x.csv", bytes_of("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"s), "Excel");
    check_refused("x.csv", bytes_of("<!DOCTYPE html>\n<html>, x\n1,2\n"), "web page");
    check_refused("x.csv", bytes_of("\n  <HTML>\n"), "web page");
    check_refused("x.csv", bytes_of("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "git lfs pull");
    check_refused("x.csv", bytes_of("@relation iris\n@attribute a numeric\n@data\n1,2\n"), "ARFF");
    check_refused("x.csv", bytes_of("[{\"a\": 1, \"b\": 2}]"), "JSON");
    check_refused("x.csv", testing::idx({2, 2}, {1, 2, 3, 4}), "IDX", "directory");
    check_refused("x.csv", bytes_of(table + "\0"s), "byte 18 is zero");
}

BOOST_AUTO_TEST_CASE(utf_16_and_32_are_known_with_and_without_a_mark) {
    for (const bool big : {false, true}) {
        check_refused("x.csv", wide(table, 2, big), "looks like UTF-16", "save it as UTF-8");
        check_refused("x.csv", wide(table, 4, big), "looks like UTF-32", "save it as UTF-8");
    }
    check_refused("x.csv", wide("a,b", 2, false), "looks like UTF-16");
    check_refused("x.csv", bytes_of("\xFF\xFE\0\0"s + "a\0\0\0,\0\0\0"s), "is in UTF-32");
    check_refused("x.csv", bytes_of("\0\0\xFE\xFF"s + "\0\0\0a\0\0\0,"s), "is in UTF-32");
    check_refused("x.csv", bytes_of("\xFE\xFF\0a"s), "is in UTF-16");
    // Letters beyond ASCII have no zeros.
    check_refused("x.csv", bytes_of("\x3D\x04,\0a\0\n\0\x31\0,\0\x32\0\n\0"s), "looks like UTF-16");
}

BOOST_AUTO_TEST_CASE(a_declared_separator_that_the_rows_do_not_have_is_refused) {
    check_refused("x.csv", bytes_of("sep=;\n" + table),
                  "line 1: says sep=;, but the lines below are separated by commas");
    check_refused("x.csv", bytes_of("\"sep=;\"\r\na\tb\tk\n1\t2\tx\n3\t4\ty\n"), "says sep=;", "tabs");
    check_refused("x.csv", bytes_of("sep=,\na;b;k\n1,5;2;x\n3,5;2,5;y\n"), "says sep=,", "semicolons");
    check_refused("x.csv", bytes_of("sep=,\na b k\n1 2 x\n3 4 y\n"), "says sep=,", "white space");
    check_refused("x.csv", bytes_of("sep=,\na\n1\n3\n"), "has one column");
}

BOOST_AUTO_TEST_SUITE_END()
