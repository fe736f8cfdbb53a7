#include "data/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "data/generator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(dataset_tests)

namespace {

using core::Buffer;
using data::Description;
using data::Element;
using data::Table;
using task::Kind;

Table byte_table(std::size_t rows, std::size_t width) {
    Buffer<std::uint8_t> features(rows * width);
    std::iota(features.begin(), features.end(), std::uint8_t{0});
    Buffer<std::int32_t> labels(rows, 1);
    return {{.shape = {width}, .rows = rows, .outputs = 2, .scale = 0.5F, .offset = -3.0F},
            data::share(std::move(features)),
            data::share(std::move(labels))};
}

}  // namespace

BOOST_AUTO_TEST_CASE(gathers_bytes_scaled_and_offset_at_every_width) {
    for (std::size_t width = 1; width < 70; ++width) {
        const Table table = byte_table(7, width);
        const std::vector<std::uint32_t> chosen{6, 0, 3, 3};
        const std::size_t stride = width + 5;
        std::vector<float> out(chosen.size() * stride, 99.0F);
        table.gather(chosen, out.data(), stride);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            for (std::size_t j = 0; j < stride; ++j) {
                const auto stored = static_cast<std::uint8_t>(chosen[i] * width + j);
                const float expected = j < width ? 0.5F * static_cast<float>(stored) - 3.0F : 99.0F;
                BOOST_TEST_REQUIRE(out[i * stride + j] == expected);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(gathers_floats_scaled_and_offset) {
    const Table table({.element = Element::f32, .shape = {3}, .rows = 2, .outputs = 2, .scale = 2.0F, .offset = 1.0F},
                      data::share(Buffer<float>{1, -2, 3.5F, 4, 5, 6}), data::share(Buffer<std::int32_t>{0, 1}));
    std::vector<float> out(6);
    table.gather(std::vector<std::uint32_t>{1, 0}, out.data(), 3);
    const std::vector<float> expected{9, 11, 13, 3, -3, 8};
    BOOST_TEST(out == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gathers_doubles) {
    const Table table({.element = Element::f64, .shape = {2}, .rows = 2, .outputs = 2},
                      data::share(Buffer<double>{0.1, -2, 3.5, 4}), data::share(Buffer<std::int32_t>{0, 1}));
    std::vector<float> out(2);
    table.gather(std::vector<std::uint32_t>{0}, out.data(), 2);
    BOOST_TEST(out == (std::vector<float>{0.1F, -2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gather_refuses_rows_that_do_not_exist_and_overlapping_items) {
    const Table table = byte_table(3, 4);
    std::vector<float> out(8, 7.0F);
    BOOST_CHECK_THROW(table.gather(std::vector<std::uint32_t>{0, 3}, out.data(), 4), core::ContractViolation);
    BOOST_CHECK_THROW(table.gather(std::vector<std::uint32_t>{0, 1}, out.data(), 3), core::ContractViolation);
    BOOST_TEST(std::ranges::count(out, 7.0F) == 8);
}

BOOST_AUTO_TEST_CASE(tables_hold_what_they_describe) {
    const auto make = [](const Description& description, std::size_t features, Buffer<std::int32_t> labels) {
        return Table(description, data::share(Buffer<std::uint8_t>(features)), data::share(std::move(labels)));
    };
    const Description good{.shape = {2, 3}, .rows = 2, .outputs = 3};
    BOOST_CHECK_NO_THROW(make(good, 12, {0, 2}));
    BOOST_CHECK_THROW(make(good, 11, {0, 2}), core::ContractViolation);
    BOOST_CHECK_THROW(make(good, 13, {0, 2}), core::ContractViolation);
    BOOST_CHECK_THROW(make(good, 12, {0}), core::ContractViolation);
    BOOST_CHECK_THROW(make(good, 12, {0, 3}), core::ContractViolation);
    BOOST_CHECK_THROW(make(good, 12, {0, -1}), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(misaligned_targets_are_refused) {
    const Buffer<std::uint8_t> bytes(16);
    const data::SharedBytes features{nullptr, std::as_bytes(std::span(bytes)).first(1)};
    const data::SharedBytes targets{nullptr, std::as_bytes(std::span(bytes)).subspan(1, 4)};
    BOOST_CHECK_THROW(Table({.shape = {1}, .rows = 1, .outputs = 2}, features, targets), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(labels_belong_to_classification_and_targets_to_regression) {
    const Table regression(
        {.task = task::Kind::regression, .element = Element::f32, .shape = {1}, .rows = 2, .outputs = 2},
        data::share(Buffer<float>{1, 2}), data::share(Buffer<float>{0.5F, -0.5F, 1.5F, 2.5F}));
    BOOST_TEST(regression.targets()[2] == 1.5F);
    BOOST_CHECK_THROW(static_cast<void>(regression.labels()), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(byte_table(1, 1).targets()), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(bytes_live_as_long_as_a_table_views_them) {
    std::weak_ptr<const void> watched;
    {
        const auto make = [&] {
            data::SharedBytes features = data::share(Buffer<std::uint8_t>{1, 2, 3});
            watched = features.owner;
            return Table({.shape = {3}, .rows = 1, .outputs = 2}, std::move(features),
                         data::share(Buffer<std::int32_t>{0}));
        };
        const Table copy = Table(make());
        BOOST_TEST(!watched.expired());
        BOOST_TEST(std::to_integer<int>(copy.feature_bytes()[2]) == 3);
    }
    BOOST_TEST(watched.expired());
}

BOOST_AUTO_TEST_SUITE_END()
