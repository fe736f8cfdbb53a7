#include "store/prediction_files.hpp"

#include <array>
#include <chrono>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/npy.hpp"
#include "store/npy.hpp"

namespace ensemble::store {
namespace {

namespace fs = std::filesystem;

/// Opens the file and leaves it at its first value. Throws core::Error (data) unless it holds float32 [rows × width].
std::ifstream open_values(const fs::path& path, std::size_t rows, std::size_t width) {
    std::ifstream file(path, std::ios::binary);
    if (!file) core::fail(core::Failure::data, "cannot read '{}'", path.string());
    std::array<char, 256> head{};  // more than write() needs for a header
    file.read(head.data(), head.size());
    const auto bytes = std::as_bytes(std::span(head)).first(static_cast<std::size_t>(file.gcount()));
    const core::NpyHeader header = core::read_npy_header(bytes, path.string());
    std::error_code error;
    const bool fits = header.type == "<f4" && !header.fortran_order &&
                      header.extents == std::vector<std::uint64_t>{rows, width} &&
                      fs::file_size(path, error) == header.body + rows * width * sizeof(float);
    if (!fits) {
        core::fail(core::Failure::data, "'{}' does not hold predictions of {} rows with {} numbers each", path.string(),
                   rows, width);
    }
    file.clear();
    file.seekg(static_cast<std::streamoff>(header.body));
    return file;
}

void read_values(std::ifstream& file, std::span<float> out, const fs::path& path) {
    const auto bytes = static_cast<std::streamsize>(out.size_bytes());
    if (!file.read(reinterpret_cast<char*>(out.data()), bytes))
        core::fail(core::Failure::data, "'{}' ends early", path.string());
}

/// A network file system may take a moment to show what another host has written.
void wait_for(const fs::path& path) {
    constexpr int tries = 40;
    std::error_code ignored;
    for (int i = 0; i < tries && !fs::exists(path, ignored); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace

fs::path PredictionFiles::path(std::uint32_t member) const {
    return directory_ / fmt::format("{:04}.npy", member);
}

void PredictionFiles::write(std::uint32_t member, std::span<const float> predictions) const {
    write_file_atomically(path(member), to_npy(predictions, rows_, width_));
}

std::optional<std::vector<float>> PredictionFiles::read(std::uint32_t member) const {
    try {
        std::ifstream file = open_values(path(member), rows_, width_);
        std::vector<float> predictions(rows_ * width_);
        read_values(file, predictions, path(member));
        return predictions;
    } catch (const core::Error&) {
        return std::nullopt;  // predicting again costs less than asking somebody
    }
}

void PredictionFiles::read_rows(std::uint32_t member, std::size_t first, std::size_t count,
                                std::span<float> out) const {
    core::require(first + count <= rows_ && out.size() == count * width_, "rows are some of the set");
    wait_for(path(member));
    std::ifstream file = open_values(path(member), rows_, width_);
    file.seekg(static_cast<std::streamoff>(first * width_ * sizeof(float)), std::ios::cur);
    read_values(file, out, path(member));
}

std::vector<float> read_rows_of(const PredictionFiles& files, std::span<const std::uint32_t> members, std::size_t first,
                                std::size_t count) {
    const std::size_t each = count * files.width();
    std::vector<float> block(members.size() * each);
    for (std::size_t i = 0; i < members.size(); ++i)
        files.read_rows(members[i], first, count, std::span(block).subspan(i * each, each));
    return block;
}

}  // namespace ensemble::store
