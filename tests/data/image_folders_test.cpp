#include "data/image_folders.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"
#include "data/image_file.hpp"
#include "data/picture.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(image_folders_tests)

namespace {

using core::Failure;
using data::load;
using data::Picture;
using data::Request;
using data::Source;
using testing::Bytes;
using testing::failure;
using testing::jpeg;
using testing::png;

Bytes pixels_of(const Picture& picture) {
    return {picture.pixels.begin(), picture.pixels.end()};
}

Bytes bytes_of(const data::Table& table) {
    const auto bytes = table.feature_bytes();
    Bytes all(bytes.size());
    std::ranges::transform(bytes, all.begin(), [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    return all;
}

struct Tree {
    testing::Folder folder;

    void write(const std::string& name, const Bytes& bytes) const {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        folder.write(name, bytes);
    }
    [[nodiscard]] std::string path(const std::string& name = "") const { return (folder.path() / name).string(); }

    template <class... Words>
    void refused(const Request& request, Failure kind, Words... words) const {
        BOOST_CHECK_EXCEPTION(static_cast<void>(load(request)), core::Error, failure(kind, words...));
    }
};

Picture decoded(const Bytes& file) {
    const Tree tree;
    tree.write("x.png", file);
    return data::read_picture(tree.path("x.png"));
}

const Bytes grey{0, 50, 100, 150, 200, 250};  // 2×3

}  // namespace

BOOST_AUTO_TEST_CASE(pictures_of_every_kind) {
    const Picture plain = decoded(png(2, 3, 0, grey));
    BOOST_TEST((plain.height == 2U && plain.width == 3U && plain.channels == 1U));
    BOOST_TEST((pixels_of(plain) == grey));
    BOOST_TEST((pixels_of(decoded(png(1, 2, 2, {1, 2, 3, 4, 5, 6}))) == Bytes{1, 2, 3, 4, 5, 6}));
    BOOST_TEST(decoded(png(1, 2, 2, {1, 2, 3, 4, 5, 6})).channels == 3U);
    // What is transparent is seen before white: 100·⅖ + 255·⅗ = 193.
    BOOST_TEST((pixels_of(decoded(png(1, 2, 4, {100, 255, 100, 102}))) == Bytes{100, 193}));
    BOOST_TEST((pixels_of(decoded(png(1, 1, 6, {9, 8, 7, 0}))) == Bytes{255, 255, 255}));
    BOOST_TEST((pixels_of(decoded(png(1, 2, 0, {0x12, 0xff, 0x80, 0}, 16))) == Bytes{0x12, 0x80}));  // 16 bits
    BOOST_TEST((pixels_of(decoded(png(1, 8, 0, {0xa5}, 1))) == Bytes{255, 0, 255, 0, 0, 255, 0, 255}));

    const Picture photo = decoded(jpeg(2, 3, true, grey));
    BOOST_TEST((photo.height == 2U && photo.width == 3U && photo.channels == 1U));
    for (std::size_t i = 0; i < grey.size(); ++i) BOOST_TEST(std::abs(int(photo.pixels[i]) - int(grey[i])) <= 3);
    const Picture red = decoded(jpeg(1, 1, false, {250, 10, 20}));
    BOOST_TEST_REQUIRE(red.channels == 3U);
    BOOST_TEST((red.pixels[0] > 240 && red.pixels[1] < 20 && red.pixels[2] < 30));
}

BOOST_AUTO_TEST_CASE(damage_is_noticed_at_every_length) {
    for (const Bytes& whole : {png(2, 3, 0, grey), jpeg(2, 3, true, grey)}) {
        const Tree tree;
        // The last bytes of a PNG are the checksum of the empty chunk that ends it.
        const std::size_t end = whole[0] == 0xff ? 0 : 4;
        for (std::size_t length = 0; length + end < whole.size(); ++length) {
            tree.write("x.jpg", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
            BOOST_TEST_INFO_SCOPE(length << " of " << whole.size());
            BOOST_CHECK_EXCEPTION(static_cast<void>(data::read_picture(tree.path("x.jpg"))), core::Error,
                                  failure(Failure::data, "x.jpg"));
        }
    }
    Bytes wrong = png(2, 3, 0, grey);
    wrong[45] ^= 1;
    BOOST_CHECK_EXCEPTION(static_cast<void>(decoded(wrong)), core::Error, failure(Failure::data, "is no PNG file"));
}

BOOST_AUTO_TEST_CASE(few_bytes_do_not_become_many_pixels) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(decoded(png(1U << 16U, 1U << 16U, 0, Bytes(1U << 16U)))), core::Error,
                          failure(Failure::data, "declares 65536×65536 pixels, more than 100 million"));
    for (const auto& [height, width] : {std::pair(90'000'000U, 1U), {1U, 90'000'000U}, {9'000U, 9'000U}}) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(decoded(png(height, width, 0, {}))), core::Error,
                              failure(Failure::data, "too short for its pixels"));
    }
    Bytes photo = jpeg(8, 8, true, Bytes(64));
    const auto sizes = std::ranges::search(photo, Bytes{0xff, 0xc0, 0, 11, 8}).end();  // of the frame: SOF0
    std::ranges::copy(Bytes{0x23, 0x28, 0x23, 0x28}, sizes);
    BOOST_CHECK_EXCEPTION(static_cast<void>(decoded(photo)), core::Error,
                          failure(Failure::data, "too short for its pixels"));
}

