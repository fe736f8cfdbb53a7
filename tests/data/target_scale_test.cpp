#include "data/target_scale.hpp"

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/generator.hpp"
#include "data/preprocessing.hpp"
#include "data/single_precision.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(target_scale_tests)

namespace {

using core::Failure;
using data::Source;
using testing::failure;
using Rows = std::vector<std::uint32_t>;

Source source_of(std::vector<float> numbers, std::size_t targets = 1, std::vector<std::string> names = {}) {
    const std::size_t rows = numbers.size() / targets;
    core::Buffer<double> features(rows);
    std::iota(features.begin(), features.end(), 0.0);
    return {.name = "t.csv",
            .sha256 = "digest",
            .train = {{.task = task::Kind::regression,
                       .element = data::Element::f64,
                       .shape = {1},
                       .rows = rows,
                       .outputs = targets},
                      data::share(std::move(features)),
                      data::share(core::Buffer<float>(numbers.begin(), numbers.end()))},
            .test = {},
            .target_names = std::move(names),
            .arbitrary_units = true};
}

task::Scale scale_of(const std::vector<float>& numbers) {
    Rows rows(numbers.size());
    std::iota(rows.begin(), rows.end(), 0U);
    return data::scale_of_targets(source_of(numbers), rows);
}

template <class... Words>
void check_refused(const std::vector<float>& numbers, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(scale_of(numbers)), core::Error, failure(Failure::data, words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(mean_and_deviation_of_the_training_rows_alone) {
    const Source source = source_of({1, 10, 3, 10, 5, 40, 7, 70, 1000, 1000}, 2);
    const task::Scale scale = data::scale_of_targets(source, Rows{0, 2, 3, 0});
    const double mean = (1.0 + 5 + 7 + 1) / 4;
    BOOST_TEST(scale.mean == (std::vector<double>{mean, 32.5}), boost::test_tools::per_element());
    BOOST_TEST(scale.deviation[0] == std::sqrt((2 * 6.25 + 2.25 + 12.25) / 4), boost::test_tools::tolerance(1e-15));
    BOOST_TEST(scale.deviation[1] == std::sqrt((2 * 506.25 + 56.25 + 1406.25) / 4),
               boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_CASE(preprocessing_measures_targets_and_leaves_them_in_their_units) {
    const Source source = source_of({2, 4, 9, 100});
    for (const auto standardize : {data::Standardize::automatic, data::Standardize::none}) {
        const Source prepared = data::preprocess(source, Rows{0, 1}, {.standardize = standardize});
        BOOST_TEST(prepared.target_scale.mean_of(0) == 3);
        BOOST_TEST(prepared.target_scale.deviation_of(0) == 1);
        BOOST_TEST(prepared.train.targets()[3] == 100);
    }
    BOOST_TEST(source.target_scale.empty());
}

BOOST_AUTO_TEST_CASE(classes_have_no_scale) {
    const data::Table table({.shape = {1}, .rows = 2, .outputs = 2}, data::share(core::Buffer<std::uint8_t>{1, 2}),
                            data::share(core::Buffer<std::int32_t>{0, 1}));
    const Source source{.name = "t", .sha256 = "digest", .train = table, .test = {}};
    BOOST_TEST(data::preprocess(source, Rows{0, 1}, {}).target_scale.empty());
}

BOOST_AUTO_TEST_CASE(far_from_zero_nothing_is_lost) {
    std::vector<float> numbers;
    for (int i = 0; i < 1000; ++i) numbers.push_back(1e6F + static_cast<float>(i % 2));
    const task::Scale scale = scale_of(numbers);
    BOOST_TEST(scale.mean[0] == 1e6 + 0.5);
    BOOST_TEST(scale.deviation[0] == 0.5);
}

BOOST_AUTO_TEST_CASE(a_target_that_is_the_same_everywhere_is_refused) {
    const Source source = source_of({1, 0.1F, 2, 0.1F, 3, 0.1F, 4, 5}, 2, {"width", "height"});
    BOOST_CHECK_EXCEPTION(static_cast<void>(data::preprocess(source, Rows{0, 1, 2}, {})), core::Error,
                          failure(Failure::data, "t.csv: the target 'height' is 0.1", "in all 3 training rows",
                                  "nothing to learn", "--target"));
    BOOST_CHECK_NO_THROW(static_cast<void>(data::preprocess(source, Rows{0, 1, 3}, {})));
    check_refused({7, 7}, "the target 'target 1' is 7 in all 2 training rows");
    // Equal numbers deviate by nothing, however their sum is rounded.
    check_refused(std::vector<float>(1000, 0.1F), "in all 1000 training rows");
}

BOOST_AUTO_TEST_CASE(variances_that_single_precision_does_not_hold_are_refused) {
    check_refused({1e20F, -1e20F}, "the target 'target 1' deviates by 1e+20", "choose another unit");
    check_refused({3e38F, -3e38F, 1}, "choose another unit");
    check_refused({1e-20F, 2e-20F}, "deviates by 5e-21", "choose another unit");
    check_refused({1e-45F, 0}, "choose another unit");
    for (const float unit : {1e-14F, 1.0F, 1e17F}) {
        const auto deviation = static_cast<float>(scale_of({unit, 2 * unit, 4 * unit}).deviation[0]);
        BOOST_TEST(std::isnormal(deviation * deviation * 1e-6F));
        BOOST_TEST(std::isfinite(deviation * deviation * 100));
    }
}

BOOST_AUTO_TEST_CASE(digits_that_are_lost_count_by_what_the_numbers_deviate) {
    const auto note = [](double mean, double step) {
        std::vector<double> numbers;
        for (int i = 0; i < 100; ++i) numbers.push_back(mean + step * (i * 37 % 100));
        return data::note_rounding("y.csv", numbers, {});
    };
    BOOST_TEST(note(0, 0.1).empty());
    BOOST_TEST(note(1e4, 0.1).empty());
    BOOST_TEST(note(1e6, 1).empty());  // whole numbers, all of which single precision has
    BOOST_TEST(note(1e9, 1e7).empty());
    BOOST_TEST(note(1e6, 0.01).starts_with("y.csv: targets are learnt in single precision"));
    BOOST_TEST(note(1e6, 0.01).find("by up to 0.03, while they deviate by 0.29") != std::string::npos);
    BOOST_TEST(note(1.7e9, 1).find("write how far they are from a number near all of them") != std::string::npos);
    BOOST_CHECK_EXCEPTION(static_cast<void>(note(1e6, 1e-5)), core::Error,
                          failure(Failure::data, "y.csv: numbers from 1000000 to 1000000.00099 are all 1000000"));
    BOOST_TEST(data::note_rounding("y.csv", std::vector<double>{0.1, 0.1}, {}).empty());
    // One number is enough of those that come often.
    BOOST_TEST(data::note_rounding("y", std::vector<double>{0, 1e8 + 1}, std::vector<std::size_t>{5, 5}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
