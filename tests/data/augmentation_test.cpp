#include "data/augmentation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(augmentation_tests)

namespace {

using compute::Affine;
using compute::ImageWarp;
using core::RandomStream;
using core::Shape;
using data::Augmentation;
using data::Augmenter;
using Image = std::vector<float>;

RandomStream stream(std::uint32_t step = 0, std::uint32_t member = 0, std::uint32_t epoch = 0) {
    return RandomStream({.seed = 1, .member = member, .purpose = core::Purpose::augment, .epoch = epoch, .step = step});
}

Image noise(std::size_t size) {
    RandomStream random({.seed = 5});
    Image image(size);
    std::ranges::generate(image, [&] { return static_cast<float>(random.uniform(0.1, 1)); });
    return image;
}

Image distorted(const Shape& shape, const Affine& affine, Image image) {
    ImageWarp(shape).apply(affine, {}, image.data());
    return image;
}

/// Batch of `count` copies of an image after `augmentation`.
std::vector<Image> copies(const Augmentation& augmentation, const Shape& shape, const Image& image, std::size_t count,
                          RandomStream random = stream()) {
    const std::size_t stride = image.size() + 3;
    Image batch(count * stride, -7.0F);
    for (std::size_t i = 0; i < count; ++i)
        std::ranges::copy(image, batch.begin() + static_cast<std::ptrdiff_t>(i * stride));
    Augmenter(augmentation, shape, count).apply(random, count, batch.data(), stride);
    std::vector<Image> result;
    for (std::size_t i = 0; i < count; ++i) {
        const auto begin = batch.begin() + static_cast<std::ptrdiff_t>(i * stride);
        result.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(image.size()));
        BOOST_TEST_REQUIRE(std::all_of(begin + static_cast<std::ptrdiff_t>(image.size()),
                                       begin + static_cast<std::ptrdiff_t>(stride),
                                       [](float x) { return x == -7.0F; }));
    }
    return result;
}

struct Centre {
    double row = 0;
    double column = 0;
    double mass = 0;
};

Centre centre_of(const Image& image, std::size_t width) {
    Centre centre;
    for (std::size_t i = 0; i < image.size(); ++i) {
        centre.mass += image[i];
        centre.row += image[i] * static_cast<double>(i / width);
        centre.column += image[i] * static_cast<double>(i % width);
    }
    centre.row /= centre.mass;
    centre.column /= centre.mass;
    return centre;
}

/// A Gaussian blob in an image of 41 × 41; its centre of mass moves as its place does.
Image blob(double row, double column) {
    Image image(41 * 41);
    for (std::size_t i = 0; i < image.size(); ++i) {
        const double r = static_cast<double>(i / 41) - row;
        const double c = static_cast<double>(i % 41) - column;
        image[i] = static_cast<float>(std::exp(-(r * r + c * c) / 4));
    }
    return image;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_distortion_is_the_identity_bit_for_bit) {
    for (const Shape& shape : {Shape{28, 28}, Shape{5, 17}, Shape{1, 1}, Shape{8, 9, 3}, Shape{2, 3, 1}}) {
        const Image image = noise(shape.elements());
        BOOST_TEST((distorted(shape, {}, image) == image));
        const std::vector<float> zeros(shape[0] * shape[1], 0.0F);
        Image displaced = image;
        ImageWarp(shape).apply({}, {.down = zeros, .right = zeros}, displaced.data());
        BOOST_TEST((displaced == image));
    }
    BOOST_TEST(!Augmentation{}.any());
}

