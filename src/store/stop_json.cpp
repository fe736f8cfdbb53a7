#include "store/stop_json.hpp"

#include <limits>

namespace ensemble::store {

using Json = nlohmann::ordered_json;

Json to_json(const analysis::StopResult& stop) {
    Json json{{"metric", stop.metric},   {"gain", stop.asked},  {"stopped", stop.stopped},
              {"planned", stop.planned}, {"round", stop.round}, {"members", stop.members}};
    if (stop.members > 0) json.update({{"added", stop.last.added}, {"bound", stop.last.bound}});
    return json;
}

analysis::StopResult stop_from_json(const task::Task& task, const Json& json) {
    analysis::StopResult stop{.metric = analysis::MarginalGains::metric_of(task),
                              .asked = json.at("gain"),
                              .planned = json.at("planned"),
                              .round = json.at("round"),
                              .members = json.at("members"),
                              .stopped = json.at("stopped")};
    // What is not finite is null.
    const auto number = [&](const char* name) {
        const Json& value = json.at(name);
        return value.is_null() ? std::numeric_limits<double>::infinity() : value.get<double>();
    };
    if (stop.members > 0) stop.last = {.added = number("added"), .bound = number("bound")};
    return stop;
}

}  // namespace ensemble::store
