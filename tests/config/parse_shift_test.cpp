#include "config/parse_shift.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>

#include "config/evaluation_sets.hpp"
#include "config/experiment.hpp"
#include "core/error.hpp"
#include "data/source.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(parse_shift_tests)

namespace {

using config::Options;
using Values = std::vector<double>;

Values values_of(const char* text) {
    Options options;
    config::add_shift(options, text);
    BOOST_TEST(config::text_of(options.shifts.front()) == text);
    return options.shifts.front().values;
}

std::string refusal(const std::vector<const char*>& texts) {
    return usage_error([&] {
        Options options;
        for (const char* text : texts) config::add_shift(options, text);
    });
}

/// Of options that the data do not go with.
std::string refusal_of_data(const Options& options) {
    return usage_error([&] { const config::Experiment experiment(options, config::load_data(options)); });
}

Options options_of(const char* data, const char* shift) {
    Options options;
    options.data = data;
    options.nets = {"dense(4) relu"};
    config::add_shift(options, shift);
    return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_are_listed_or_stepped_through) {
    BOOST_TEST((values_of("rotate:15,30.5,-90") == Values{15, 30.5, -90}));
    BOOST_TEST((values_of("rotate:15..180") == Values{15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165, 180}));
    BOOST_TEST((values_of("noise:0.1..0.3") == Values{0.1, 0.2, 0.3}));
    BOOST_TEST((values_of("noise:0..1") == Values{0, 0.2, 0.4, 0.6, 0.8, 1}));
    BOOST_TEST((values_of("shift:-2..3") == Values{-2, -1, 0, 1, 2, 3}));
    BOOST_TEST((values_of("rotate:10..180") == Values{10, 44, 78, 112, 146, 180}));
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused) {
    BOOST_TEST(refusal({"rotat:1"}) == "'rotat' is none of rotate, shift, noise; did you mean rotate?");
    BOOST_TEST(refusal({"noise"}) == "'noise' does not say how far; write such as noise:1,2,4 or noise:1..5");
    BOOST_TEST(contains(refusal({"noise:"}), "does not say how far"));
    BOOST_TEST(contains(refusal({"noise:-1"}), "at least 0"));
    BOOST_TEST(contains(refusal({"rotate:181"}), "at most 180"));
    BOOST_TEST(contains(refusal({"rotate:1,x"}), "'x' is not a number"));
    BOOST_TEST(contains(refusal({"rotate:1,"}), "is not a number"));
    BOOST_TEST(contains(refusal({"rotate:..3"}), "is not a number"));
    BOOST_TEST(contains(refusal({"rotate:4..3"}), "4 is not below 3"));
    BOOST_TEST(contains(refusal({"rotate:4,5,4"}), "rotate 4 is given twice"));
    BOOST_TEST(contains(refusal({"rotate:4", "noise:4", "rotate:1..4"}), "rotate 4 is given twice"));
    std::string many = "noise:0";
    for (int i = 1; i < 101; ++i) many += "," + std::to_string(i);
    BOOST_TEST(contains(refusal({many.c_str()}), "101 values are too many"));
}

BOOST_AUTO_TEST_CASE(shifts_suit_the_rows) {
    BOOST_TEST(refusal_of_data(options_of("moons", "rotate:3")) ==
               "--shift rotate:3: is for images, but a row of moons is a list of 2; for these there are: shift noise");
    Options sequence = options_of("digits:train=60,test=20", "rotate:3");
    sequence.preprocessing.sequence = data::Sequence{28, 28};
    BOOST_TEST(contains(refusal_of_data(sequence), "a row of digits:train=60,test=20 is a sequence"));
    BOOST_TEST(contains(refusal_of_data(options_of("digits:train=60,test=20", "shift:-1")), "not between 0 and"));
    Options scaled = options_of("digits:train=60,test=20", "rotate:3");
    scaled.preprocessing.standardize = data::Standardize::features;
    BOOST_TEST(contains(refusal_of_data(scaled), "gives each place a scale of its own"));
    scaled.preprocessing.standardize = data::Standardize::all;
    BOOST_CHECK_NO_THROW(const config::Experiment experiment(scaled, config::load_data(scaled)));
}

BOOST_AUTO_TEST_CASE(sets_come_after_the_test_rows_and_members_stay_what_they_are) {
    Options options = options_of("moons:train=60,test=20", "noise:0.5,1");
    config::add_shift(options, "shift:2");
    options.ood = "spirals:train=9,test=30";
    const config::Experiment experiment(options, config::load_data(options));
    BOOST_TEST((experiment.set_names() ==
                std::vector<std::string>{"validation", "test", "noise-0.5", "noise-1", "shift-2", "ood", "grid"}));
    for (const config::EvaluationSet& set : experiment.evaluation_sets()) {
        const analysis::EvaluationSet again =
            config::described_set(set.name, options, config::row_kind(options, experiment.source().train.shape()));
        BOOST_TEST((again.use == set.use && again.shift.name == set.shift.name &&
                    again.shift.value == set.shift.value && again.shift.unit == set.shift.unit));
        const bool is_known = set.use != analysis::SetUse::foreign && set.use != analysis::SetUse::grid;
        BOOST_TEST(set.labels.size() == (is_known ? set.count : 0U));
    }
    BOOST_TEST(experiment.evaluation_sets()[5].count == 30U);
    BOOST_TEST(experiment.evaluation_sets()[2].labels == experiment.test_set().labels);
    BOOST_CHECK_THROW(config::described_set("noise-2", options, data::RowKind::numbers), core::Error);

    Options plain = options;
    plain.shifts.clear();
    plain.ood.clear();
    BOOST_TEST(config::Experiment(plain, config::load_data(plain)).digest() == experiment.digest());
}

BOOST_AUTO_TEST_CASE(rows_from_elsewhere_have_the_shape_of_others) {
    Options options = options_of("moons:train=60,test=20", "noise:1");
    options.ood = "digits:train=10,test=10";
    BOOST_TEST(contains(refusal_of_data(options), "--ood digits:train=10,test=10: its rows are 28×28, and those of"));
    options.ood = "moon";
    BOOST_TEST(contains(refusal_of_data(options), "--ood moon: no such file or directory"));
}

BOOST_AUTO_TEST_SUITE_END()
