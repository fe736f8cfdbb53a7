#include "run/settings.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/column_choice.hpp"
#include "run/conduct_settings.hpp"
#include "run/parse_data.hpp"
#include "run/parse_value.hpp"

namespace ensemble::run {

void require_utf8(std::string_view text, std::string_view what) {
    try {
        static_cast<void>(nlohmann::json(std::string(text)).dump());
    } catch (const nlohmann::json::exception&) {
        core::fail(core::Failure::usage, "{} is not UTF-8, so it could not be written down with the results", what);
    }
}

namespace {

using core::fail;
using core::Failure;
using std::string_view;
using train::AverageKind;
using train::OptimizerKind;
using train::ScheduleKind;

constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();

// In the order of the enumerations.
constexpr std::array<string_view, 5> initialisers{"he", "xavier", "normal", "zeros", "rbm"};
constexpr std::array<string_view, 5> optimizers{"sgd", "momentum", "adam", "adamw", "rmsprop"};
constexpr std::array<string_view, 4> schedules{"constant", "step", "cosine", "one-cycle"};
constexpr std::array<string_view, 3> averages{"none", "swa", "ema"};
constexpr std::array<string_view, 2> tasks{"classification", "regression"};
constexpr std::array<string_view, 3> headers{"auto", "yes", "no"};
constexpr std::array<string_view, 5> standards{"auto", "none", "features", "channels", "all"};
constexpr std::array<string_view, 2> precisions{"f32", "bf16"};
constexpr std::array<string_view, 2> combinations{"average", "vote"};

template <std::size_t N>
std::string listed(const std::array<string_view, N>& names) {
    return fmt::format("{}", fmt::join(names, " "));
}

template <class Enum, std::size_t N>
Value name_of(Enum value, const std::array<string_view, N>& names) {
    return std::string(names.at(static_cast<std::size_t>(value)));
}

template <class Enum, std::size_t N>
Enum choose(string_view text, const std::array<string_view, N>& names) {
    return static_cast<Enum>(parse_choice(text, names));
}

Value whole(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::string words(string_view text, string_view what) {
    if (text.empty()) fail(Failure::usage, "{} is missing", what);
    require_utf8(text, what);
    return std::string(text);
}

/// Columns by commas, kept as they are written.
std::string parse_ignored(string_view text) {
    std::string columns = words(text, "which columns to leave out");
    static_cast<void>(data::parse_columns(columns));
    return columns;
}

bool uses_rbm(const Options& o) {
    return o.training.initialiser == model::Initialiser::rbm;
}

/// A text that may be missing.
Setting optional_text(std::string name, string_view type, string_view help, std::string Options::*field,
                      string_view what) {
    return {std::move(name),
            "Data",
            std::string(type),
            std::string(help),
            "",
            Kind::value,
            [=](Options& o, string_view text) { o.*field = words(text, what); },
            [=](const Options& o) { return (o.*field).empty() ? std::nullopt : std::optional<Value>(o.*field); }};
}

bool uses_momentum(const Options& o) {
    return o.training.optimizer == OptimizerKind::momentum;
}
bool uses_moments(const Options& o) {
    return o.training.optimizer == OptimizerKind::adam || o.training.optimizer == OptimizerKind::adamw;
}
bool uses_rho(const Options& o) {
    return o.training.optimizer == OptimizerKind::rmsprop;
}
bool uses_epsilon(const Options& o) {
    return uses_moments(o) || uses_rho(o);
}
bool uses_step(const Options& o) {
    return o.training.schedule == ScheduleKind::step;
}

/// "none", "swa", "swa:START", "ema" or "ema:DECAY".
void set_average(train::Hyperparameters& h, string_view text) {
    const std::size_t colon = text.find(':');
    const auto kind = choose<AverageKind>(text.substr(0, colon), averages);
    if (colon != string_view::npos) {
        const string_view number = text.substr(colon + 1);
        switch (kind) {
            case AverageKind::none:
                fail(Failure::usage, "none takes no number");
            case AverageKind::swa:
                h.average_start = parse_number(number, {0, 1, false, true}, "0.75");
                break;
            case AverageKind::ema:
                h.average_decay = parse_number(number, {0, 1, true, true}, "0.999");
                break;
        }
    }
    h.average = kind;
}

Value average_text(const train::Hyperparameters& h) {
    switch (h.average) {
        case AverageKind::none:
            break;
        case AverageKind::swa:
            return fmt::format("swa:{}", h.average_start);
        case AverageKind::ema:
            return fmt::format("ema:{}", h.average_decay);
    }
    return "none";
}

/// A number of Hyperparameters that counts only where `used` says so.
Setting number_of(std::string name, string_view help, double train::Hyperparameters::*field, Range range,
                  string_view example, bool (*used)(const Options&), std::string belongs_to) {
    return {std::move(name),
            "Training",
            "X",
            fmt::format("{} ({})", help, train::Hyperparameters{}.*field),
            std::move(belongs_to),
            Kind::value,
            [=](Options& o, string_view text) { o.training.*field = parse_number(text, range, example); },
            [=](const Options& o) { return used(o) ? std::optional<Value>(o.training.*field) : std::nullopt; }};
}

std::vector<Setting> data_settings() {
    return {
        {"data", "Data", "WHAT", "built-in data or a path, see below", "", Kind::value,
         [](Options& o, string_view text) { o.data = words(text, "the name or path of the data"); },
         [](const Options& o) { return o.data; }},
        optional_text(
            "target", "WHICH",
            "a table's column to be learnt, its name or else its number from 1 (the last); or a .npy of labels",
            &Options::target, "the target"),
        {"header", "Data", "NAME", "does the first line of tables name the columns: " + listed(headers) + " (auto)", "",
         Kind::value, [](Options& o, string_view text) { o.header = choose<data::Header>(text, headers); },
         [](const Options& o) { return o.header ? std::optional(name_of(*o.header, headers)) : std::nullopt; }},
        {"ignore", "Data", "COLUMNS", "columns of tables to leave out: names, or else numbers, such as Id,Date or 1,4",
         "", Kind::value, [](Options& o, string_view text) { o.ignore = parse_ignored(text); },
         [](const Options& o) { return o.ignore.empty() ? std::nullopt : std::optional<Value>(o.ignore); }},
        optional_text("test", "FILE", "test rows, of the same kind as --data", &Options::test,
                      "the file of the test rows"),
        optional_text("test-target", "FILE", "labels of the test rows, where --test is a .npy", &Options::test_target,
                      "the file of the test rows' labels"),
        {"task", "Data", "NAME", listed(tasks) + " (by the target, see below)", "", Kind::value,
         [](Options& o, string_view text) { o.task = choose<data::Task>(text, tasks); },
         [](const Options& o) { return o.task ? std::optional(name_of(*o.task, tasks)) : std::nullopt; }},
        {"sequence", "Data", "TxF", "rows are T steps of F features, one step after the other", "", Kind::value,
         [](Options& o, string_view text) { o.preprocessing.sequence = parse_sequence(text); },
         [](const Options& o) {
             return o.preprocessing.sequence ? std::optional<Value>(text_of_sequence(*o.preprocessing.sequence))
                                             : std::nullopt;
         }},
        {"standardize", "Data", "NAME", "give features mean 0 and deviation 1: " + listed(standards) + ", see below",
         "", Kind::value,
         [](Options& o, string_view text) { o.preprocessing.standardize = choose<data::Standardize>(text, standards); },
         [](const Options& o) { return name_of(o.preprocessing.standardize, standards); }},
        {"features", "Data", "HOW", "fewer features: pca:K principal components, variance:K that vary most, or none",
         "", Kind::value, [](Options& o, string_view text) { parse_reduction(o.preprocessing, text); },
         [](const Options& o) { return text_of_reduction(o.preprocessing); }},
        {"augment", "Data", "HOW", "distort training images, such as shift:2,rotate:10,scale:0.1,elastic:3, see below",
         "", Kind::value, [](Options& o, string_view text) { o.augmentation = parse_augmentation(text); },
         [](const Options& o) { return text_of_augmentation(o.augmentation); }},
        {"test-views", "Data", "N",
         "predict a test image as the mean over itself and N - 1 copies distorted likewise (1)", "--augment",
         Kind::value, [](Options& o, string_view text) { o.test_views = parse_count(text, 1, 1000); },
         [](const Options& o) { return o.augmentation.any() ? std::optional(whole(o.test_views)) : std::nullopt; }},
        {"test-fraction", "Data", "SHARE", "share of the rows kept for testing (the data's own test set, else 0.2)", "",
         Kind::value,
         [](Options& o, string_view text) {
             o.test_fraction = parse_number(text, {0, 1, true, true}, "0.2");
         },
         [](const Options& o) { return o.test_fraction ? std::optional<Value>(*o.test_fraction) : std::nullopt; }},
        {"validation-fraction", "Data", "SHARE", "share of the other rows kept for validation", "", Kind::value,
         [](Options& o, string_view text) {
             o.validation_fraction = parse_number(text, {0, 1, true, true}, "0.1");
         },
         [](const Options& o) { return o.validation_fraction; }},
        {"train-limit", "Data", "N", "train on the first N rows after the seeded shuffle (all)", "", Kind::value,
         [](Options& o, string_view text) { o.train_limit = parse_count(text, 1, most); },
         [](const Options& o) { return o.train_limit > 0 ? std::optional(whole(o.train_limit)) : std::nullopt; }},
    };
}

std::vector<Setting> network_settings() {
    using H = train::Hyperparameters;
    constexpr std::uint64_t most_rbm_epochs = 100'000;  // all layers' epochs are numbered in 32 bits
    return {
        {"net", "Network", "NET",
         "layers such as 'dense(512) relu dropout(0.3)', a preset, or @FILE; without it, slim for the built-in digits, "
         "mlp for other data",
         "", Kind::value, [](Options& o, string_view text) { o.net = words(text, "the network"); },
         [](const Options& o) { return o.net; }},
        {"init", "Network", "NAME", "first weights: " + listed(initialisers), "", Kind::value,
         [](Options& o, string_view text) { o.training.initialiser = choose<model::Initialiser>(text, initialisers); },
         [](const Options& o) { return name_of(o.training.initialiser, initialisers); }},
        {"rbm-epochs", "Network", "N",
         fmt::format("of rbm: passes over the training rows for each hidden layer ({})", H{}.rbm_epochs), "--init rbm",
         Kind::value,
         [](Options& o, string_view text) { o.training.rbm_epochs = parse_count(text, 1, most_rbm_epochs); },
         [](const Options& o) { return uses_rbm(o) ? std::optional(whole(o.training.rbm_epochs)) : std::nullopt; }},
        {"rbm-cd", "Network", "K",
         fmt::format("of rbm: steps of contrastive divergence, CD-K ({})", H{}.rbm_gibbs_steps), "--init rbm",
         Kind::value, [](Options& o, string_view text) { o.training.rbm_gibbs_steps = parse_count(text, 1, 1000); },
         [](const Options& o) {
             return uses_rbm(o) ? std::optional(whole(o.training.rbm_gibbs_steps)) : std::nullopt;
         }},
        {"rbm-lr", "Network", "X", fmt::format("of rbm: learning rate ({})", H{}.rbm_learning_rate), "--init rbm",
         Kind::value,
         [](Options& o, string_view text) {
             o.training.rbm_learning_rate = parse_number(text, {0, infinity, true, true}, "0.1");
         },
         [](const Options& o) {
             return uses_rbm(o) ? std::optional<Value>(o.training.rbm_learning_rate) : std::nullopt;
         }},
    };
}

std::vector<Setting> training_settings() {
    using H = train::Hyperparameters;
    const Range share{0, 1, false, true};
    const Range positive{0, infinity, true, true};
    return {
        {"epochs", "Training", "N",
         "passes over the training rows; auto: 20, and more where that is less than 1,000 steps", "", Kind::value,
         [](Options& o, string_view text) { o.training.epochs = text == "auto" ? 0 : parse_count(text, 1, most); },
         [](const Options& o) { return o.training.epochs == 0 ? Value("auto") : whole(o.training.epochs); }},
        {"batch", "Training", "N", "rows per step", "", Kind::value,
         [](Options& o, string_view text) { o.training.batch = parse_count(text, 1, most); },
         [](const Options& o) { return whole(o.training.batch); }},
        {"optimizer", "Training", "NAME", listed(optimizers), "", Kind::value,
         [](Options& o, string_view text) { o.training.optimizer = choose<OptimizerKind>(text, optimizers); },
         [](const Options& o) { return name_of(o.training.optimizer, optimizers); }},
        {"lr", "Training", "X", "learning rate", "", Kind::value,
         [=](Options& o, string_view text) { o.training.learning_rate = parse_number(text, positive, "0.001"); },
         [](const Options& o) { return o.training.learning_rate; }},
        number_of("momentum", "of momentum", &H::momentum, share, "0.9", uses_momentum, "--optimizer momentum"),
        number_of("beta1", "of adam, adamw", &H::beta1, share, "0.9", uses_moments, "--optimizer adam or adamw"),
        number_of("beta2", "of adam, adamw", &H::beta2, share, "0.999", uses_moments, "--optimizer adam or adamw"),
        number_of("rho", "of rmsprop", &H::rho, share, "0.99", uses_rho, "--optimizer rmsprop"),
        number_of("epsilon", "of adam, adamw, rmsprop", &H::epsilon, positive, "1e-8", uses_epsilon,
                  "--optimizer adam, adamw or rmsprop"),
        {"schedule", "Training", "NAME", "learning rate over time: " + listed(schedules), "", Kind::value,
         [](Options& o, string_view text) { o.training.schedule = choose<ScheduleKind>(text, schedules); },
         [](const Options& o) { return name_of(o.training.schedule, schedules); }},
        {"schedule-step", "Training", "N", fmt::format("of step: epochs between two drops ({})", H{}.schedule_step),
         "--schedule step", Kind::value,
         [](Options& o, string_view text) { o.training.schedule_step = parse_count(text, 1, most); },
         [](const Options& o) { return uses_step(o) ? std::optional(whole(o.training.schedule_step)) : std::nullopt; }},
        number_of("schedule-factor", "of step: each drop", &H::schedule_factor, {0, 1, true, false}, "0.1", uses_step,
                  "--schedule step"),
        {"weight-decay", "Training", "X", "L2 penalty on weights (decoupled in adamw)", "", Kind::value,
         [](Options& o, string_view text) {
             o.training.weight_decay = parse_number(text, {0, infinity, false, true}, "1e-4");
         },
         [](const Options& o) { return o.training.weight_decay; }},
        {"max-norm", "Training", "C",
         "shorten the weights into each unit of a dense or maxout layer to the norm C (any norm)", "", Kind::value,
         [=](Options& o, string_view text) { o.training.max_norm = parse_number(text, positive, "3"); },
         [](const Options& o) {
             return o.training.max_norm > 0 ? std::optional<Value>(o.training.max_norm) : std::nullopt;
         }},
        {"label-smoothing", "Training", "SHARE", "train on labels of which all classes get an equal part of this share",
         "", Kind::value,
         [=](Options& o, string_view text) { o.training.label_smoothing = parse_number(text, share, "0.1"); },
         [](const Options& o) { return o.training.label_smoothing; }},
        {"average", "Training", "HOW",
         "predict with a mean of the weights: swa[:SHARE] over the ends of the epochs behind that share of them "
         "(0.75), "
         "ema[:DECAY] over all updates (0.999)",
         "", Kind::value, [](Options& o, string_view text) { set_average(o.training, text); },
         [](const Options& o) { return average_text(o.training); }},
        {"log-gradients", "Training", "",
         "record in history.jsonl how large the gradient is in each layer, at the first batch of each epoch", "",
         Kind::toggle, [](Options& o, string_view text) { o.training.log_gradients = parse_toggle(text); },
         [](const Options& o) { return o.training.log_gradients; }},
        {"evaluate-with-dropout", "Training", "",
         "make the mistake of leaving dropout on in validation and testing: scores get worse, for the lecture", "",
         Kind::toggle, [](Options& o, string_view text) { o.training.evaluate_with_dropout = parse_toggle(text); },
         [](const Options& o) { return o.training.evaluate_with_dropout; }},
        {"patience", "Training", "N",
         "stop after N epochs without a better validation loss and keep the best (0: never)", "", Kind::value,
         [](Options& o, string_view text) { o.training.patience = parse_count(text, 0, most); },
         [](const Options& o) { return whole(o.training.patience); }},
    };
}

std::vector<Setting> ensemble_settings() {
    // A member's number is part of the key of its random streams, and sums of probabilities hold 2^22 members.
    constexpr std::uint64_t most_members = std::uint64_t{1} << 22U;
    return {
        {"members", "Ensemble", "M", "networks in the ensemble", "", Kind::value,
         [](Options& o, string_view text) { o.members = parse_count(text, 1, most_members); },
         [](const Options& o) { return whole(o.members); }},
        {"bootstrap", "Ensemble", "", "each member sees its own bootstrap sample of the rows (--no-bootstrap: off)", "",
         Kind::toggle, [](Options& o, string_view text) { o.bootstrap = parse_toggle(text); },
         [](const Options& o) { return o.bootstrap; }},
        {"feature-fraction", "Ensemble", "SHARE", "each member sees its own random share of the features", "",
         Kind::value,
         [](Options& o, string_view text) {
             o.feature_fraction = parse_number(text, {0, 1, true, false}, "0.8");
         },
         [](const Options& o) { return o.feature_fraction; }},
        {"combine", "Ensemble", "NAME", "what predictions.npy holds: " + listed(combinations), "", Kind::value,
         [](Options& o, string_view text) { o.combine = choose<analysis::Combination>(text, combinations); },
         [](const Options& o) { return name_of(o.combine, combinations); }},
    };
}

std::vector<Setting> running_settings() {
    constexpr std::uint64_t most_signed = std::numeric_limits<std::int64_t>::max();
    return {
        {"seed", "Running", "N", "with the rest of the configuration it determines every bit of the result", "",
         Kind::value, [](Options& o, string_view text) { o.seed = parse_count(text, 0, most_signed); },
         [](const Options& o) { return whole(o.seed); }},
        {"precision", "Running", "NAME", "multiply in training in " + listed(precisions), "", Kind::value,
         [](Options& o, string_view text) { o.training.precision = choose<compute::Precision>(text, precisions); },
         [](const Options& o) { return name_of(o.training.precision, precisions); }},
    };
}

std::vector<Setting> all_settings() {
    std::vector<Setting> all;
    for (auto part : {data_settings(), network_settings(), training_settings(), ensemble_settings(), running_settings(),
                      conduct_settings()}) {
        std::move(part.begin(), part.end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace

std::span<const Setting> settings() {
    static const std::vector<Setting> all = all_settings();
    return all;
}

const Setting* find_setting(string_view name) {
    const auto all = settings();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Setting& s) { return s.name == name; });
    return found == all.end() ? nullptr : &*found;
}

std::string text_of(const Value& value) {
    return std::visit(
        [](const auto& held) {
            if constexpr (std::is_same_v<std::decay_t<decltype(held)>, bool>)
                return std::string(held ? "true" : "false");
            return fmt::format("{}", held);
        },
        value);
}

}  // namespace ensemble::run
