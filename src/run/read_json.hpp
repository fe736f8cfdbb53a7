#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "store/file.hpp"

namespace ensemble::run {

/// read(json) of what a file of the run directory holds. Throws core::Error (data) where that is no JSON, or not what
/// `read` asks of it.
template <class Read>
[[nodiscard]] auto read_json(const std::filesystem::path& path, const Read& read) {
    try {
        const std::vector<std::byte> bytes = store::read_file(path);
        return read(nlohmann::json::parse(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())));
    } catch (const nlohmann::json::exception& error) {
        core::fail(core::Failure::data, "'{}' is damaged: {}", path.string(), error.what());
    }
}

}  // namespace ensemble::run