BOOST_AUTO_TEST_CASE(shifts_by_whole_pixels_are_exact_and_leave_zeros) {
    for (const std::size_t channels : {1U, 3U}) {
        constexpr std::ptrdiff_t height = 6;
        constexpr std::ptrdiff_t width = 9;
        const Image image = noise(std::size_t{height * width} * channels);
        for (std::ptrdiff_t down = -7; down <= 7; ++down) {
            for (std::ptrdiff_t right = -10; right <= 10; ++right) {
                const Shape shape{std::size_t{height}, std::size_t{width}, channels};
                const Image moved =
                    distorted(shape, {.down = static_cast<double>(down), .right = static_cast<double>(right)}, image);
                for (std::ptrdiff_t r = 0; r < height; ++r) {
                    for (std::ptrdiff_t c = 0; c < width; ++c) {
                        const std::ptrdiff_t from_r = r - down;
                        const std::ptrdiff_t from_c = c - right;
                        const bool inside = from_r >= 0 && from_r < height && from_c >= 0 && from_c < width;
                        for (std::size_t k = 0; k < channels; ++k) {
                            const float expected =
                                inside ? image[static_cast<std::size_t>(from_r * width + from_c) * channels + k] : 0.0F;
                            BOOST_TEST_REQUIRE(moved[static_cast<std::size_t>(r * width + c) * channels + k] ==
                                               expected);
                        }
                    }
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(beyond_the_border_is_the_background) {
    Image image{1, 2, 3, 4, 5, 6};
    ImageWarp(Shape{2, 3}, -0.5F).apply({.down = 1, .right = -1}, {}, image.data());
    BOOST_TEST(image == (Image{-0.5F, -0.5F, -0.5F, 2, 3, -0.5F}), boost::test_tools::per_element());
    // An image that shows nothing but the background cannot be distorted.
    Image empty(36, -0.5F);
    Augmenter({.shift = 5, .rotate = 90, .scale = 0.5, .elastic = 4}, {6, 6}, 1, -0.5F)
        .apply(stream(), 1, empty.data(), 36);
    BOOST_TEST((empty == Image(36, -0.5F)));
}

BOOST_AUTO_TEST_CASE(half_a_pixel_is_the_mean_of_two) {
    const Image moved = distorted({2, 3}, {.right = 0.5}, {1, 3, 5, 2, 4, 8});
    BOOST_TEST(moved == (Image{0.5F, 2, 4, 1, 3, 6}), boost::test_tools::per_element());
    const Image down = distorted({2, 3}, {.down = -0.5}, {1, 3, 5, 2, 4, 8});
    BOOST_TEST(down == (Image{1.5F, 3.5F, 6.5F, 1, 2, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_quarter_turn_is_clockwise) {
    const Image turned = distorted({3, 3}, {.turn = std::acos(-1) / 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    const Image expected{7, 4, 1, 8, 5, 2, 9, 6, 3};
    for (std::size_t i = 0; i < 9; ++i) BOOST_TEST(std::abs(turned[i] - expected[i]) < 1e-5F);
}

BOOST_AUTO_TEST_CASE(a_blob_goes_where_the_map_says) {
    core::RandomStream random({.seed = 2});
    for (int i = 0; i < 50; ++i) {
        const Affine affine{.down = random.uniform(-3, 3),
                            .right = random.uniform(-3, 3),
                            .turn = random.uniform(-0.5, 0.5),
                            .scale_y = random.uniform(0.8, 1.25),
                            .scale_x = random.uniform(0.8, 1.25)};
        const double row = random.uniform(-6, 6);
        const double column = random.uniform(-6, 6);
        const Centre centre = centre_of(distorted({41, 41}, affine, blob(20 + row, 20 + column)), 41);
        const double y = row * affine.scale_y;
        const double x = column * affine.scale_x;
        BOOST_TEST(std::abs(centre.column -
                            (20 + affine.right + std::cos(affine.turn) * x - std::sin(affine.turn) * y)) < 0.05);
        BOOST_TEST(std::abs(centre.row - (20 + affine.down + std::sin(affine.turn) * x + std::cos(affine.turn) * y)) <
                   0.05);
        BOOST_TEST(std::abs(centre.mass / centre_of(blob(20, 20), 41).mass - affine.scale_y * affine.scale_x) < 0.05);
    }
}

BOOST_AUTO_TEST_CASE(each_part_stays_within_its_strength_and_moves_nothing_on_average) {
    constexpr std::size_t count = 4000;
    const auto moved = [&](const Augmentation& augmentation, const Image& image) {
        std::vector<Centre> centres;
        for (const Image& one : copies(augmentation, {41, 41}, image, count)) centres.push_back(centre_of(one, 41));
        return centres;
    };
    const auto check = [&](const std::vector<double>& values, double most, double deviation) {
        double sum = 0;
        double squares = 0;
        for (const double value : values) {
            sum += value, squares += value * value;
            BOOST_TEST_REQUIRE(std::abs(value) <= most * 1.02 + 0.01);
        }
        BOOST_TEST(std::abs(sum / count) < 4 * deviation / std::sqrt(count));
        BOOST_TEST(std::abs(std::sqrt(squares / count) / deviation - 1) < 0.06);
        BOOST_TEST(std::ranges::max(values) > 0.95 * most);
        BOOST_TEST(std::ranges::min(values) < -0.95 * most);
    };
    std::vector<double> rows;
    std::vector<double> columns;
    double product = 0;
    for (const Centre& centre : moved({.shift = 3}, blob(20, 20))) {
        rows.push_back(centre.row - 20);
        columns.push_back(centre.column - 20);
        product += rows.back() * columns.back() / count;
    }
    check(rows, 3, 3 / std::sqrt(3.0));
    check(columns, 3, 3 / std::sqrt(3.0));
    BOOST_TEST(std::abs(product) < 4 * 3 / std::sqrt(count));  // they do not depend on each other

    std::vector<double> degrees;
    for (const Centre& centre : moved({.rotate = 15}, blob(20, 32))) {
        degrees.push_back(std::atan2(centre.row - 20, centre.column - 20) * 180 / std::acos(-1));
        BOOST_TEST_REQUIRE(std::abs(std::hypot(centre.row - 20, centre.column - 20) - 12) < 0.05);
    }
    check(degrees, 15, 15 / std::sqrt(3.0));

    std::vector<double> tall;
    std::vector<double> wide;
    for (const Centre& centre : moved({.scale = 0.2}, blob(28, 28))) {
        tall.push_back((centre.row - 20) / 8 - 1);
        wide.push_back((centre.column - 20) / 8 - 1);
    }
    check(tall, 0.2, 0.2 / std::sqrt(3.0));
    check(wide, 0.2, 0.2 / std::sqrt(3.0));
}

BOOST_AUTO_TEST_CASE(a_share_of_the_images_is_mirrored_and_nothing_else_changes) {
    constexpr std::size_t count = 4000;
    for (const Shape& shape : {Shape{7, 12}, Shape{6, 5, 3}}) {
        const Image image = noise(shape.elements());
        const std::size_t channels = shape.rank() == 3 ? shape[2] : 1;
        Image mirror(image.size());
        for (std::size_t r = 0; r < shape[0]; ++r) {
            for (std::size_t c = 0; c < shape[1]; ++c) {
                for (std::size_t k = 0; k < channels; ++k)
                    mirror[(r * shape[1] + shape[1] - 1 - c) * channels + k] = image[(r * shape[1] + c) * channels + k];
            }
        }
        for (const double share : {0.3, 1.0}) {
            std::size_t mirrored = 0;
            for (const Image& one : copies({.flip = share}, shape, image, count)) {
                BOOST_TEST_REQUIRE((one == image || one == mirror));
                mirrored += one == mirror ? 1 : 0;
            }
            BOOST_TEST(std::abs(static_cast<double>(mirrored) - share * count) <=
                       4 * std::sqrt(share * (1 - share) * count));
        }
    }
}

BOOST_AUTO_TEST_CASE(mirroring_leaves_the_other_distortions_as_they_were) {
    // Whether it may happen is no part of their draws.
    const Image image = blob(14, 27);
    const auto plain = copies({.shift = 3, .scale = 0.1}, {41, 41}, image, 1);
    const auto mirrored = copies({.shift = 3, .scale = 0.1, .flip = 1}, {41, 41}, image, 1);
    const Centre before = centre_of(plain[0], 41);
    const Centre after = centre_of(mirrored[0], 41);
    BOOST_TEST(std::abs(before.row - after.row) < 0.01);
    // Mirrored about the middle, then moved the same way.
    const Centre still = centre_of(copies({.scale = 0.1}, {41, 41}, image, 1)[0], 41);
    BOOST_TEST(std::abs((before.column - still.column) - (after.column - (40 - still.column))) < 0.01);
}

/// What an elastic distortion does to coordinates: images whose pixels are their own row or column show it.
BOOST_AUTO_TEST_CASE(an_elastic_displacement_is_smooth_bounded_and_0_on_average) {
    constexpr std::size_t side = 60;
    constexpr std::size_t count = 500;
    constexpr double strength = 4;
    Image columns(side * side);
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = static_cast<float>(i % side);
    const auto images = copies({.elastic = strength}, {side, side}, columns, count);
    double sum = 0;
    double squares = 0;
    double steepest = 0;
    double largest = 0;
    double neighbours = 0;
    double far_apart = 0;
    std::size_t places = 0;
    constexpr std::size_t inside = 6;  // where the border cannot show
    for (const Image& image : images) {
        const auto displacement = [&](std::size_t r, std::size_t c) {
            return double{image[r * side + c]} - static_cast<double>(c);
        };
        for (std::size_t r = inside; r < side - inside; ++r) {
            for (std::size_t c = inside; c < side - inside - 30; ++c, ++places) {
                const double d = displacement(r, c);
                sum += d, squares += d * d;
                largest = std::max(largest, std::abs(d));
                steepest = std::max(steepest, std::abs(d - displacement(r, c + 1)));
                neighbours += d * displacement(r, c + 1);
                far_apart += d * displacement(r, c + 30);
            }
        }
    }
    const auto total = static_cast<double>(places);
    const double deviation = std::sqrt(squares / total);
    BOOST_TEST(largest <= strength);
    BOOST_TEST(largest > 0.6 * strength);
    // Knots have variance strength²/3; splines leave 0.48 of it in each direction.
    BOOST_TEST(std::abs(deviation / (strength * std::sqrt(0.48 * 0.48 / 3)) - 1) < 0.05);
    // Neighbours move alike, so images whose control points are some 70 apart count as independent.
    BOOST_TEST(std::abs(sum / total) < 4 * deviation / std::sqrt(20.0 * count));
    BOOST_TEST(neighbours / squares > 0.97);
    BOOST_TEST(std::abs(far_apart / squares) < 0.05);
    BOOST_TEST(steepest < 0.5 * strength);
}

BOOST_AUTO_TEST_CASE(images_of_a_batch_and_batches_differ_and_keys_repeat) {
    const Image image = noise(28 * 28);
    const Augmentation all{.shift = 2, .rotate = 10, .scale = 0.1, .elastic = 3};
    const auto batch = copies(all, {28, 28}, image, 8);
    for (std::size_t i = 0; i < 8; ++i) {
        BOOST_TEST((batch[i] != image));
        for (std::size_t j = 0; j < i; ++j) BOOST_TEST((batch[i] != batch[j]));
    }
    BOOST_TEST((copies(all, {28, 28}, image, 8) == batch));
    // A smaller batch sees the beginning of a larger one.
    BOOST_TEST((copies(all, {28, 28}, image, 3)[2] == batch[2]));
    for (const auto& other : {stream(1), stream(0, 1), stream(0, 0, 1)}) {
        BOOST_TEST((copies(all, {28, 28}, image, 1, other)[0] != batch[0]));
    }
}

BOOST_AUTO_TEST_CASE(channels_move_together) {
    const Image image = noise(12 * 10);
    Image doubled;
    for (const float pixel : image) doubled.insert(doubled.end(), {pixel, 2 * pixel});
    const Augmentation all{.shift = 1, .rotate = 20, .scale = 0.2, .elastic = 2};
    const auto grey = copies(all, {12, 10}, image, 3);
    const auto pairs = copies(all, {12, 10, 2}, doubled, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t pixel = 0; pixel < image.size(); ++pixel) {
            BOOST_TEST_REQUIRE(std::abs(pairs[i][2 * pixel] - grey[i][pixel]) < 1e-5F);
            BOOST_TEST_REQUIRE(std::abs(pairs[i][2 * pixel + 1] - 2 * grey[i][pixel]) < 2e-5F);
        }
    }
}

BOOST_AUTO_TEST_CASE(values_stay_within_those_of_the_image) {
    for (const Shape& shape : {Shape{28, 28}, Shape{1, 40}, Shape{33, 2}, Shape{7, 7}, Shape{8, 8}}) {
        const auto batch = copies({.shift = 50, .rotate = 180, .scale = 0.99, .elastic = 20}, shape,
                                  Image(shape.elements(), 1.0F), 50);
        for (const Image& image : batch) {
            BOOST_TEST_REQUIRE(std::ranges::all_of(image, [](float pixel) { return pixel >= 0 && pixel <= 1; }));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_distorted_breaks_a_promise) {
    BOOST_TEST((data::is_image({28, 28}) && data::is_image({8, 8, 3}) && !data::is_image({16}) && !data::is_image({})));
    for (const Shape& shape : {Shape{16}, Shape{}, Shape{0, 4}, Shape{1, 2, 3, 4}}) {
        BOOST_CHECK_THROW(ImageWarp{shape}, core::ContractViolation);
        BOOST_CHECK_THROW((Augmenter{{.shift = 1}, shape, 1}), core::ContractViolation);
    }
    BOOST_CHECK_THROW((Augmenter{{}, {4, 4}, 1}), core::ContractViolation);
    BOOST_CHECK_THROW((Augmenter{{.scale = 1}, {4, 4}, 1}), core::ContractViolation);
    Augmenter one({.shift = 1}, {4, 4}, 1);
    Image two(32);
    BOOST_CHECK_THROW(one.apply(stream(), 2, two.data(), 16), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
