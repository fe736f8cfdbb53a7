#include "store/history.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ensemble::store {

std::string history_line(const train::EpochRecord& record, std::string_view score) {
    nlohmann::ordered_json line{{"member", record.member},
                                {"epoch", record.epoch},
                                {"train_loss", record.train_loss},
                                {"validation_loss", record.validation_loss},
                                {fmt::format("validation_{}", score), record.validation_score},
                                {"lr", record.learning_rate},
                                {"seconds", record.seconds},
                                {"samples_per_s", record.samples_per_s}};
    if (!record.gradient_norm.empty()) line["gradient_norm"] = record.gradient_norm;
    return line.dump();
}

namespace {

bool is_number_of_32_bits(const nlohmann::json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= std::numeric_limits<std::uint32_t>::max();
}

std::map<std::pair<std::uint32_t, std::uint32_t>, std::string_view> ordered_lines(std::string_view lines) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::string_view> ordered;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        const nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
        if (!record.is_object() || !record.contains("member") || !record.contains("epoch")) continue;
        const nlohmann::json& member = record["member"];
        const nlohmann::json& epoch = record["epoch"];
        if (!is_number_of_32_bits(member) || !is_number_of_32_bits(epoch)) continue;
        ordered[{member.get<std::uint32_t>(), epoch.get<std::uint32_t>()}] = line;
    }
    return ordered;
}

}  // namespace

std::string sorted_history(std::string_view lines, std::size_t members) {
    std::string sorted;
    for (const auto& [key, line] : ordered_lines(lines)) {
        if (key.first < members) sorted.append(line) += '\n';
    }
    return sorted;
}

EpochSeconds epochs_in_history(std::string_view lines) {
    EpochSeconds epochs;
    for (const auto& [key, line] : ordered_lines(lines)) {
        const nlohmann::json seconds = nlohmann::json::parse(line).value("seconds", nlohmann::json());
        epochs[key] = seconds.is_number() ? seconds.get<double>() : 0;
    }
    return epochs;
}

}  // namespace ensemble::store
