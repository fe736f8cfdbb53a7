#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/picture.hpp"
#include "data/row_stream.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(picture_rows_tests)

namespace {

using core::Failure;
using testing::Bytes;
using testing::failure;
using testing::png;

struct Pictures {
    testing::Folder folder;

    void write(const std::string& name, const Bytes& bytes) const {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        folder.write(name, bytes);
    }

    [[nodiscard]] data::RowBlock read(const data::PictureRowRequest& request, const std::string& name = "") const {
        data::RowBlock block;
        const auto rows = data::open_picture_rows(folder.path() / name, request);
        constexpr std::size_t many = 100;
        static_cast<void>(rows->next(many, block));
        return block;
    }

    template <class... Words>
    void refused(const data::PictureRowRequest& request, Failure kind, Words... words) const {
        BOOST_CHECK_EXCEPTION(static_cast<void>(read(request)), core::Error, failure(kind, words...));
    }
};

std::vector<std::string> names(const data::RowBlock& block) {
    std::vector<std::string> all;
    for (std::size_t row = 0; row < block.rows; ++row) all.emplace_back(block.kept_of(row));
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rows_come_in_the_order_of_their_paths_and_folders_tell_their_classes) {
    const Pictures pictures;
    pictures.write("b/2.png", png(1, 2, 0, {3, 4}));
    pictures.write("b/1.png", png(1, 2, 0, {1, 2}));
    pictures.write("a/deep/x, y.png", png(1, 2, 0, {5, 6}));
    pictures.write(".hidden/3.png", png(1, 2, 0, {9, 9}));
    pictures.write("words.txt", {'x'});
    std::filesystem::create_directory_symlink(pictures.folder.path(), pictures.folder.path() / "circle");
    pictures.write(".apart/5.png", png(1, 2, 0, {7, 8}));
    std::filesystem::create_directory_symlink(".apart", pictures.folder.path() / "c");
    const data::PictureRowRequest request{.shape = {1, 2}, .classes = {"a", "b"}, .read_truth = true};
    const data::RowBlock block = pictures.read(request);
    BOOST_TEST(names(block) == (std::vector<std::string>{"\"a/deep/x, y.png\"", "b/1.png", "b/2.png", "c/5.png"}),
               boost::test_tools::per_element());
    BOOST_TEST(block.values == (std::vector<double>{5, 6, 1, 2, 3, 4, 7, 8}), boost::test_tools::per_element());
    BOOST_REQUIRE(block.truth.size() == 4);
    BOOST_TEST(std::isnan(block.truth[0]));  // whose folder is called like no class
    BOOST_TEST((block.truth[1] == 1 && block.truth[2] == 1));

    const auto rows = data::open_picture_rows(pictures.folder.path(), request);
    BOOST_TEST(rows->has_truth());
    BOOST_REQUIRE(rows->notes().size() == 1);
    BOOST_TEST(rows->notes().front().ends_with("words.txt"));
    data::RowBlock some;
    BOOST_TEST((rows->next(2, some) && some.rows == 2));
    BOOST_TEST((rows->next(2, some) && some.rows == 2 && some.values == std::vector<double>{3, 4, 7, 8}));
    BOOST_TEST(!rows->next(2, some));
    BOOST_TEST(!data::open_picture_rows(pictures.folder.path() / "a", request)->has_truth());
    BOOST_TEST(data::open_picture_rows(pictures.folder.path() / "b" / ".", request)->has_truth());
}

BOOST_AUTO_TEST_CASE(pictures_are_brought_to_what_the_networks_know) {
    const Pictures pictures;
    pictures.write("grey.png", png(2, 2, 0, {10, 30, 10, 30}));
    const data::PictureRowRequest grey{.shape = {1, 1}, .resizes = true};
    BOOST_TEST(pictures.read(grey).values == std::vector<double>{20});
    BOOST_TEST(pictures.read(grey, "grey.png").rows == 1);
    BOOST_TEST(pictures.read({.shape = {2, 2, 3}}).values.size() == 12);  // grey in three colours
    pictures.refused({.shape = {1, 2}}, Failure::data, "grey.png", "2×2 pixels", "pictures of 1×2", "--image-size");
    BOOST_TEST((pictures.read({.shape = {2, 2, 1}}).values == std::vector<double>{10, 30, 10, 30}));
    BOOST_TEST((data::is_picture_shape({2, 2}) && !data::is_picture_shape({4}) && !data::is_picture_shape({2, 2, 5})));
    pictures.refused({.shape = {2, 2}, .keep = "all"}, Failure::usage, "--keep all");

    pictures.write("a.png", png(2, 2, 2, Bytes(12, 7)));
    pictures.refused({.shape = {2, 2}}, Failure::data, "a.png", "in colour");
    pictures.write("a.png", {'n', 'o'});
    pictures.refused({.shape = {2, 2}}, Failure::data, "a.png");
    pictures.write("a.gif", {'n', 'o'});
    pictures.refused({.shape = {2, 2}}, Failure::data, "a.gif", "mogrify");
}

BOOST_AUTO_TEST_SUITE_END()
