#include "config/configuration.hpp"

#include <bit>
#include <cmath>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "config/settings.hpp"
#include "core/random.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(configuration_tests)

using config::apply_configuration;
using config::Options;
using config::to_toml;

namespace {

/// What reading the written configuration gives.
Options again(const Options& options) {
    Options read;
    apply_configuration(read, to_toml(options), "config.toml");
    return read;
}

std::string refusal(const std::string& text) {
    Options options;
    return usage_error([&] { apply_configuration(options, text, "my.toml"); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(written_settings_are_read_again_to_the_bit) {
    core::RandomStream random({.seed = 3});
    for (int i = 0; i < 2000; ++i) {
        Options options;
        options.training.learning_rate = std::exp(random.uniform(-40, 2));
        options.training.weight_decay = std::exp(random.uniform(-40, 2));
        options.validation_fraction = random.uniform(0.001, 0.999);
        options.test_fraction = random.uniform(0.001, 0.999);
        options.seed = (std::uint64_t{random.bits()} << 31U) | random.bits();
        const Options read = again(options);
        const auto same = [](double a, double b) {
            return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
        };
        BOOST_TEST_REQUIRE(same(read.training.learning_rate, options.training.learning_rate));
        BOOST_TEST_REQUIRE(same(read.training.weight_decay, options.training.weight_decay));
        BOOST_TEST_REQUIRE(same(read.validation_fraction, options.validation_fraction));
        BOOST_TEST_REQUIRE(same(*read.test_fraction, *options.test_fraction));
        BOOST_TEST_REQUIRE(read.seed == options.seed);
    }
}

BOOST_AUTO_TEST_CASE(every_setting_survives) {
    Options options;
    options.data = "/data/it's \"odd\" \\ here #1, ok";
    options.nets = {"dense(3) # three\nrelu\tsilu"};
    options.bootstrap = true;
    options.combine = "vote";
    options.training.optimizer = train::OptimizerKind::momentum;
    options.training.momentum = 0.8;
    options.training.schedule = train::ScheduleKind::step;
    options.training.schedule_step = 3;
    options.train_limit = 77;
    options.training.patience = 4;
    options.training.max_norm = 2.5;
    options.training.label_smoothing = 0.1;
    options.training.evaluate_with_dropout = true;
    options.test = "/data/lines\n'''of \"\"\" many\r\n\x01";
    options.target = "3";
    options.test_target = "y.npy";
    options.task = task::Kind::regression;
    options.preprocessing = {.sequence = data::Sequence{24, 2},
                             .standardize = data::Standardize::all,
                             .reduction = data::Reduction::pca,
                             .keep = 12};
    options.augmentation = {.shift = 0.1, .rotate = 1.0 / 3, .scale = 0.25, .elastic = 3};
    options.test_views = 5;
    options.image_size = data::ImageSize{32, 48};
    options.weight = "often, or not";
    options.group = "4";
    options.stratify = false;
    options.training.class_weight = train::ClassWeight::balanced;
    BOOST_TEST(to_toml(again(options)) == to_toml(options));
    BOOST_TEST(again(options).data == options.data);
    BOOST_TEST(again(options).nets.front() == options.nets.front());
    BOOST_TEST(again(options).test == options.test);
    BOOST_TEST(again(options).training.momentum == 0.8);
    BOOST_TEST(again(options).training.max_norm == 2.5);
    BOOST_TEST(again(options).training.label_smoothing == 0.1);
    BOOST_TEST(again(options).training.evaluate_with_dropout);
    BOOST_TEST(!contains(to_toml(options), "rbm-"));
    options.training.initialiser = model::Initialiser::rbm;
    options.training.rbm_epochs = 3;
    options.training.rbm_gibbs_steps = 2;
    options.training.rbm_learning_rate = 0.0625;
    BOOST_TEST((again(options).training.initialiser == model::Initialiser::rbm));
    BOOST_TEST(again(options).training.rbm_epochs == 3U);
    BOOST_TEST(again(options).training.rbm_gibbs_steps == 2U);
    BOOST_TEST(again(options).training.rbm_learning_rate == 0.0625);
    for (const auto kind : {train::AverageKind::none, train::AverageKind::swa, train::AverageKind::ema}) {
        options.training.average = kind;
        options.training.average_start = kind == train::AverageKind::swa ? 1.0 / 3 : 0.75;
        options.training.average_decay = kind == train::AverageKind::ema ? 0.1 + 0.2 : 0.999;
        options.training.log_gradients = !options.training.log_gradients;
        const train::Hyperparameters read = again(options).training;
        BOOST_TEST((read.average == kind));
        BOOST_TEST(read.average_start == options.training.average_start);
        BOOST_TEST(read.average_decay == options.training.average_decay);
        BOOST_TEST(read.log_gradients == options.training.log_gradients);
    }
    BOOST_TEST(again(options).target == "3");
    BOOST_TEST(again(options).augmentation.rotate == 1.0 / 3);
    BOOST_TEST(again(options).test_views == 5U);
    BOOST_TEST((again(options).weight == options.weight && again(options).group == "4"));
    BOOST_TEST((again(options).stratify == std::optional(false)));
    options.task = task::Kind::classification;  // whose classes may weigh
    BOOST_TEST((again(options).training.class_weight == train::ClassWeight::balanced));
    BOOST_TEST((again(options).image_size == data::ImageSize{32, 48}));
}

BOOST_AUTO_TEST_CASE(former_names_are_read) {
    Options options;
    const auto named = config::apply_configuration(options, "average = 'swa'\nfeatures = 'pca:3'\n", "run.toml");
    BOOST_TEST((options.training.average == train::AverageKind::swa));
    BOOST_TEST((named == std::set<std::string>{"weight-average", "reduce"}));
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(config::apply_configuration(options, "reduce = 'pca:2'\nfeatures = 'pca:3'\n", "run.toml")),
        core::Error, [](const core::Error& error) {
            return std::string_view(error.what()).find("features is the former name of reduce") !=
                   std::string_view::npos;
        });
}

BOOST_AUTO_TEST_CASE(settings_have_what_manuals_need) {
    for (const config::Setting& setting : config::settings()) {
        BOOST_TEST_CONTEXT(setting.name) {
            const auto standard = setting.get(Options{});
            BOOST_TEST((setting.is_toggle() || !setting.type.empty()));
            // What a setting says of its values holds for its own default.
            if (const auto* choices = std::get_if<config::Choices>(&setting.domain)) {
                BOOST_TEST(choices->names.size() >= 2U);
                for (const std::string_view name : choices->names) {
                    Options options;
                    setting.set(options, name);
                    BOOST_TEST(config::text_of(*setting.get(options)) == name);
                }
            }
            if (!standard) continue;
            Options options;
            if (setting.is_list()) setting.clear(options);
            setting.set(options, config::text_of(*standard));
            BOOST_TEST((setting.get(options) == standard));
        }
    }
}

BOOST_AUTO_TEST_CASE(only_what_is_in_force_is_written) {
    Options options;
    BOOST_TEST(!contains(to_toml(options), "\nmomentum"));
    BOOST_TEST(!contains(to_toml(options), "schedule-step"));
    BOOST_TEST(!contains(to_toml(options), "max-norm"));
    BOOST_TEST(!contains(to_toml(options), "tta"));
    BOOST_TEST(!contains(to_toml(options), "\nout ="));
    for (const char* name : {"\ntest =", "\ntarget", "\ntest-target", "\ntask", "\nsequence"})
        BOOST_TEST(!contains(to_toml(options), name));
    BOOST_TEST(contains(to_toml(options), "\nreduce = 'none'\n"));
    BOOST_TEST(contains(to_toml(options), "\naugment = 'none'\n"));
    BOOST_TEST(contains(to_toml(options), "\nfeature-fraction = 1.0\n"));
    const auto json = nlohmann::json::parse(config::to_json(options));
    BOOST_TEST(json.at("members").get<int>() == 8);
    BOOST_TEST(json.at("bootstrap").get<bool>() == false);
    BOOST_TEST(json.at("net").get<std::string>() == options.nets.front());
    BOOST_TEST(!json.contains("momentum"));
}

BOOST_AUTO_TEST_CASE(named_settings_are_kept) {
    Options options;
    options.members = 3;
    const auto names = apply_configuration(options, "members = 5\nseed = 9\n", "my.toml", {"members"});
    BOOST_TEST(options.members == 3U);
    BOOST_TEST(options.seed == 9U);
    BOOST_TEST((names == std::set<std::string>{"members", "seed"}));
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_file_and_line) {
    BOOST_TEST(refusal("seed = 1\nmembres = 3\n") ==
               "my.toml, line 2: there is no setting 'membres'; did you mean 'members'?");
    BOOST_TEST(contains(refusal("config = 'x'"), "line 1: there is no setting 'config'"));
    BOOST_TEST(contains(refusal("members = 0"), "my.toml, line 1: members: '0' is not a whole number"));
    BOOST_TEST(contains(refusal("members = 'x'"), "members: 'x' is not a whole number"));
    BOOST_TEST(contains(refusal("\n\nmembers = [3]"), "my.toml, line 3: members: takes one"));
    BOOST_TEST(contains(refusal("[training]\nlr = 3"), "there is no setting 'training'"));
    BOOST_TEST(contains(refusal("members = "), "my.toml, line 1: "));
    BOOST_TEST(contains(refusal("members 3"), "my.toml, line 1: "));
    BOOST_TEST(contains(refusal("data = 'caf\xe9'"), "my.toml"));
    BOOST_TEST(contains(refusal("bootstrap = 1"), "neither true nor false"));
}

BOOST_AUTO_TEST_SUITE_END()
