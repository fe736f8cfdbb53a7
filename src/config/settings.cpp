#include "config/settings.hpp"

#include <algorithm>
#include <limits>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "config/conduct_settings.hpp"
#include "config/data_settings.hpp"
#include "config/ensemble_settings.hpp"
#include "config/parse_value.hpp"
#include "config/setting_kinds.hpp"
#include "core/error.hpp"
#include "task/task.hpp"

namespace ensemble::config {

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
using train::Hyperparameters;
using train::OptimizerKind;
using train::ScheduleKind;

constexpr std::uint64_t most_32_bits = std::numeric_limits<std::uint32_t>::max();

bool uses_rbm(const Options& o) {
    return o.training.initialiser == model::Initialiser::rbm;
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
void set_average(Hyperparameters& h, string_view text) {
    const std::size_t colon = text.find(':');
    const auto kind = parse_name<AverageKind>(text.substr(0, colon));
    if (colon != string_view::npos) {
        const string_view number = text.substr(colon + 1);
        switch (kind) {
            case AverageKind::none:
                fail(Failure::usage, "none takes no number");
            case AverageKind::swa:
                h.average_start = parse_number(number, share_below_one, "0.75");
                break;
            case AverageKind::ema:
                h.average_decay = parse_number(number, inner_share, "0.999");
                break;
        }
    }
    h.average = kind;
}

Value average_text(const Hyperparameters& h) {
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

/// A number of Hyperparameters that counts only where `used` says so, and whose help names its default.
Setting part(std::string name, string_view help, double Hyperparameters::*field, Numbers range, Used used,
             std::string belongs_to) {
    return number(
        {.name = std::move(name),
         .group = "Training",
         .type = "X",
         .help = fmt::format("{} ({})", help, Hyperparameters{}.*field),
         .belongs_to = std::move(belongs_to)},
        [field](auto& o) -> auto& { return o.training.*field; }, range, std::move(used));
}

/// The same of a whole number.
Setting part(Caption caption, std::size_t Hyperparameters::*field, WholeNumbers range, Used used) {
    caption.help += fmt::format(" ({})", Hyperparameters{}.*field);
    return whole_number(
        std::move(caption), [field](auto& o) -> auto& { return o.training.*field; }, range, std::move(used));
}

std::vector<string_view> loss_names() {
    std::vector<string_view> names;
    for (const task::Task& task : task::tasks()) names.push_back(task.loss_name);
    return names;
}

std::vector<Setting> network_settings() {
    using H = Hyperparameters;
    constexpr std::uint64_t most_rbm_epochs = 100'000;  // all layers' epochs are numbered in 32 bits
    const auto network = [](std::string name, std::string type, std::string help, std::string belongs_to = "") {
        return Caption{.name = std::move(name),
                       .group = "Network",
                       .type = std::move(type),
                       .help = std::move(help),
                       .belongs_to = std::move(belongs_to)};
    };
    return {
        list(
            network(
                "net", "NET",
                "layers such as 'dense(512) relu dropout(0.3)', a preset, or @FILE; several times: members take them "
                "in turn; without it, slim for the built-in digits, mlp for other data"),
            AnyText{}, [](auto& o) -> auto& { return o.nets; },
            [](Options& o, string_view given) {
                if (given.empty()) fail(Failure::usage, "the network is missing");
                require_utf8(given, "the network");
                o.nets.emplace_back(given);
            },
            [](const Options& o, std::size_t place) { return o.nets[place]; }),
        choice(
            network("init", "NAME", "first weights: "), [](auto& o) -> auto& { return o.training.initialiser; }),
        part(network("rbm-epochs", "N", "of rbm: passes over the training rows for each hidden layer", "--init rbm"),
             &H::rbm_epochs, {1, most_rbm_epochs}, uses_rbm),
        part(network("rbm-cd", "K", "of rbm: steps of contrastive divergence, CD-K", "--init rbm"), &H::rbm_gibbs_steps,
             {1, 1000}, uses_rbm),
        number(
            network("rbm-lr", "X", fmt::format("of rbm: learning rate ({})", H{}.rbm_learning_rate), "--init rbm"),
            [](auto& o) -> auto& { return o.training.rbm_learning_rate; }, {positive, "0.1", true}, uses_rbm),
    };
}

Caption training(std::string name, std::string type, std::string help) {
    return {.name = std::move(name), .group = "Training", .type = std::move(type), .help = std::move(help)};
}

std::vector<Setting> optimisation_settings() {
    using H = Hyperparameters;
    return {
        whole_number(training("epochs", "N",
                              "passes over the training rows; auto: 20, and more where that is less than 1,000 steps"),
                     [](auto& o) -> auto& { return o.training.epochs; }, {1, most_32_bits, "auto"}),
        one_of(
            {.name = "loss",
             .group = "Training",
             .type = "NAME",
             .help = "of classes, or of numbers: ",
             .role = Role::shared},
            [](auto& o) -> auto& { return o.loss; }, loss_names(),
            " (cross-entropy; of numbers gaussian, which learns a variance for each row)"),
        whole_number(training("batch", "N", "rows per step"), [](auto& o) -> auto& { return o.training.batch; },
                     {1, most_32_bits}),
        choice(
            training("optimizer", "NAME", ""), [](auto& o) -> auto& { return o.training.optimizer; }),
        number(training("lr", "X", "learning rate"), [](auto& o) -> auto& { return o.training.learning_rate; },
               {positive, "0.001", true}),
        part("momentum", "of momentum", &H::momentum, {share_below_one, "0.9"}, uses_momentum, "--optimizer momentum"),
        part("beta1", "of adam, adamw", &H::beta1, {share_below_one, "0.9"}, uses_moments, "--optimizer adam or adamw"),
        part("beta2", "of adam, adamw", &H::beta2, {share_below_one, "0.999"}, uses_moments,
             "--optimizer adam or adamw"),
        part("rho", "of rmsprop", &H::rho, {share_below_one, "0.99"}, uses_rho, "--optimizer rmsprop"),
        part("epsilon", "of adam, adamw, rmsprop", &H::epsilon, {positive, "1e-8", true}, uses_epsilon,
             "--optimizer adam, adamw or rmsprop"),
        choice(
            training("schedule", "NAME", "learning rate over time: "),
            [](auto& o) -> auto& { return o.training.schedule; }),
        part({.name = "schedule-step",
              .group = "Training",
              .type = "N",
              .help = "of step: epochs between two drops",
              .belongs_to = "--schedule step"},
             &H::schedule_step, {1, most_32_bits}, uses_step),
        part("schedule-factor", "of step: each drop", &H::schedule_factor, {share_or_all, "0.1"}, uses_step,
             "--schedule step"),
    };
}

std::vector<Setting> regularisation_settings() {
    return {
        number(training("weight-decay", "X", "L2 penalty on weights (decoupled in adamw)"),
               [](auto& o) -> auto& { return o.training.weight_decay; }, {not_negative, "1e-4", true}),
        number(
            training("clip-norm", "C",
                     "shorten the gradient of all parameters together to the norm C before each update (any norm)"),
            [](auto& o) -> auto& { return o.training.clip_norm; }, {positive, "1", true},
            [](const Options& o) { return o.training.clip_norm > 0; }),
        number(
            training("max-norm", "C",
                     "shorten the weights into each unit of a dense or maxout layer to the norm C (any norm)"),
            [](auto& o) -> auto& { return o.training.max_norm; }, {positive, "3", true},
            [](const Options& o) { return o.training.max_norm > 0; }),
        number(training("label-smoothing", "SHARE",
                        "train on labels of which all classes get an equal part of this share"),
               [](auto& o) -> auto& { return o.training.label_smoothing; }, {share_below_one, "0.1"}),
        number(
            training("adversarial", "EPS",
                     "train on each batch as it is and moved by EPS of the range of each feature in the direction "
                     "that raises its loss (0: only as it is)"),
            [](auto& o) -> auto& { return o.training.adversarial; }, {not_negative, "0.01", true},
            [](const Options& o) { return o.training.adversarial > 0; }),
        setting_of(
            {.name = "weight-average",
             .group = "Training",
             .type = "HOW",
             .help = "predict with a mean of the weights: swa[:SHARE] over the ends of the epochs behind that "
                     "share of them (0.75), ema[:DECAY] over all updates (0.999)",
             .former = "average"},
            Notation{}, [](Options& o, string_view given) { set_average(o.training, given); },
            [](const Options& o) { return average_text(o.training); }),
        toggle(
            training("log-gradients", "",
                     "record in history.jsonl how large the gradient is in each layer, at the first batch of each "
                     "epoch"),
            [](auto& o) -> auto& { return o.training.log_gradients; }),
        toggle(
            training("evaluate-with-dropout", "",
                     "make the mistake of leaving dropout on in validation and testing: scores get worse, for the "
                     "lecture"),
            [](auto& o) -> auto& { return o.training.evaluate_with_dropout; }),
        whole_number(training("patience", "N",
                              "stop after N epochs without a better validation loss and keep the best (0: never)"),
                     [](auto& o) -> auto& { return o.training.patience; }, {0, most_32_bits}),
    };
}

std::vector<Setting> running_settings() {
    constexpr std::uint64_t most_signed = std::numeric_limits<std::int64_t>::max();
    const auto running = [](std::string name, std::string type, std::string help, Role role) {
        return Caption{.name = std::move(name),
                       .group = "Running",
                       .type = std::move(type),
                       .help = std::move(help),
                       .role = role};
    };
    return {
        whole_number(running("seed", "N", "with the rest of the configuration it determines every bit of the result",
                             Role::shared),
                     [](auto& o) -> auto& { return o.seed; }, {0, most_signed}),
        choice(
            running("precision", "NAME", "multiply in training in ", Role::member),
            [](auto& o) -> auto& { return o.training.precision; }),
    };
}

std::vector<Setting> all_settings() {
    std::vector<Setting> all;
    for (auto part : {data_settings(), network_settings(), optimisation_settings(), regularisation_settings(),
                      ensemble_settings(), running_settings(), conduct_settings()}) {
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
    const auto found = std::find_if(all.begin(), all.end(), [&](const Setting& s) {
        return s.name == name || (!s.former.empty() && s.former == name);
    });
    return found == all.end() ? nullptr : &*found;
}

std::string text_of(const Value& value) {
    return std::visit(
        [](const auto& held) {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, bool>)
                return std::string(held ? "true" : "false");
            else if constexpr (std::is_same_v<Held, std::vector<std::string>>)
                return fmt::format("{}", fmt::join(held, ", "));
            else
                return fmt::format("{}", held);
        },
        value);
}

}  // namespace ensemble::config
