#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/file.hpp"

namespace ensemble::run {

/// Where predictions go, as they are made.
class PredictionOutput {
public:
    PredictionOutput() = default;
    virtual ~PredictionOutput() = default;
    PredictionOutput(const PredictionOutput&) = delete;
    PredictionOutput& operator=(const PredictionOutput&) = delete;

    /// False where nobody wants more of it. Throws core::Error (run) where it cannot be written.
    [[nodiscard]] virtual bool write(std::span<const std::byte> bytes) = 0;

    /// All is written; a file gets its name.
    virtual void finish(std::uint64_t rows) = 0;
};

/// Standard output, called "-"; or a file, of `columns` numbers a row where its name ends in .npy, and compressed where
/// it ends in .gz.
[[nodiscard]] std::unique_ptr<PredictionOutput> open_prediction_output(const std::string& path, std::size_t columns);

/// Throws core::Error (usage) for what can be no name of a file, and for an array that is to be compressed: its header
/// has the number of rows, which is known when all are written.
void require_output_name(const std::string& out);

/// True for the name of an array.
[[nodiscard]] bool is_array_name(const std::string& path);

/// Throws core::Error (usage) where `out` is the file that is read.
void refuse_same_file(const std::string& data, const std::string& out);

}  // namespace ensemble::run
