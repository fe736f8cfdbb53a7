#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "store/file.hpp"

namespace store {

/// Where a run puts its files; the names are part of the public interface.
class RunDirectory {
public:
    /// Makes the directory with its parents, members/ and logs/, and proves by writing that it takes files.
    /// Root only. Throws core::Error (usage) if it holds a run, finished or not, or cannot be written; then everything
    /// is as it was before.
    [[nodiscard]] static RunDirectory create(const std::filesystem::path& path, FileSystem& system);
    [[nodiscard]] static RunDirectory create(const std::filesystem::path& path);

    /// The directory that the root has made, for other ranks. Local; touches nothing.
    [[nodiscard]] static RunDirectory at(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path configuration() const { return path_ / "config.toml"; }
    [[nodiscard]] std::filesystem::path summary() const { return path_ / "summary.json"; }
    [[nodiscard]] std::filesystem::path history() const { return path_ / "history.jsonl"; }
    [[nodiscard]] std::filesystem::path predictions() const { return path_ / "predictions.npy"; }
    [[nodiscard]] std::filesystem::path votes() const { return path_ / "votes.npy"; }
    [[nodiscard]] std::filesystem::path members() const { return path_ / "members"; }
    [[nodiscard]] std::filesystem::path logs() const { return path_ / "logs"; }

    /// members/0007.ckpt
    [[nodiscard]] std::filesystem::path member(std::uint32_t index) const;

    /// logs/rank-0007.log
    [[nodiscard]] std::filesystem::path log(int rank) const;

    /// Adds a line to history.jsonl. Root only. Throws core::Error (run).
    void append_history(std::string_view line) const;

    /// Rewrites history.jsonl in the order of (member, epoch), atomically. Root only. Throws core::Error (run, data).
    void sort_history() const;

    /// Takes back what create() and the run have made, and nothing else: the run's files, then the directories that
    /// were made for it, as far as they are empty. For a run that is refused before it begins. Does nothing after at().
    void discard() noexcept;

private:
    explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;
    std::vector<std::filesystem::path> made_;  ///< directories, outermost first
    bool created_ = false;
};

}  // namespace store
