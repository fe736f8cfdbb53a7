#include "store/timeline.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ensemble::store {

std::string timeline_line(const TimelineEntry& entry) {
    const std::string member = entry.member ? fmt::format(R"("member":{},)", *entry.member) : "";
    return fmt::format(R"({{"start":{},"rank":{},"what":"{}",{}"from":{:.9f},"to":{:.9f}}})", entry.start, entry.rank,
                       core::name_of(entry.activity), member, entry.from_s, entry.to_s);
}

namespace {

std::optional<TimelineEntry> entry_in(std::string_view line) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    try {
        TimelineEntry entry{.start = json.at("start").get<std::size_t>(), .rank = json.at("rank").get<int>()};
        const auto activity = json.at("what").get<std::string>();
        const auto names = core::names_of<Activity>();
        const auto found = std::ranges::find(names, activity);
        if (found == names.end()) return std::nullopt;
        entry.activity = static_cast<Activity>(found - names.begin());
        if (json.contains("member")) entry.member = json.at("member").get<std::uint32_t>();
        entry.from_s = json.at("from").get<double>();
        entry.to_s = json.at("to").get<double>();
        return entry;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace

std::vector<TimelineEntry> read_timeline(std::string_view lines) {
    std::vector<TimelineEntry> entries;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        if (auto entry = entry_in(line)) entries.push_back(*entry);
    }
    return entries;
}

}  // namespace ensemble::store
