#include "data/libsvm.hpp"

#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(libsvm_tests)

namespace {

using core::Failure;
using data::load;
using data::Request;
using data::Source;
using testing::failure;
using Floats = std::vector<float>;

Floats gathered(const data::Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    Floats values(rows.size() * table.shape().elements());
    table.gather(rows, values.data(), table.shape().elements());
    return values;
}

Source read(const std::string& train, const std::string& test = "") {
    const testing::Folder folder;
    Request request{.data = folder.write_text("d.libsvm", train)};
    if (!test.empty()) request.test = folder.write_text("t.svm", test);
    return load(request);
}

template <class... Words>
void check_refused(const std::string& text, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(read(text)), core::Error, failure(Failure::data, "d.libsvm", words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_line_leaves_out_is_zero) {
    const Source source = read("# a title\n+1 1:0.5 3:-2e1 # why\r\n\n-1 2:7\n+1\n  -1\t3:1  \n");
    BOOST_TEST((gathered(source.train) == Floats{0.5F, 0, -20, 0, 7, 0, 0, 0, 0, 0, 0, 1}));
    BOOST_TEST((source.class_names == std::vector<std::string>{"-1", "1"}));
    BOOST_TEST(source.train.labels()[0] == 1);
    BOOST_TEST((source.train.description().element == data::Element::f32));
    BOOST_TEST(source.arbitrary_units);
    BOOST_TEST(source.notes.empty());
}

BOOST_AUTO_TEST_CASE(indices_from_zero_are_found_out) {
    const Source source = read("1 0:5\n2 1:6\n1 0:7 1:8\n2 0:1\n", "1 1:3\n");
    BOOST_TEST((gathered(source.train) == Floats{5, 0, 0, 6, 7, 8, 1, 0}));
    BOOST_TEST((gathered(*source.test) == Floats{0, 3}));
    BOOST_TEST(source.notes.front().find("counted from 0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(test_rows_have_the_width_of_the_training_rows) {
    const Source source = read("1 3:5\n2 1:6\n1 3:1\n2 1:1\n", "1 1:3 4:9 7:9\n2 2:4\n");
    BOOST_TEST((gathered(*source.test) == Floats{3, 0, 0, 0, 4, 0}));
    BOOST_TEST(source.notes.front().find("2 values of features beyond number 3") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(numbers_are_learnt_as_numbers) {
    const Source source = read("0.5 1:1\n-3.25 1:2\n12 1:3\n");
    BOOST_TEST((source.train.description().task == task::Kind::regression));
    BOOST_TEST(source.train.targets()[1] == -3.25F);
    BOOST_TEST(source.target_names.front() == "target");
}

BOOST_AUTO_TEST_CASE(says_in_which_line_what_is_wrong) {
    check_refused("1 1:2\n0 2:x\n", "line 2: '2:x' has no finite number");
    check_refused("1 1:2\n0 2:\n", "line 2: '2:' has no finite number");
    check_refused("1 1:2\n0 1:1e39\n", "line 2: '1:1e39' has no finite number of single precision");
    check_refused("1 1:nan\n", "line 1: '1:nan'");
    check_refused("1 2:1 1:1\n", "line 1: '1:1' follows index 2, but indices ascend");
    check_refused("1 2:1 2:1\n", "line 1: '2:1' follows index 2");
    check_refused("1 -2:1\n", "line 1: '-2:1' has no index from 1 to 16777216");
    check_refused("1 99999999999999999999:1\n", "has no index from 1");
    check_refused("1 16777217:1\n", "has no index from 1");
    check_refused("1 a:1\n", "has no index");
    check_refused("1,2,3\n", "'1,2,3' are several labels");
    check_refused("1 2 3\n", "line 1: '2' is no index:value", "another ending");
    check_refused("1:2 3:4\n", "line 1: '1:2' stands where the target belongs");
    check_refused("1 qid:3 1:4\n", "'qid:3' groups rows for ranking");
    check_refused("", "holds no rows");
    check_refused("# only a comment\n", "holds no rows");
    check_refused("1\n2\n1\n2\n", "no row has a feature");
    check_refused(std::string("1 1:2\0\n", 7), "is no text");
    BOOST_CHECK_EXCEPTION(static_cast<void>(read("1 1:1\n2 1:2\n1 1:1\n2 1:2\n", "3 1:1\n")), core::Error,
                          failure(Failure::data, "t.svm, line 1: class '3' does not occur in"));
}

BOOST_AUTO_TEST_CASE(options_of_other_tables_are_refused) {
    for (const auto& [request, words] :
         {std::pair(Request{.data = "", .target = "2"}, "--target 2: has no effect"),
          {Request{.data = "", .ignore = "1"}, "--ignore 1: has no"},
          {Request{.data = "", .test_target = "y.npy"}, "--test-target y.npy: has no"},
          {Request{.data = "", .image_size = data::ImageSize{2, 3}}, "--image-size 2x3: has no effect"}}) {
        const testing::Folder folder;
        Request asked = request;
        asked.data = folder.write_text("d.svm", "1 1:2\n");
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(asked)), core::Error, failure(Failure::usage, words));
    }
}

BOOST_AUTO_TEST_SUITE_END()
