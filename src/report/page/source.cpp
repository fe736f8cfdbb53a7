#include "report/page/source.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/error.hpp"

namespace ensemble::report {
namespace {

const Json nothing;

const task::Task& task_of(const Json& summary) {
    const std::string name = text_of(at(summary, "task"));
    for (const task::Task& task : task::tasks()) {
        if (core::name_of(task.kind) == name) return task::standard_task(task.kind);
    }
    core::fail(core::Failure::data, "the summary names no task that this program knows ('{}'), so there is no page",
               name);
}

/// The objects of a file of one JSON object a line; lines that are none are left out.
std::vector<Json> objects_in(std::string_view lines) {
    std::vector<Json> objects;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        Json object = Json::parse(line, nullptr, false);
        if (object.is_object()) objects.push_back(std::move(object));
    }
    return objects;
}

/// A whole number that is no larger than `most`.
std::optional<std::uint32_t> whole(const Json& json, std::uint32_t most) {
    if (!json.is_number_integer()) return {};
    const auto value = json.get<std::int64_t>();
    if (value < 0 || value > most) return {};
    return static_cast<std::uint32_t>(value);
}

std::vector<Epoch> read_epochs(std::string_view history, std::string_view score) {
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    std::vector<Epoch> epochs;
    for (const Json& line : objects_in(history)) {
        const auto member = whole(at(line, "member"), most);
        const auto epoch = whole(at(line, "epoch"), most);
        if (!member || !epoch) continue;
        epochs.push_back({.member = *member,
                          .epoch = *epoch,
                          .train_loss = number_of(at(line, "train_loss")),
                          .validation_loss = number_of(at(line, "validation_loss")),
                          .validation_score = number_of(at(line, fmt::format("validation_{}", score)))});
    }
    return epochs;
}

std::vector<Span> read_spans(std::string_view timeline) {
    constexpr std::uint32_t most_ranks = 1'000'000;
    std::vector<Span> spans;
    for (const Json& line : objects_in(timeline)) {
        const auto rank = whole(at(line, "rank"), most_ranks);
        const Span span{.rank = rank.value_or(0),
                        .what = text_of(at(line, "what")),
                        .from = number_of(at(line, "from")),
                        .to = number_of(at(line, "to"))};
        if (rank && span.from >= 0 && span.to >= span.from) spans.push_back(span);
    }
    return spans;
}

/// Settings of one member, in the order of the summary: "lr 0.01, batch 50".
std::string settings_text(const Json& settings) {
    std::string line;
    if (!settings.is_object()) return line;
    for (const auto& [name, value] : settings.items()) {
        line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name, text_of(value));
    }
    return line;
}

}  // namespace

const Json& at(const Json& json, std::string_view path) {
    const Json* place = &json;
    while (!path.empty()) {
        const std::string_view name = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), name.size() + 1));
        if (place->is_array()) {
            std::size_t i = 0;
            const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), i);
            if (error != std::errc{} || end != name.data() + name.size() || i >= place->size()) return nothing;
            place = &(*place)[i];
            continue;
        }
        if (!place->is_object()) return nothing;
        const auto found = place->find(std::string(name));
        if (found == place->end()) return nothing;
        place = &*found;
    }
    return *place;
}

double number_of(const Json& json) {
    return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::size_t whole_number(const Json& json) {
    constexpr std::int64_t most = std::int64_t{1} << 53;
    if (!json.is_number_integer()) return 0;
    const auto value = json.get<std::int64_t>();
    return value < 0 || value > most ? 0 : static_cast<std::size_t>(value);
}

std::string text_of(const Json& json) {
    if (json.is_string()) return json.get<std::string>();
    return json.is_null() ? std::string() : json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<double> numbers_of(const Json& json) {
    std::vector<double> values;
    if (!json.is_array()) return values;
    for (const Json& value : json) values.push_back(number_of(value));
    return values;
}

Source::Source(const PageInput& input)
    : summary_(input.summary),
      extras_(input.extras),
      task_(&task_of(input.summary)),
      epochs_(read_epochs(input.history, task_->metrics().front().name)),
      spans_(read_spans(input.timeline)) {
    read_members();
    combine_ = text_of(at("gain/combine"));
    constexpr std::size_t most_classes = 100'000;
    const std::size_t classes = classifies() ? whole_number(at("data/classes")) : 0;
    const Json& names = at("data/class_names");
    for (std::size_t label = 0; label < std::min(classes, most_classes); ++label) {
        const bool is_named = names.is_array() && label < names.size();
        class_names_.push_back(is_named ? text_of(names[label]) : std::to_string(label));
    }
}

void Source::read_members() {
    const Json& members = at("members");
    if (!members.is_array()) return;
    for (const Json& member : members) {
        const auto index = whole(report::at(member, "index"), std::numeric_limits<std::uint32_t>::max());
        if (!index) continue;
        members_.push_back({.index = *index,
                            .net = text_of(report::at(member, "net")),
                            .settings = settings_text(report::at(member, "settings")),
                            .of = &member,
                            .excluded = text_of(report::at(member, "excluded"))});
        if (members_.back().excluded.empty()) ++included_;
    }
}

const Json& Source::at(std::string_view path) const {
    return report::at(summary_, path);
}

}  // namespace ensemble::report
