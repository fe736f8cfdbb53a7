#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ensemble::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// A function that reads what anybody may have written. Of any bytes it makes something, or it throws core::Error.
struct Reader {
    std::string_view name;

    /// Reads `input`; `scratch` is a directory of its own, for readers of files.
    std::function<void(const Bytes& input, const std::filesystem::path& scratch)> read;

    /// Whole inputs, to be changed.
    std::vector<Bytes> seeds;

    /// Words that its inputs are made of.
    std::vector<std::string> words = {};
};

/// Readers of data.
[[nodiscard]] std::vector<Reader> data_readers();

/// Readers of what a run is asked for and what it leaves.
[[nodiscard]] std::vector<Reader> run_readers();

}  // namespace ensemble::fuzz
