#include "config/parse_data.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(parse_data_tests)

using config::parse_augmentation;
using config::parse_sequence;
using config::text_of_augmentation;
using data::Reduction;

namespace {

data::Preprocessing reduction(std::string_view text) {
    data::Preprocessing preprocessing;
    config::parse_reduction(preprocessing, text);
    return preprocessing;
}

}  // namespace

BOOST_AUTO_TEST_CASE(sequences) {
    const data::Sequence sequence = parse_sequence("128x3");
    BOOST_TEST((sequence.steps == 128U && sequence.features == 3U));
    BOOST_TEST(config::text_of_sequence(sequence) == "128x3");
    for (const char* text : {"128", "", "128*1"}) {
        const std::string message = usage_error([&] { static_cast<void>(parse_sequence(text)); });
        BOOST_TEST(message == fmt::format("'{}' is not steps x features; write such as 128x1", text));
    }
    for (const char* text : {"x", "0x1", "128x", "128x0", "-1x2", "128 x 1", "1x2x3"}) {
        BOOST_TEST(contains(usage_error([&] { static_cast<void>(parse_sequence(text)); }), "is not a whole number"));
    }
}

BOOST_AUTO_TEST_CASE(reductions) {
    BOOST_TEST((reduction("pca:30").reduction == Reduction::pca && reduction("pca:30").keep == 30U));
    BOOST_TEST((reduction("variance:7").reduction == Reduction::variance));
    BOOST_TEST((reduction("none").reduction == Reduction::none));
    for (const char* text : {"none", "pca:30", "variance:7"})
        BOOST_TEST(config::text_of_reduction(reduction(text)) == text);
    BOOST_TEST(usage_error([] { static_cast<void>(reduction("pc:30")); }) ==
               "'pc' is none of none, pca, variance; did you mean pca?");
    BOOST_TEST(usage_error([] { static_cast<void>(reduction("pca")); }) ==
               "'pca' does not say how many features to keep; write none, or such as pca:30 or variance:100");
    BOOST_TEST(contains(usage_error([] { static_cast<void>(reduction("none:3")); }), "keeps no number of features"));
    for (const char* text : {"pca:0", "pca:", "pca:x", "variance:-1", "pca:1.5"}) {
        BOOST_TEST(contains(usage_error([&] { static_cast<void>(reduction(text)); }), "is not a whole number"));
    }
    data::Preprocessing changed = reduction("pca:30");
    config::parse_reduction(changed, "none");
    BOOST_TEST((changed.reduction == Reduction::none && changed.keep == 0U));
}

BOOST_AUTO_TEST_CASE(augmentations) {
    const data::Augmentation all = parse_augmentation("elastic:3,flip:0.5,shift:2,scale:0.1,rotate:10");
    BOOST_TEST((all.shift == 2 && all.rotate == 10 && all.scale == 0.1 && all.elastic == 3));
    BOOST_TEST(text_of_augmentation(all) == "shift:2,rotate:10,scale:0.1,flip:0.5,elastic:3");
    BOOST_TEST(text_of_augmentation(parse_augmentation("shift:1.5")) == "shift:1.5");
    BOOST_TEST(text_of_augmentation(parse_augmentation("shift:0,rotate:0")) == "none");
    BOOST_TEST(!parse_augmentation("none").any());
    const auto refusal = [](const char* text) {
        return usage_error([&] { static_cast<void>(parse_augmentation(text)); });
    };
    BOOST_TEST(refusal("shfit:2") == "'shfit' is none of shift, rotate, scale, flip, elastic; did you mean shift?");
    BOOST_TEST(refusal("shift") == "'shift' does not say how much; write such as shift:2");
    BOOST_TEST(refusal("shift:2,shift:3") == "shift is given twice; give it once");
    BOOST_TEST(refusal("scale:1") == "scale: 1 is out of range; it must be at least 0 and below 1, such as 0.1");
    BOOST_TEST(refusal("rotate:181") ==
               "rotate: 181 is out of range; it must be at least 0 and at most 180, such as 10");
    BOOST_TEST(contains(refusal("shift:-1"), "at least 0"));
    BOOST_TEST(contains(refusal("elastic:nan"), "elastic: 'nan' is not a number"));
    for (const char* text : {"", "shift:2,", ",shift:2", "none,shift:2"}) {
        BOOST_TEST(contains(refusal(text), "is none of shift, rotate, scale, flip, elastic"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
