#include "config/command_line.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "config/settings.hpp"
#include "failure.hpp"
#include "scratch.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(command_line_tests)

using config::Options;
using config::parse_command_line;

namespace {

Options parse(std::vector<const char*> words) {
    return parse_command_line(words).options;
}

/// The same of words between blanks.
Options parse_text(const std::string& text) {
    std::istringstream stream(text);
    const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    return parse(pointers);
}

std::string refusal(std::vector<const char*> words) {
    return usage_error([&] { static_cast<void>(parse_command_line(words)); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_contract) {
    const Options options = parse({});
    BOOST_TEST(options.data == "digits");
    BOOST_TEST(!options.test_fraction.has_value());
    BOOST_TEST(options.validation_fraction == 0.1);
    BOOST_TEST(options.members == 8U);
    BOOST_TEST(options.seed == 1U);
    BOOST_TEST(options.threads == 1U);
    BOOST_TEST(options.feature_fraction == 1.0);
    BOOST_TEST(!options.bootstrap);
    BOOST_TEST(options.combine.empty());
    BOOST_TEST((options.training.initialiser == model::Initialiser::he));
    BOOST_TEST((model::find_preset(options.nets.front()) != nullptr));
}

BOOST_AUTO_TEST_CASE(every_option_of_the_data_reaches_its_field) {
    const Options o = parse_text(
        "--data moons --target kind --test test.csv --test-target labels.npy --task regression "
        "--sequence 24x2 --image-size 8x9 --standardize features --reduce variance:9 --augment rotate:5,shift:1 "
        "--tta 4 --test-fraction 0.25 --validation-fraction 0.3 --train-limit 50");
    BOOST_TEST(o.data == "moons");
    BOOST_TEST(o.target == "kind");
    BOOST_TEST(o.test == "test.csv");
    BOOST_TEST(o.test_target == "labels.npy");
    BOOST_TEST((o.task == task::Kind::regression));
    BOOST_TEST((o.preprocessing.sequence->steps == 24U && o.preprocessing.sequence->features == 2U));
    BOOST_TEST((o.image_size == data::ImageSize{8, 9}));
    BOOST_TEST((o.preprocessing.standardize == data::Standardize::features));
    BOOST_TEST((o.preprocessing.reduction == data::Reduction::variance && o.preprocessing.keep == 9U));
    BOOST_TEST((o.augmentation.rotate == 5 && o.augmentation.shift == 1 && o.augmentation.scale == 0));
    BOOST_TEST(o.test_views == 4U);
    BOOST_TEST(o.test_fraction.value() == 0.25);
    BOOST_TEST(o.validation_fraction == 0.3);
    BOOST_TEST(o.train_limit == 50U);
}

BOOST_AUTO_TEST_CASE(every_option_of_the_training_reaches_its_field) {
    const Options o = parse_text(
        "--net dense(3) --init xavier --epochs 7 --batch 9 --optimizer rmsprop --lr 0.5 "
        "--rho 0.75 --epsilon 1e-3 --schedule step --schedule-step 4 --schedule-factor 0.5 "
        "--weight-decay 0.01 --clip-norm 0.75 --max-norm 3.5 --label-smoothing 0.125 --adversarial 0.02 "
        "--weight-average swa:0.5 "
        "--log-gradients --evaluate-with-dropout --patience 2");
    BOOST_TEST(o.nets.front() == "dense(3)");
    BOOST_TEST((o.training.initialiser == model::Initialiser::xavier));
    BOOST_TEST(o.training.epochs == 7U);
    BOOST_TEST(o.training.batch == 9U);
    BOOST_TEST((o.training.optimizer == train::OptimizerKind::rmsprop));
    BOOST_TEST(o.training.learning_rate == 0.5);
    BOOST_TEST(o.training.rho == 0.75);
    BOOST_TEST(o.training.epsilon == 1e-3);
    BOOST_TEST((o.training.schedule == train::ScheduleKind::step));
    BOOST_TEST(o.training.schedule_step == 4U);
    BOOST_TEST(o.training.schedule_factor == 0.5);
    BOOST_TEST(o.training.weight_decay == 0.01);
    BOOST_TEST(o.training.clip_norm == 0.75);
    BOOST_TEST(o.training.max_norm == 3.5);
    BOOST_TEST(o.training.label_smoothing == 0.125);
    BOOST_TEST(o.training.adversarial == 0.02);
    BOOST_TEST((o.training.average == train::AverageKind::swa));
    BOOST_TEST(o.training.average_start == 0.5);
    BOOST_TEST(o.training.log_gradients);
    BOOST_TEST(o.training.evaluate_with_dropout);
    BOOST_TEST(o.training.patience == 2U);
}

BOOST_AUTO_TEST_CASE(cycles_anneal_unless_another_schedule_is_asked_for) {
    using train::ScheduleKind;
    BOOST_TEST((parse_text("--snapshots 4").training.schedule == ScheduleKind::cosine));
    BOOST_TEST((parse_text("--snapshots 1").training.schedule == ScheduleKind::constant));
    BOOST_TEST((parse_text("--snapshots 4 --schedule constant").training.schedule == ScheduleKind::constant));
    BOOST_TEST((parse_text("--snapshots 4 --schedule one-cycle").training.schedule == ScheduleKind::one_cycle));
    BOOST_TEST(
        (parse_text("--snapshots 4 --vary schedule=cosine,one-cycle").training.schedule == ScheduleKind::constant));
}

BOOST_AUTO_TEST_CASE(every_option_of_the_ensemble_and_the_run_reaches_its_field) {
    const Options o = parse_text(
        "--members 3 --snapshots 3 --stop-when 0.01 --mc-dropout 20 --bootstrap --feature-fraction 0.5 --combine vote "
        "--seed 42 "
        "--threads 2 "
        "--out here --dry-run");
    BOOST_TEST(o.members == 3U);
    BOOST_TEST(o.snapshots == 3U);
    BOOST_TEST(o.stop_when == 0.01);
    BOOST_TEST(o.mc_dropout == 20U);
    BOOST_TEST(o.bootstrap);
    BOOST_TEST(o.feature_fraction == 0.5);
    BOOST_TEST(o.combine == "vote");
    BOOST_TEST(o.seed == 42U);
    BOOST_TEST(o.threads == 2U);
    BOOST_TEST(parse({"--threads", "auto"}).threads == 0U);
    BOOST_TEST(o.out == "here");
    BOOST_TEST(o.dry_run);
}

BOOST_AUTO_TEST_CASE(every_choice_is_understood) {
    using train::OptimizerKind;
    using train::ScheduleKind;
    BOOST_TEST((parse({"--optimizer", "sgd"}).training.optimizer == OptimizerKind::sgd));
    BOOST_TEST((parse({"--optimizer", "momentum"}).training.optimizer == OptimizerKind::momentum));
    BOOST_TEST((parse({"--optimizer", "adam"}).training.optimizer == OptimizerKind::adam));
    BOOST_TEST((parse({"--optimizer", "adamw"}).training.optimizer == OptimizerKind::adamw));
    BOOST_TEST((parse({"--schedule", "constant"}).training.schedule == ScheduleKind::constant));
    BOOST_TEST((parse({"--schedule", "cosine"}).training.schedule == ScheduleKind::cosine));
    BOOST_TEST((parse({"--schedule", "one-cycle"}).training.schedule == ScheduleKind::one_cycle));
    BOOST_TEST((parse({"--weight-average", "none"}).training.average == train::AverageKind::none));
    BOOST_TEST(parse({"--weight-average", "swa"}).training.average_start == 0.75);
    BOOST_TEST(parse({"--weight-average", "ema"}).training.average_decay == 0.999);
    BOOST_TEST(parse({"--weight-average", "ema:0.99"}).training.average_decay == 0.99);
    BOOST_TEST((parse({"--init", "normal"}).training.initialiser == model::Initialiser::normal));
    const Options rbm = parse({"--init", "rbm", "--rbm-epochs", "5", "--rbm-cd", "3", "--rbm-lr", "0.25"});
    BOOST_TEST((rbm.training.initialiser == model::Initialiser::rbm));
    BOOST_TEST(rbm.training.rbm_epochs == 5U);
    BOOST_TEST(rbm.training.rbm_gibbs_steps == 3U);
    BOOST_TEST(rbm.training.rbm_learning_rate == 0.25);
    using data::Standardize;
    BOOST_TEST((parse({"--task", "classification"}).task == task::Kind::classification));
    BOOST_TEST(!parse({}).task.has_value());
    BOOST_TEST((parse({"--standardize", "auto"}).preprocessing.standardize == Standardize::automatic));
    BOOST_TEST((parse({"--standardize", "none"}).preprocessing.standardize == Standardize::none));
    BOOST_TEST((parse({"--standardize", "channels"}).preprocessing.standardize == Standardize::channels));
    BOOST_TEST((parse({"--standardize", "all"}).preprocessing.standardize == Standardize::all));
    BOOST_TEST((parse({"--reduce", "pca:3", "--reduce", "none"}).preprocessing.reduction == data::Reduction::none));
    BOOST_TEST((parse({"--init", "zeros"}).training.initialiser == model::Initialiser::zeros));
}

BOOST_AUTO_TEST_CASE(other_ways_to_write_them) {
    BOOST_TEST(parse({"--members=3"}).members == 3U);
    BOOST_TEST(parse({"--members", "3", "--members", "4"}).members == 4U);
    BOOST_TEST(!parse({"--bootstrap", "--no-bootstrap"}).bootstrap);
}

BOOST_AUTO_TEST_CASE(bad_values_are_refused_with_a_hint) {
    BOOST_TEST(refusal({"--membres", "3"}) == "there is no option --membres; did you mean --members?");
    BOOST_TEST(refusal({"--lrate=3"}).starts_with("there is no option --lrate"));
    BOOST_TEST(refusal({"--frobnicate"}) == "there is no option --frobnicate (see --help)");
    BOOST_TEST(
        contains(refusal({"/dev/null"}), "'/dev/null' belongs to no option; data are given as --data /dev/null"));
    BOOST_TEST(refusal({"digits"}).starts_with("'digits' belongs to no option"));
    BOOST_TEST(refusal({"--members"}) == "--members needs a value (see --help)");
    BOOST_TEST(refusal({"--optimizer", "adan"}) ==
               "--optimizer: 'adan' is none of sgd, momentum, adam, adamw, rmsprop; did you mean adam?");
    for (const char* option : {"--members", "--epochs", "--batch", "--train-limit", "--threads", "--schedule-step"}) {
        for (const char* value : {"0", "-1", "1.5", "many", ""}) {
            BOOST_TEST(
                contains(refusal({option, value}), std::string(option) + ": '" + value + "' is not a whole number"));
        }
    }
    for (const char* option : {"--patience", "--seed"})
        BOOST_TEST(contains(refusal({option, "-1"}), "whole number from 0"));
    for (const char* option : {"--test-fraction", "--validation-fraction"}) {
        for (const char* value : {"0", "1", "-0.1", "1.1"})
            BOOST_TEST(contains(refusal({option, value}), "out of range"));
    }
    for (const char* value : {"0", "-1", "nan", "inf", "fast"})
        BOOST_TEST(contains(refusal({"--lr", value}), "--lr: "));
    for (const char* value : {"0", "1.01", "-0.5"}) {
        BOOST_TEST(contains(refusal({"--feature-fraction", value}), "out of range"));
    }
    BOOST_TEST(contains(refusal({"--threads", "many"}), "nor auto"));
    BOOST_TEST(contains(refusal({"--weight-decay", "-1"}), "at least 0"));
    for (const char* value : {"0", "-1", "inf", "x"})
        BOOST_TEST(contains(refusal({"--max-norm", value}), "--max-norm: "));
    for (const char* option : {"--rbm-epochs", "--rbm-cd", "--rbm-lr"}) {
        BOOST_TEST(contains(refusal({"--init", "rbm", option, "0"}), std::string(option) + ": "));
    }
    BOOST_TEST(refusal({"--weight-average", "swaa"}) ==
               "--weight-average: 'swaa' is none of none, swa, ema; did you mean swa?");
    BOOST_TEST(contains(refusal({"--weight-average", "swa:1"}), "--weight-average: 1 is out of range"));
    BOOST_TEST(contains(refusal({"--weight-average", "ema:0"}), "--weight-average: 0 is out of range"));
    BOOST_TEST(contains(refusal({"--weight-average", "ema:1"}), "--weight-average: 1 is out of range"));
    BOOST_TEST(contains(refusal({"--weight-average", "ema:"}), "--weight-average: '' is not a number"));
    BOOST_TEST(contains(refusal({"--weight-average", "none:1"}), "none takes no number"));
    for (const char* value : {"1", "-0.1", "x"}) {
        BOOST_TEST(contains(refusal({"--label-smoothing", value}), "--label-smoothing: "));
    }
    BOOST_TEST(contains(refusal({"--optimizer", "momentum", "--momentum", "1"}), "below 1"));
    BOOST_TEST(contains(refusal({"--schedule", "step", "--schedule-factor", "0"}), "above 0"));
    for (const char* option : {"--data", "--target", "--test", "--test-target"})
        BOOST_TEST(contains(refusal({option, ""}), "missing"));
    BOOST_TEST(contains(refusal({"--task", "ranking"}), "--task: 'ranking' is none of classification, regression"));
    BOOST_TEST(contains(refusal({"--sequence", "24x"}), "--sequence: '' is not a whole number"));
    for (const char* column : {"word", "x", "x2", "3"})
        BOOST_TEST(parse({"--sequence", column}).preprocessing.sequence_column == column);
    BOOST_TEST(contains(refusal({"--image-size", "24"}), "--image-size: '24' is not height x width"));
    BOOST_TEST(contains(refusal({"--image-size", "0x3"}), "--image-size"));
    BOOST_TEST(contains(refusal({"--reduce", "pca"}), "--reduce: 'pca' does not say how many"));
    BOOST_TEST(contains(refusal({"--tta", "4"}), "--tta has no effect here: it belongs to --augment"));
    BOOST_TEST(contains(refusal({"--augment", "mirror:1"}),
                        "--augment: 'mirror' is none of shift, rotate, scale, flip, elastic"));
    BOOST_TEST(contains(refusal({"--standardize", "channel"}), "did you mean channels?"));
    BOOST_TEST(contains(refusal({"--net", ""}), "missing"));
    BOOST_TEST(contains(refusal({"--data", "caf\xe9"}), "UTF-8"));
}

BOOST_AUTO_TEST_CASE(an_option_that_can_change_nothing_is_refused) {
    BOOST_TEST(refusal({"--momentum", "0.5"}) == "--momentum has no effect here: it belongs to --optimizer momentum");
    BOOST_TEST(contains(refusal({"--optimizer", "sgd", "--beta1", "0.5"}), "--optimizer adam or adamw"));
    BOOST_TEST(contains(refusal({"--schedule-step", "5"}), "--schedule step"));
    for (const char* option : {"--rbm-epochs", "--rbm-cd", "--rbm-lr"}) {
        BOOST_TEST(refusal({option, "3"}) == std::string(option) + " has no effect here: it belongs to --init rbm");
    }
    BOOST_TEST(parse({"--optimizer", "momentum", "--momentum", "0.5"}).training.momentum == 0.5);
}

BOOST_AUTO_TEST_CASE(a_precision_is_one_of_two) {
    BOOST_TEST((parse({}).training.precision == compute::Precision::f32));
    BOOST_TEST((parse({"--precision", "bf16"}).training.precision == compute::Precision::bf16));
    BOOST_TEST(contains(refusal({"--precision", "f16"}), "f32, bf16"));
}

BOOST_AUTO_TEST_CASE(a_preset_brings_its_settings_unless_told_otherwise) {
    const Scratch scratch;
    BOOST_TEST(parse({"--net", "xor-relu"}).data == "xor");
    BOOST_TEST(parse({}).nets.front() == "slim");
    BOOST_TEST(parse({}).training.epochs == 50U);
    BOOST_TEST(parse({"--epochs", "3"}).training.epochs == 3U);
    BOOST_TEST(parse({"--data", "digits:train=500"}).nets.front() == "slim");
    BOOST_TEST(parse({"--data", "moons"}).nets.front() == "mlp");
    BOOST_TEST(parse({"--data", "digits", "--net", "mlp"}).nets.front() == "mlp");
    BOOST_TEST(parse({"--net", "xor-relu"}).training.epochs == 10'000U);
    BOOST_TEST(parse({"--net", "xor-relu", "--epochs", "20"}).training.epochs == 20U);  // even if it is the default
    const std::string file = scratch.write("c.toml", "epochs = 30\n");
    BOOST_TEST(parse({"--net", "xor-relu", "--config", file.c_str()}).training.epochs == 30U);
}

BOOST_AUTO_TEST_CASE(files_named_on_the_command_line) {
    const Scratch scratch;
    const std::string net = fmt::format("@{}", scratch.write("net.txt", "dense(3) # three\nrelu\n"));
    BOOST_TEST(parse({"--net", net.c_str()}).nets.front() == "dense(3) # three\nrelu\n");
    const std::string missing = fmt::format("@{}", scratch / "none");
    const std::string message = failure_of(core::Failure::data, [&] {
        static_cast<void>(parse({"--net", missing.c_str()}));
    });
    BOOST_TEST(contains(message, "--net: cannot read the file"));

    const std::string config = scratch.write("c.toml", "members = 3\nseed = 5\nlr = 0.25\nbootstrap = true\n");
    const Options options = parse({"--members", "4", "--config", config.c_str()});
    BOOST_TEST(options.members == 4U);  // the command line wins
    BOOST_TEST(options.seed == 5U);
    BOOST_TEST(options.training.learning_rate == 0.25);
    BOOST_TEST(options.bootstrap);
    BOOST_TEST(!parse({"--config", config.c_str(), "--no-bootstrap"}).bootstrap);
    BOOST_TEST(contains(refusal({"--config", missing.c_str()}), "--config: cannot read the file"));
    const std::string folder = scratch / "";
    BOOST_TEST(contains(refusal({"--config", folder.c_str()}), "--config: cannot read the file"));
}

BOOST_AUTO_TEST_CASE(former_names_work_and_say_the_new_one) {
    const std::vector<const char*> words{"--average", "swa", "--features", "pca:2",
                                         "--tta",     "3",   "--augment",  "flip:0.5"};
    const config::Invocation invocation = parse_command_line(words);
    BOOST_TEST((invocation.options.training.average == train::AverageKind::swa));
    BOOST_TEST(invocation.options.preprocessing.keep == 2U);
    BOOST_TEST_REQUIRE(invocation.notes.size() == 2U);
    for (const char* note : {"--average is called --weight-average now", "--features is called --reduce now"})
        BOOST_TEST(std::ranges::count(invocation.notes, note) == 1);
    BOOST_TEST(!contains(parse_command_line(std::vector<const char*>{"--help"}).answer, "--test-views "));
    BOOST_TEST(contains(refusal({"--features", "pca"}), "--reduce: 'pca' does not say how many"));
}

BOOST_AUTO_TEST_CASE(help_names_everything) {
    const std::vector<const char*> words{"--help"};
    const std::string help = parse_command_line(words).answer;
    for (const config::Setting& setting : config::settings()) {
        BOOST_TEST_CONTEXT(setting.name) BOOST_TEST(contains(help, fmt::format("--{}", setting.name)));
        BOOST_TEST(!setting.help.empty());
    }
    for (const char* group : {"Data:", "Network:", "Training:", "Ensemble:", "Running:"})
        BOOST_TEST(contains(help, group));
    for (const model::Preset& preset : model::presets()) BOOST_TEST(contains(help, preset.name));
    for (const char* name : {"digits", "xor", "moons", "spirals", "--out", "--config", "--dry-run", "--version", "M=8",
                             "a .npz", "LIBSVM's format", "image folders"}) {
        BOOST_TEST(contains(help, name));
    }
    const std::vector<const char*> version{"--version"};
    BOOST_TEST(parse_command_line(version).answer == fmt::format("ensemble_train {}\n", config::version()));
}

BOOST_AUTO_TEST_CASE(how_a_run_is_conducted) {
    BOOST_TEST(parse({"--checkpoint-every", "5"}).checkpoint_every.epochs == 5U);
    BOOST_TEST(parse({"--checkpoint-every", "10min"}).checkpoint_every.seconds == 600.0);
    BOOST_TEST(parse({"--checkpoint-every", "10min"}).checkpoint_every.epochs == 0U);
    const auto never = parse({"--checkpoint-every", "none"}).checkpoint_every;
    BOOST_TEST((never.epochs == 0 && never.seconds == 0));
    BOOST_TEST(parse({"--time-limit", "1:30:00"}).time_limit_s == 5400.0);
    BOOST_TEST(parse({"--min-members", "3"}).min_members == 3U);
    BOOST_TEST(!parse({}).tensorboard);
    BOOST_TEST(parse({"--tensorboard"}).tensorboard);
    BOOST_TEST(!parse({"--tensorboard", "--no-tensorboard"}).tensorboard);
    BOOST_TEST(parse({"--resume", "--out", "/nowhere/run"}).resume);
    for (const char* value : {"0", "-1", "often", "0s", "1.5"}) {
        BOOST_TEST(contains(refusal({"--checkpoint-every", value}), "--checkpoint-every"));
    }
    BOOST_TEST(contains(refusal({"--time-limit", "90"}), "--time-limit"));
    BOOST_TEST(contains(refusal({"--min-members", "0"}), "--min-members"));
    const Scratch scratch;
    const std::string file = scratch.write("c.toml", "checkpoint-every = \"30s\"\nmin-members = 2\n");
    BOOST_TEST(parse({"--config", file.c_str()}).checkpoint_every.seconds == 30.0);
    BOOST_TEST(parse({"--config", file.c_str()}).min_members == 2U);
}

BOOST_AUTO_TEST_CASE(networks_may_be_given_several_times_one_word_each) {
    BOOST_TEST((parse({"--net", "dense(2)", "--net", "dense(3) relu"}).nets ==
                std::vector<std::string>{"dense(2)", "dense(3) relu"}));
    BOOST_TEST((parse({"--net", "[dense(2),dense(3)]"}).nets == std::vector<std::string>{"[dense(2),dense(3)]"}));
    BOOST_TEST(contains(refusal({"--net", "dense(2)", "relu"}), "'relu' belongs to no option"));
    BOOST_TEST(contains(refusal({"--vary", "lr=1,2", "init=he,xavier"}), "belongs to no option"));
    BOOST_TEST(parse({"--vary", "lr=1,2", "--vary", "init=he,xavier"}).variations.size() == 2U);
    BOOST_TEST(contains(refusal({"--lr", "1", "--vary", "lr=1,2"}), "the same for all members"));
    static_cast<void>(parse({"--vary", "optimizer=adam,momentum", "--momentum", "0.5"}));
    BOOST_TEST(contains(refusal({"--vary", "optimizer=adam,sgd", "--momentum", "0.5"}), "has no effect here"));
    // What varies is no matter of presets.
    BOOST_TEST(contains(refusal({"--net", "mnist-xavier", "--net", "mnist-nn"}), "say which with --init"));
    static_cast<void>(parse({"--net", "mnist-xavier", "--net", "mnist-nn", "--vary", "init=he,xavier"}));
}

BOOST_AUTO_TEST_SUITE_END()
