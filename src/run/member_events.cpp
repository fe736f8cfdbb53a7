#include "run/member_events.hpp"

#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/settings.hpp"
#include "model/layer_graph.hpp"

namespace ensemble::run {
namespace {

std::variant<bool, double, std::string> shown_as(const config::Value& value) {
    if (const auto* truth = std::get_if<bool>(&value)) return *truth;
    if (const auto* count = std::get_if<std::int64_t>(&value)) return static_cast<double>(*count);
    if (const auto* number = std::get_if<double>(&value)) return *number;
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
        return fmt::format("{}", fmt::join(*texts, ", "));
    return std::get<std::string>(value);
}

/// What the member is made by: its network and every setting that it is a function of.
store::Hyperparameters settings_of(const config::Experiment& experiment, std::uint32_t member) {
    const config::Options options = experiment.options_of(member);
    store::Hyperparameters settings;
    for (const config::Setting& setting : config::settings()) {
        if (!config::makes_members(setting.role)) continue;
        const auto value = setting.get(options);
        if (!value) continue;
        if (setting.name == "net") {
            settings.emplace_back(setting.name, experiment.network_of(member).text());
        } else {
            settings.emplace_back(setting.name, shown_as(*value));
        }
    }
    return settings;
}

}  // namespace

MemberEvents::MemberEvents(const config::Experiment& experiment, const train::MemberSpec& spec,
                           const train::MemberState* saved, const store::RunDirectory& directory,
                           std::function<void()> may_write)
    : experiment_(experiment),
      spec_(spec),
      name_(directory.member_events(spec.index).filename().string()),
      writer_(directory.tensorboard() / name_, saved != nullptr ? saved->epoch : 0, system_, std::move(may_write)) {}

void MemberEvents::begin() {
    if (std::exchange(has_begun_, true)) return;
    writer_.write_graph(model::layer_graph(*spec_.network));
    writer_.add_beginning(name_, settings_of(experiment_, spec_.index));
    writer_.write(0);
}

void MemberEvents::add_distributions(const train::MemberState& state) {
    if (!observer_) observer_.emplace(spec_);
    if (!observer_->is_due(state.epoch)) return;
    const train::Observation seen = observer_->look(state);
    const auto add = [&](std::string_view group, const std::vector<train::Distribution>& layers) {
        for (const auto& [name, histogram] : layers)
            writer_.add_histogram(fmt::format("{}/{}", group, name), histogram);
    };
    add("activations", seen.activations);
    add("gradients", seen.gradients);
    add("parameters", seen.parameters);
}

void MemberEvents::write_epochs(const train::MemberState& state) {
    for (; epochs_written_ < state.history.size(); ++epochs_written_) {
        const train::EpochRecord& record = state.history[epochs_written_];
        writer_.add_scalar("loss/train", record.train_loss);
        writer_.add_scalar("loss/validation", record.validation_loss);
        writer_.add_scalar(fmt::format("{}/validation", experiment_.task().metrics().front().name),
                           record.validation_score);
        writer_.add_scalar("learning_rate", record.learning_rate);
        writer_.write(record.epoch);
    }
}

void MemberEvents::look(const train::MemberState& state) {
    begin();
    write_epochs(state);
    add_distributions(state);
    writer_.write(state.epoch);
}

void MemberEvents::finish(const train::MemberState& state, const task::Scores& test) {
    begin();
    write_epochs(state);
    for (std::size_t i = 0; i < test.size(); ++i)
        writer_.add_scalar(fmt::format("test/{}", experiment_.task().metrics()[i].name), test[i]);
    writer_.add_end(state.excluded.empty());
    writer_.write(state.epoch);
}

}  // namespace ensemble::run
