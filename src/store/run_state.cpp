#include "store/run_state.hpp"

#include <string>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "store/file.hpp"
#include "store/run_directory.hpp"

namespace ensemble::store {
namespace {

std::string text_of_file(const std::filesystem::path& file) {
    const std::vector<std::byte> bytes = read_file(file);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// It is what says that a run is complete, and this program writes no part of it.
void require_summary(const std::filesystem::path& file) {
    const nlohmann::json summary = nlohmann::json::parse(text_of_file(file), nullptr, false);
    const bool is_whole = summary.is_object() && summary.contains("members") && summary["members"].is_array() &&
                          summary.contains("ensemble") && summary["ensemble"].is_object();
    if (is_whole) return;
    core::fail(
        core::Failure::data,
        "'{}' is damaged, so it cannot be told whether the run is complete; remove it, and --resume sums up what is "
        "there",
        file.string());
}

}  // namespace

RunState state_of_run(const std::filesystem::path& directory) {
    const auto run = RunDirectory::at(directory);
    std::error_code ignored;
    if (std::filesystem::exists(run.summary(), ignored)) {
        require_summary(run.summary());
        return RunState::finished;
    }
    return std::filesystem::exists(run.configuration(), ignored) ? RunState::begun : RunState::none;
}

}  // namespace ensemble::store
