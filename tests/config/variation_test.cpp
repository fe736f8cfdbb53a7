#include "config/variation.hpp"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "config/configuration.hpp"
#include "config/experiment.hpp"
#include "config/settings.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(variation_tests)

using namespace config;

namespace {

Options with(const std::vector<std::string>& variations) {
    Options options;
    options.data = "moons:train=200,test=50";
    options.nets = {"dense(4) relu"};
    options.members = 12;
    options.training.epochs = 1;
    for (const std::string& text : variations) add_variation(options, text);
    return options;
}

std::string refusal(const std::string& text) {
    Options options;
    return failure_of(core::Failure::usage, [&] { add_variation(options, text); });
}

Experiment experiment_of(const Options& options) {
    return {options, load_data(options)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(members_take_values_in_turn) {
    const Options options = with({"lr=0.1,0.01,0.001"});
    for (std::uint32_t member = 0; member < 12; ++member) {
        const double expected = std::vector{0.1, 0.01, 0.001}[member % 3];
        BOOST_TEST(options_of_member(options, member).training.learning_rate == expected);
    }
}

BOOST_AUTO_TEST_CASE(networks_and_values_go_through_all_combinations) {
    Options options = with({"lr=0.1,0.01,0.001", "init=he,xavier"});
    options.nets = {"dense(2)", "dense(3)"};
    std::set<std::string> seen;
    for (std::uint32_t member = 0; member < 12; ++member) {
        const Options own = options_of_member(options, member);
        BOOST_TEST(own.nets.size() == 1U);
        BOOST_TEST(own.nets.front() == options.nets[member % 2]);
        BOOST_TEST(own.training.learning_rate == (std::vector{0.1, 0.01, 0.001}[member / 2 % 3]));
        BOOST_TEST(own.variations.empty());
        seen.insert(to_toml(own));
    }
    BOOST_TEST(seen.size() == 12U);
}

BOOST_AUTO_TEST_CASE(members_of_a_run_have_one_combination) {
    Options options = with({"lr=0.1,0.01,0.001"});
    options.nets = {"dense(2)", "dense(3)"};
    options.snapshots = 2;
    for (std::uint32_t member = 0; member < 12; ++member) {
        const Options own = options_of_member(options, member);
        BOOST_TEST(own.nets.front() == options.nets[member / 2 % 2]);
        BOOST_TEST(own.training.learning_rate == (std::vector{0.1, 0.01, 0.001}[member / 4 % 3]));
    }
    BOOST_TEST(listed_combinations(options) == 12U);
    options.members = 100;
    BOOST_TEST(listed_combinations(options) == 12U);
}

BOOST_AUTO_TEST_CASE(drawn_values_depend_on_seed_member_and_name_alone) {
    Options options = with({"lr=1e-4..1e-1", "batch=16..64"});
    const Options reversed = with({"batch=16..64", "lr=1e-4..1e-1"});
    double logarithms = 0;
    constexpr std::uint32_t members = 4000;
    std::set<std::size_t> batches;
    for (std::uint32_t member = 0; member < members; ++member) {
        const Options own = options_of_member(options, member);
        const double rate = own.training.learning_rate;
        BOOST_TEST_REQUIRE((rate >= 1e-4 && rate <= 1e-1));
        logarithms += std::log10(rate);
        batches.insert(own.training.batch);
        BOOST_TEST(options_of_member(reversed, member).training.learning_rate == rate);
    }
    BOOST_TEST(std::abs(logarithms / members + 2.5) < 0.05);  // uniform in the logarithm: ± 4 standard errors
    BOOST_TEST(batches.size() == 49U);
    BOOST_TEST((*batches.begin() == 16U && *batches.rbegin() == 64U));
    const double before = options_of_member(options, 3).training.learning_rate;
    options.seed = 2;
    BOOST_TEST(options_of_member(options, 3).training.learning_rate != before);
}

BOOST_AUTO_TEST_CASE(what_cannot_vary_is_refused) {
    BOOST_TEST(contains(refusal("lr"), "NAME=VALUES"));
    BOOST_TEST(contains(refusal("=1,2"), "NAME=VALUES"));
    BOOST_TEST(contains(refusal("lrr=1,2"), "did you mean lr?"));
    BOOST_TEST(contains(refusal("seed=1,2"), "all members share seed"));
    BOOST_TEST(contains(refusal("standardize=all,none"), "all members share standardize"));
    BOOST_TEST(contains(refusal("members=1,2"), "all members share members"));
    BOOST_TEST(contains(refusal("threads=1,2"), "all members share threads"));
    BOOST_TEST(contains(refusal("net=mlp,slim"), "--net several times"));
    BOOST_TEST(contains(refusal("vary=lr"), "all members share vary"));
    BOOST_TEST(contains(refusal("lr=0.1,fast"), "lr: 'fast' is not a number"));
    BOOST_TEST(contains(refusal("init=he,xavir"), "did you mean xavier?"));
    BOOST_TEST(contains(refusal("lr=0.1"), "one value"));
    BOOST_TEST(contains(refusal("lr=0.1..0.1"), "not below"));
    BOOST_TEST(contains(refusal("weight-decay=0..0.1"), "begin above 0"));
    BOOST_TEST(contains(refusal("epochs=auto..20"), "no number to draw from"));
    BOOST_TEST(contains(refusal("lr=,0.1"), "between commas"));
    Options options = with({"lr=0.1,0.2"});
    BOOST_TEST(contains(failure_of(core::Failure::usage, [&] { add_variation(options, "lr=1,2"); }), "varies already"));
}

BOOST_AUTO_TEST_CASE(every_setting_of_a_member_can_vary) {
    // Each with two values it takes, the second not its default.
    for (const Setting& setting : settings()) {
        if (setting.role != Role::member || setting.is_list()) continue;
        Options options;
        const auto takes = [&](const std::string& text) {
            try {
                Options scratch;
                setting.set(scratch, text);
                return true;
            } catch (const core::Error&) {
                return false;
            }
        };
        std::vector<std::string> values;
        for (const char* text : {"0.25",  "0.5",  "3",       "7",        "true",   "false", "he",
                                 "zeros", "adam", "sgd",     "constant", "cosine", "none",  "ema:0.9",
                                 "plain", "ple",  "shift:1", "flip:0.5", "f32",    "bf16",  "balanced"}) {
            if (values.size() < 2 && takes(text)) values.emplace_back(text);
        }
        BOOST_TEST_REQUIRE(values.size() == 2U, setting.name);
        add_variation(options, setting.name + "=" + values[0] + "," + values[1]);
        BOOST_TEST(options_of_member(options, 1).variations.empty());
    }
}

BOOST_AUTO_TEST_CASE(values_with_commas_are_quoted_and_files_bring_them_back) {
    Options options = with({"augment=\"shift:1,rotate:5\",none", "lr=1e-3..1e-2"});
    options.nets = {"dense(2)", "dense(3) # one\nrelu"};
    BOOST_TEST(options_of_member(options, 0).augmentation.any());
    BOOST_TEST(!options_of_member(options, 2).augmentation.any());
    Options again;
    apply_configuration(again, to_toml(options), "file");
    BOOST_TEST((again.nets == options.nets));
    BOOST_TEST_REQUIRE(again.variations.size() == 2U);
    for (std::uint32_t member = 0; member < 8; ++member)
        BOOST_TEST((varied_values(again, member) == varied_values(options, member)));
    BOOST_TEST(to_toml(again) == to_toml(options));
    // One network stands in the file as a text, as it always did.
    options.nets.pop_back();
    BOOST_TEST(contains(to_toml(options), "net = 'dense(2)'"));
    Options plain;
    apply_configuration(plain, "net = 'dense(9)'\nvary = 'lr=0.1,0.2'\n", "file");
    BOOST_TEST((plain.nets == std::vector<std::string>{"dense(9)"}));
    BOOST_TEST(plain.variations.size() == 1U);
    BOOST_TEST(contains(failure_of(core::Failure::usage, [&] { apply_configuration(plain, "net = []", "file"); }),
                        "the list is empty"));
}

BOOST_AUTO_TEST_CASE(a_member_is_that_of_a_run_with_its_settings_alone) {
    Options options = with({"lr=0.1,0.01"});
    options.nets = {"dense(2)", "dense(3)"};
    const Experiment varied = experiment_of(options);
    for (std::uint32_t member = 0; member < 4; ++member) {
        const Experiment alone = experiment_of(options_of_member(options, member));
        BOOST_TEST(varied.digest_of(member) == alone.digest_of(member));
        BOOST_TEST(varied.member(member).network->text() == alone.member(member).network->text());
    }
    BOOST_TEST(varied.digest_of(0) != varied.digest_of(1));
    BOOST_TEST(varied.digest_of(0) == varied.digest_of(4));
}

BOOST_AUTO_TEST_CASE(what_varies_must_have_a_part) {
    const auto refused = [](const Options& options) {
        return failure_of(core::Failure::usage, [&] { experiment_of(options); });
    };
    BOOST_TEST(contains(refused(with({"momentum=0.5,0.9"})), "belongs to --optimizer momentum"));
    static_cast<void>(experiment_of(with({"momentum=0.5,0.9", "optimizer=adam,momentum"})));
    BOOST_TEST(contains(refused(with({"augment=none,shift:1"})), "--augment shift:1"));
}

BOOST_AUTO_TEST_CASE(epochs_are_enough_for_the_largest_batch) {
    Options options = with({"batch=20,100"});
    options.training.epochs = 0;
    const Experiment experiment = experiment_of(options);
    for (const std::uint32_t member : {0U, 1U}) BOOST_TEST(experiment.steps(experiment.member(member)) >= 1000U);
    BOOST_TEST(experiment.member(0).training.epochs == experiment.member(1).training.epochs);
}

BOOST_AUTO_TEST_CASE(what_some_member_uses_is_written_down) {
    Options options = with({"optimizer=adam,momentum", "augment=none,shift:1"});
    find_setting("momentum")->set(options, "0.5");
    find_setting("tta")->set(options, "3");
    const std::string file = to_toml(options);
    BOOST_TEST(contains(file, "momentum = 0.5"));
    BOOST_TEST(contains(file, "tta = 3"));
    BOOST_TEST(contains(file, "beta1 = 0.9"));
    BOOST_TEST(!contains(file, "rho"));
    Options again;
    apply_configuration(again, file, "file");
    for (std::uint32_t member = 0; member < 4; ++member)
        BOOST_TEST(to_toml(options_of_member(again, member)) == to_toml(options_of_member(options, member)));
    BOOST_TEST(options_of_member(again, 1).training.momentum == 0.5);
    // Of one member what it does not use is no part.
    BOOST_TEST(!contains(to_toml(options_of_member(options, 0)), "momentum = 0.5"));
    BOOST_TEST(!find_setting("tta")->get(options_of_member(options, 0)).has_value());
}

BOOST_AUTO_TEST_CASE(longer_members_cost_more) {
    Options options = with({"epochs=1,4"});
    options.nets = {"dense(2)", "dense(4000)"};
    const Experiment experiment = experiment_of(options);
    const auto cost = [&](std::uint32_t member) { return experiment.cost(experiment.member(member)); };
    BOOST_TEST(cost(2) == 4 * cost(0), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(cost(1) > 10 * cost(0));
    BOOST_TEST(experiment.footprint().total() > 2 * experiment_of(with({})).footprint().total());
}

BOOST_AUTO_TEST_CASE(every_row_is_held_out_by_one_fold) {
    Options options = with({});
    options.folds = 3;
    const Experiment experiment = experiment_of(options);
    BOOST_TEST(experiment.validation_set().rows.size() == 200U);
    std::multiset<std::uint32_t> held_out;
    for (std::uint32_t member = 0; member < 3; ++member) {
        const train::MemberSpec spec = experiment.member(member);
        std::set<std::uint32_t> all(spec.problem.train.rows.begin(), spec.problem.train.rows.end());
        BOOST_TEST(all.size() == spec.problem.train.size());
        for (const std::uint32_t row : spec.problem.validation.rows) {
            BOOST_TEST(all.insert(row).second);
            held_out.insert(row);
        }
        BOOST_TEST(all.size() == 200U);
        const data::RowRange rows = experiment.predicted_rows(experiment.validation_set(), member);
        BOOST_TEST(rows.count == spec.problem.validation.size());
        BOOST_TEST(experiment.validation_set().rows.rows[rows.first] == spec.problem.validation.rows[0]);
        BOOST_TEST(experiment.predicted_rows(experiment.test_set(), member).count == 50U);
        BOOST_TEST((experiment.member(member + 3).problem.train.rows.data() == spec.problem.train.rows.data()));
    }
    // Members of one combination hold out all parts.
    options.nets = {"dense(2)", "dense(3)"};
    const Experiment mixed = experiment_of(options);
    for (std::uint32_t member = 0; member < 12; ++member)
        BOOST_TEST(contains(mixed.member(member).network->text(), member / 3 % 2 == 0 ? "dense(2)" : "dense(3)"));
    BOOST_TEST(held_out.size() == 200U);
    BOOST_TEST(std::set(held_out.begin(), held_out.end()).size() == 200U);
    Options few = options;
    few.data = "xor";
    BOOST_TEST(contains(failure_of(core::Failure::usage, [&] { experiment_of(few); }), "--folds 3: xor has only"));
    few = options;
    few.folds = 201;
    BOOST_TEST(contains(failure_of(core::Failure::usage, [&] { experiment_of(few); }), "--folds 201"));
}

BOOST_AUTO_TEST_SUITE_END()
