#include "data/formats.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(formats_tests)

namespace {

using namespace std::string_literals;
using core::Failure;
using testing::failure;

std::string_view name_of(const std::string& what) {
    const data::Format* format = data::find_format(what);
    return format == nullptr ? "none" : format->name;
}

template <class... Words>
void check_refused(const std::string& name, const std::string& content, Words... words) {
    const testing::Folder folder;
    BOOST_CHECK_EXCEPTION(static_cast<void>(data::load(folder.write_text(name, content), 1)), core::Error,
                          failure(Failure::data, name, words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_name_says_who_reads_it) {
    const testing::Folder folder;
    for (const auto& [file, name] : {std::pair("a.npy", "a .npy"),
                                     {"a.NPY.gz", "a .npy"},
                                     {"a.npz", "a .npz"},
                                     {"a.svm", "LIBSVM's format"},
                                     {"a.libsvm.gz", "LIBSVM's format"},
                                     {"a.csv", "a text table"},
                                     {"a", "a text table"}}) {
        BOOST_TEST(name_of(folder.write_text(file, "1")) == name);
    }
    BOOST_TEST(name_of(folder.path().string()) == "IDX files");
    BOOST_TEST(name_of("moons:train=9") == "a built-in set");
    BOOST_TEST(name_of((folder.path() / "b.npy").string()) == "none");
    BOOST_TEST(name_of("") == "none");
    for (const data::Format& format : data::formats()) BOOST_TEST((!format.name.empty() && !format.help.empty()));
}

BOOST_AUTO_TEST_CASE(formats_of_others_are_refused_with_what_converts_them) {
    const std::string zeros(100, '\0');
    check_refused("d.parquet", "PAR1\x15"s + zeros, "is a Parquet file",
                  "python3 -c \"import pandas; pandas.read_parquet('", "d.parquet').to_csv('",
                  "d.csv', index=False)\"");
    check_refused("d.csv", "PAR1\x15"s + zeros, "d-converted.csv");
    check_refused("d.h5", "\x89HDF\r\n\x1a\n"s + zeros, "is an HDF5 file", "h5py.File('", "numpy.savez('");
    check_refused("d.feather", "ARROW1\0\0"s + zeros, "read_feather");
    check_refused("d.xlsx", "PK\3\4"s + zeros, "workbook of Excel", "read_excel");
    check_refused("d.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"s + zeros, "read_excel");
    check_refused("d.db", "SQLite format 3\0"s + zeros, "sqlite3 -header -csv");
    check_refused("d.mat", "MATLAB 5.0 MAT-file, Platform"s + zeros, "scipy.io.loadmat");
    check_refused("d.dta", "<stata_dta>"s + zeros, "read_stata");
    check_refused("d.pkl", "\x80\4\x95"s + zeros, "read_pickle");
    check_refused("it's.parquet", "PAR1\x15"s + zeros, "read_parquet('FILE')");
}

BOOST_AUTO_TEST_CASE(a_table_under_another_name_is_read) {
    const testing::Folder folder;
    const std::string table = folder.write_text("d.parquet", "a,k\n1,x\n2,y\n3,x\n4,y\n");
    BOOST_TEST(data::load(table, 1).train.rows() == 4U);
}

BOOST_AUTO_TEST_CASE(what_nobody_knows_is_told_what_is_known) {
    check_refused("d.bin", "\1\2\3\4\5\6\7abc"s, "is not text, nor anything else that is known", "a .npz",
                  "LIBSVM's format", "image folders", "--help");
}

BOOST_AUTO_TEST_SUITE_END()