BOOST_AUTO_TEST_CASE(a_row_for_each_picture_in_the_order_of_the_paths) {
    const Tree tree;
    tree.write("dog/2.png", png(1, 2, 0, {3, 4}));
    tree.write("dog/1.PNG", png(1, 2, 0, {1, 200}));
    tree.write("cat/9.png", png(1, 2, 0, {5, 6}));
    tree.write("cat/.hidden.png", {1});
    tree.write("cat/notes.txt", {1});
    tree.write("empty/notes.txt", {1});
    const Source source = load(tree.path(), 1);
    BOOST_TEST((source.class_names == std::vector<std::string>{"cat", "dog"}));
    BOOST_TEST((bytes_of(source.train) == Bytes{5, 6, 1, 200, 3, 4}));
    BOOST_TEST((source.train.labels()[0] == 0 && source.train.labels()[1] == 1));
    BOOST_TEST((source.train.shape() == core::Shape{1, 2}));
    BOOST_TEST(source.train.description().scale == 1.0F / 255.0F);
    BOOST_TEST(!source.test.has_value());
    BOOST_TEST(!source.arbitrary_units);
    BOOST_TEST(source.notes.front().find("notes.txt and 1 more") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(training_and_test_rows_in_folders_of_their_own) {
    const Tree tree;
    for (const std::string folder : {"a/train/", "b/"}) {
        tree.write(folder + "no/1.png", png(1, 1, 0, {200}));
        tree.write(folder + "yes/1.png", png(1, 1, 0, {210}));
    }
    tree.write("a/test/yes/1.png", png(1, 1, 2, {201, 202, 203}));
    for (const Request& request :
         {Request{.data = tree.path("a")}, Request{.data = tree.path("b"), .test = tree.path("a")},
          Request{.data = tree.path("b"), .test = tree.path("a/test")}}) {
        const Source source = load(request);
        BOOST_TEST_REQUIRE(source.test.has_value());
        // One has colours, so all have.
        BOOST_TEST((bytes_of(source.train) == Bytes{200, 200, 200, 210, 210, 210}));
        BOOST_TEST((bytes_of(*source.test) == Bytes{201, 202, 203}));
        BOOST_TEST(source.test->labels()[0] == 1);
        BOOST_TEST((source.train.shape() == core::Shape{1, 1, 3}));
    }
    tree.write("a/test/perhaps/1.png", png(1, 1, 0, {1}));
    tree.refused({.data = tree.path("a")}, Failure::data, "class 'perhaps' does not occur in");
}

BOOST_AUTO_TEST_CASE(pictures_of_different_sizes) {
    const Tree tree;
    tree.write("a/1.png", png(1, 2, 0, {200, 100}));
    tree.write("b/1.png", png(1, 4, 0, {10, 20, 30, 250}));
    tree.refused({.data = tree.path()}, Failure::data, "b/1.png has 1×4 pixels, but", "a/1.png has 1×2",
                 "--image-size 1x2");
    const Source source = load(Request{.data = tree.path(), .image_size = data::ImageSize{1, 2}});
    // Distances from the middle of a new pixel, two old ones wide, are ¼, ¼ and ¾ of its reach: (10·3 + 20·3 + 30) / 7
    // and (20 + 30·3 + 250·3) / 7.
    BOOST_TEST((bytes_of(source.train) == Bytes{200, 100, 17, 123}));
}

BOOST_AUTO_TEST_CASE(resizing_keeps_what_is_even) {
    const Picture even{5, 7, 3, core::Buffer<std::uint8_t>(5 * 7 * 3, 77)};
    for (const auto& [height, width] : {std::pair<std::size_t, std::size_t>(2, 3), {5, 7}, {11, 16}, {1, 1}}) {
        const Picture made = data::resized(even, height, width);
        BOOST_TEST(made.pixels.size() == height * width * 3);
        BOOST_TEST(std::ranges::count(made.pixels, 77) == std::ssize(made.pixels));
    }
    // Between two old pixels, larger pictures go along a line.
    const Picture two{1, 2, 1, {0, 100}};
    BOOST_TEST((pixels_of(data::resized(two, 1, 4)) == Bytes{0, 25, 75, 100}));
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong) {
    const Tree tree;
    tree.write("a/1.png", png(1, 1, 0, {1}));
    tree.write("b/1.png", Bytes{'n', 'o', 'n', 'e'});
    tree.refused({.data = tree.path()}, Failure::data, "b/1.png: begins neither as PNG nor as JPEG files do");
    tree.refused({.data = tree.path(), .target = "y"}, Failure::usage, "--target y: has no effect");
    tree.refused({.data = tree.path(), .task = task::Kind::regression}, Failure::usage, "--task regression");
    tree.write("b/2.bmp", {1});
    tree.refused({.data = tree.path()}, Failure::data, "b/2.bmp: PNG and JPEG files are read", "mogrify -format png");
    const Tree alone;
    alone.write("a/1.png", png(1, 1, 0, {1}));
    alone.refused({.data = alone.path()}, Failure::data, "every row has the class 'a'");
}

BOOST_AUTO_TEST_SUITE_END()
