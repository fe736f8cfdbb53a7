#include "data/row_stream.hpp"

#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/zip.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(row_stream_tests)

namespace {

using core::Failure;
using data::Column;
using data::ColumnKind;
using testing::failure;
using Names = std::vector<std::string>;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Two numbers with a category between.
std::vector<Column> columns() {
    return {{.name = "age"},
            {.name = "kind", .kind = ColumnKind::category, .levels = {"ash", "elm", "oak"}},
            {.name = "size"}};
}

struct Read {
    std::vector<double> values;
    std::vector<double> truth;
    Names kept;
    Names names;
    Names notes;
    Names last_notes;
};

Read read_all(data::RowStream& rows, std::size_t most) {
    Read read;
    read.names = rows.kept();
    read.notes = rows.notes();
    data::RowBlock block;
    while (rows.next(most, block)) {
        BOOST_TEST(block.rows <= most);
        read.values.insert(read.values.end(), block.values.begin(), block.values.end());
        read.truth.insert(read.truth.end(), block.truth.begin(), block.truth.end());
        for (std::size_t row = 0; row < block.kept_ends.size(); ++row) read.kept.emplace_back(block.kept_of(row));
    }
    read.last_notes = rows.last_notes();
    return read;
}

Read read_text(const std::string& text, data::TextRowRequest request, std::size_t most = 1000) {
    const testing::Folder folder;
    if (request.columns.empty()) request.columns = columns();
    const auto rows = data::open_text_rows(folder.write_text("t.csv", text), request);
    return read_all(*rows, most);
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
    const auto equal = [](double i, double j) { return i == j || (std::isnan(i) && std::isnan(j)); };
    return std::ranges::equal(a, b, equal);
}

template <class... Words>
void check_refused(const std::string& text, const data::TextRowRequest& request, Failure kind, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(read_text(text, request)), core::Error, failure(kind, words...));
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(columns_are_matched_by_their_names) {
    for (const std::size_t most : {1, 2, 1000}) {
        const Read read = read_text("size,note,kind,age\n2,x,oak,30\n4,\"y,z\",ash,40\n6,,elm,50\n", {}, most);
        BOOST_TEST((read.values == std::vector<double>{30, 2, 2, 40, 0, 4, 50, 1, 6}));
        BOOST_REQUIRE(read.notes.size() == 1U);
        BOOST_TEST(contains(read.notes[0], "'note', which is passed over"));
        BOOST_TEST(read.last_notes.empty());
    }
    check_refused("size,age\n1,2\n", {}, Failure::data, "t.csv, line 1: lacks the column 'kind'");
    check_refused("size\n1\n", {}, Failure::data, "lacks the columns 'age', 'kind'");
    check_refused("age,age,kind,size\n1,2,ash,3\n", {}, Failure::data, "several columns 'age'");
}

BOOST_AUTO_TEST_CASE(without_names_columns_are_taken_by_their_places) {
    const Read read = read_text("30,oak,2\n40,ash,4\n", {});
    BOOST_TEST((read.values == std::vector<double>{30, 2, 2, 40, 0, 4}));
    BOOST_TEST(contains(read.notes.at(0), "by their places"));
    check_refused("30,oak\n40,ash\n", {}, Failure::data, "none of the names of the 3 columns", "'age'");
    check_refused("years,tree,extent\n30,oak,2\n", {}, Failure::data, "lacks the column 'age'", "'years'");
    // Columns that had no names in training keep the places that they had there.
    const std::vector<Column> numbered{{.name = "column 1"}, {.name = "column 3"}};
    BOOST_TEST((read_text("1,x,2\n3,y,4\n", {.columns = numbered}).values == std::vector<double>{1, 2, 3, 4}));
    BOOST_TEST((read_text("1,2\n3,4\n", {.columns = numbered}).values == std::vector<double>{1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(gaps_and_unknown_levels_are_counted) {
    const Read read = read_text("age,kind,size\n,oak,2\n40,yew,NA\n50,yew,6\n60,?,8\n", {});
    BOOST_TEST(same(read.values, {none, 2, 2, 40, -1, none, 50, -1, 6, 60, none, 8}));
    BOOST_REQUIRE(read.last_notes.size() == 4U);
    BOOST_TEST(contains(read.last_notes[0], "('age'): 1 row without a value, from line 2 on"));
    BOOST_TEST(contains(read.last_notes[1], "('kind'): 1 row without a value"));
    BOOST_TEST(
        contains(read.last_notes[3], "('kind'): 2 rows with a level that training never saw, such as 'yew' in line 3"));
    check_refused("age,kind,size\n1,oak,2\n12%,oak,3\n", {}, Failure::data,
                  "line 3, column 1 ('age'): '12%' is not a number", "per cent");
    check_refused("age,kind,size\n1,oak,2\nage,kind,size\n", {}, Failure::data, "line 3", "repeats the names");
    check_refused("age,kind,size\n1,oak,2\n1,oak\n", {}, Failure::data, "line 3: has 2 fields separated by commas");
}

BOOST_AUTO_TEST_CASE(targets_are_passed_over_or_read) {
    const std::string text = "age,kind,size,y\n1,ash,2,b\n3,elm,4,c\n5,oak,6,a\n";
    const data::TextRowRequest request{.columns = columns(), .targets = {"y"}, .classes = {"a", "b"}};
    const Read passed = read_text(text, request);
    BOOST_TEST(passed.truth.empty());
    BOOST_TEST(passed.notes.empty());
    data::TextRowRequest scored = request;
    scored.read_truth = true;
    const Read read = read_text(text, scored);
    BOOST_TEST(same(read.truth, {1, none, 0}));
    BOOST_TEST(contains(read.last_notes.at(0), "1 row whose target is none of training's, such as 'c' in line 3"));
    const Read numbers = read_text("y,age,kind,size,z\n1e3,1,ash,2,0.5\n,3,ash,4,1\n",
                                   {.columns = columns(), .targets = {"z", "y"}, .read_truth = true});
    BOOST_TEST(same(numbers.truth, {0.5, 1000, 1, none}));
    // Classes have names that people may see; rows have what these stand for, and the order is that of training.
    const Read odd = read_text(
        "age,kind,size,y\n1,ash,2,\xE9\n1,ash,2,a\n1,ash,2,\\x0A\n1,ash,2,\"k\nl\"\n",
        {.columns = columns(), .targets = {"y"}, .classes = {"\\x5Cx0A", "a", "k\\x0Al", "\\xE9"}, .read_truth = true});
    BOOST_TEST(same(odd.truth, {3, 1, 0, 2}));
}

BOOST_AUTO_TEST_CASE(columns_are_handed_on_as_they_are_written) {
    const std::string text = "age,kind,size,\"a,b\"\n1,ash,2.50,\"say \"\"x\"\"\"\n3,elm,4,plain\n";
    const Read read = read_text(text, {.columns = columns(), .keep = "4,age"});
    BOOST_TEST((read.names == Names{"a,b", "age"}));
    BOOST_TEST((read.kept == Names{"\"say \"\"x\"\"\",1", "plain,3"}));
    BOOST_TEST(read.notes.empty());
    BOOST_TEST((read_text(text, {.columns = columns(), .keep = "all"}).kept.at(1) == "3,elm,4,plain"));
    check_refused(text, {.columns = columns(), .keep = "sizes"}, Failure::usage, "--keep sizes",
                  "no column of that name");
    std::string line;
    for (const char* field : {"", "a b", " a", "#1", "x\ny"}) data::append_csv_field(line, field);
    BOOST_TEST(line == "a b\" a\"\"#1\"\"x\ny\"");
}

BOOST_AUTO_TEST_CASE(a_pipe_gives_rows_as_they_come) {
    const testing::Folder folder;
    const auto pipe = (folder.path() / "pipe").string();
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::ofstream writer;
    std::jthread opener([&] {
        writer.open(pipe);
        writer << "age,kind,size\n" << std::flush;
    });
    const auto rows = data::open_text_rows(pipe, {.columns = columns(), .as_they_come = true});
    opener.join();
    data::RowBlock block;
    for (int row = 0; row < 3; ++row) {
        writer << row << ",ash,7\n" << std::flush;
        BOOST_TEST(rows->next(100, block));
        BOOST_TEST(block.rows == 1U);
        BOOST_TEST((block.values == std::vector<double>{double(row), 0, 7}));
    }
    writer << "8,ash,7\n9,elm,7\n" << std::flush;
    writer.close();
    std::size_t left = 0;
    while (rows->next(100, block)) left += block.rows;
    BOOST_TEST(left == 2U);
}

BOOST_AUTO_TEST_CASE(a_pipe_and_a_packed_file_hold_the_same_rows) {
    std::string text = "age,kind,size\n";
    for (int row = 0; row < 20'000; ++row) text += std::to_string(row) + ",oak," + std::to_string(row % 7) + ".25\n";
    const testing::Folder folder;
    folder.write("t.csv.gz", testing::gzip({text.begin(), text.end()}));
    const auto pipe = (folder.path() / "pipe").string();
    BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::jthread writer([&] { std::ofstream(pipe) << text; });
    const auto expected = read_text(text, {}).values;
    BOOST_TEST(expected.size() == 60'000U);
    BOOST_TEST((read_all(*data::open_text_rows(pipe, {.columns = columns()}), 64).values == expected));
    BOOST_TEST(
        (read_all(*data::open_text_rows(folder.path() / "t.csv.gz", {.columns = columns()}), 1000).values == expected));
}

BOOST_AUTO_TEST_CASE(arrays_are_read_row_by_row) {
    const testing::Folder folder;
    const auto path = (folder.path() / "x.npy").string();
    const auto read = [&](const testing::Bytes& file, const core::Shape& shape, const std::string& keep = "") {
        folder.write("x.npy", file);
        return read_all(*data::open_array_rows(path, {.shape = shape, .keep = keep}), 2);
    };
    const auto refused = [&](const testing::Bytes& file, const core::Shape& shape, auto... words) {
        folder.write("x.npy", file);
        BOOST_CHECK_EXCEPTION(read_all(*data::open_array_rows(path, {.shape = shape}), 2), core::Error,
                              failure(Failure::data, "x.npy", words...));
    };
    const std::vector<float> six{1, 2, 3, 4, 5, 6.5F};
    const std::vector<double> as_read{1, 2, 3, 4, 5, 6.5};
    BOOST_TEST((read(testing::npy<float>("<f4", "(3, 2)", six), {2}).values == as_read));
    BOOST_TEST((read(testing::npy<float>("<f4", "(6,)", six), {1}).values == as_read));
    BOOST_TEST((read(testing::npy<float>("<f4", "(3, 2)", six), {2}, "2").kept == Names{"2", "4", "6.5"}));
    BOOST_TEST(read(testing::npy<float>("<f4", "(0, 2)", {}), {2}).values.empty());
    // Channels first: two pixels of three channels.
    BOOST_TEST((read(testing::npy<float>("<f4", "(1, 3, 1, 2)", six), {1, 2, 3}).values ==
                std::vector<double>{1, 3, 5, 2, 4, 6.5}));
    BOOST_TEST((read(testing::npy<std::uint8_t>("|u1", "(2, 1, 2, 1)", {1, 2, 3, 255}), {1, 2}).values ==
                std::vector<double>{1, 2, 3, 255}));
    refused(testing::npy<float>("<f4", "(3, 2)", six), {3}, "has shape (3, 2)", "rows of shape (3)");
    refused(testing::npy<float>("<f4", "(3, 2)", {1, 2, 3, NAN, 5, 6}), {2}, "row 1, element 1 is nan");
    testing::Bytes cut = testing::npy<float>("<f4", "(3, 2)", six);
    cut.pop_back();
    refused(cut, {2}, "cut short");
    testing::Bytes longer = testing::npy<float>("<f4", "(3, 2)", six);
    longer.push_back(0);
    refused(longer, {2}, "after its header");
}

BOOST_AUTO_TEST_CASE(sequences_end_where_their_lengths_say) {
    const testing::Folder folder;
    const std::vector<float> three{1, 2, 3, 4, NAN, 6, 7, 8, 9, 10, 11, 12};  // rows of two steps of two features
    const testing::Bytes x = testing::npy<float>("<f4", "(3, 2, 2)", three);
    const auto lengths = [](const std::vector<std::int32_t>& values) {
        return testing::npy<std::int32_t>("<i4", "(" + std::to_string(values.size()) + ",)", values);
    };
    const auto read = [&](const std::vector<testing::ZipFile>& files, const core::Shape& shape) {
        folder.write("x.npz", testing::zip(files));
        return read_all(*data::open_array_rows(folder.path() / "x.npz", {.shape = shape, .ragged = true}), 2).values;
    };
    const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
        return std::ranges::equal(a, b, [](double i, double j) { return i == j || (std::isnan(i) && std::isnan(j)); });
    };
    for (const char* name : {"x", "x_test"}) {
        const std::string ends = name == std::string("x") ? "lengths" : "lengths_test";
        const std::vector<testing::ZipFile> files{{name + std::string(".npy"), x}, {ends + ".npy", lengths({2, 1, 2})}};
        // A step of the second row is filled up, and all rows to the steps that the network has.
        BOOST_CHECK_EXCEPTION(static_cast<void>(read(files, {3, 2})), core::Error,
                              failure(Failure::data, "row 1, element 0 is nan"));
        std::vector<testing::ZipFile> good = files;
        std::vector<float> numbers = three;
        std::swap(numbers[4], numbers[6]);
        good[0].content = testing::npy<float>("<f4", "(3, 2, 2)", numbers);
        BOOST_TEST(same(read(good, {3, 2}),
                        {1, 2, 3, 4, none, none, 7, 6, none, none, none, none, 9, 10, 11, 12, none, none}));
        // A network of fewer steps takes them as long as no row goes on beyond.
        good[1].content = lengths({1, 1, 1});
        BOOST_TEST(same(read(good, {1, 2}), {1, 2, 7, 6, 9, 10}));
        good[1].content = lengths({1, 1, 2});
        BOOST_CHECK_EXCEPTION(static_cast<void>(read(good, {1, 2})), core::Error,
                              failure(Failure::data, "row 2 has 2 steps", "trained with 1 at most"));
        good[1].content = lengths({1, 1, 3});
        BOOST_CHECK_EXCEPTION(static_cast<void>(read(good, {3, 2})), core::Error,
                              failure(Failure::data, "row 2 has the length 3"));
    }
    // A plain array holds rows of one length.
    folder.write("y.npy", testing::npy<float>("<f4", "(1, 2, 1)", {1, 2}));
    BOOST_TEST(
        same(read_all(*data::open_array_rows(folder.path() / "y.npy", {.shape = {3, 1}, .ragged = true}), 9).values,
             {1, 2, none}));
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(data::open_array_rows(folder.path() / "y.npy", {.shape = {1, 1}, .ragged = true})),
        core::Error, failure(Failure::data, "its rows have 2 steps", "trained with 1 at most"));
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(data::open_array_rows(folder.path() / "y.npy", {.shape = {3, 2}, .ragged = true})),
        core::Error, failure(Failure::data, "has shape (1, 2, 1)", "sequences of 2 features"));
    // Networks for rows of one length take no others.
    folder.write("z.npz", testing::zip({{"x.npy", testing::npy<float>("<f4", "(2, 2, 1)", {1, 2, 3, 4})},
                                        {"lengths.npy", lengths({2, 1})}}));
    BOOST_CHECK_EXCEPTION(static_cast<void>(data::open_array_rows(folder.path() / "z.npz", {.shape = {2, 1}})),
                          core::Error, failure(Failure::data, "1 of 2 steps", "rows of one length"));
}

BOOST_AUTO_TEST_SUITE_END()
