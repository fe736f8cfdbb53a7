#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/file.hpp"
#include "store/history.hpp"
#include "store/run_lock.hpp"
#include "store/timeline.hpp"

namespace ensemble::store {

/// The rows that finished members predict in every run, by the names of their directories.
inline constexpr std::array<std::string_view, 2> evaluation_set_names{"validation", "test"};

/// Where a run puts its files; the names are part of the public interface.
/// Who makes or resumes one is its only writer, with the ranks of the same run, until the object ends.
class RunDirectory {
public:
    /// Makes the directory with its parents and its own directories, and proves by writing that it takes
    /// files. Root only. Throws core::Error (usage) if it holds a run, finished or not, is in use, or cannot be
    /// written; then everything is as it was before. `sets` are the names of all evaluation sets.
    [[nodiscard]] static RunDirectory create(const std::filesystem::path& path, FileSystem& system,
                                             std::vector<std::string> sets = standard_sets());
    [[nodiscard]] static RunDirectory create(const std::filesystem::path& path,
                                             std::vector<std::string> sets = standard_sets());

    /// The directory of an unfinished run, to go on with it; what a killed writer left half-done is removed.
    /// Root only. Throws core::Error (usage) like create(), or if the run is finished.
    [[nodiscard]] static RunDirectory resume(const std::filesystem::path& path,
                                             std::vector<std::string> sets = standard_sets());

    /// The directory of a finished run, to write its analysis anew. Root only. Throws core::Error (usage) if there is
    /// no such directory, or another process writes there.
    [[nodiscard]] static RunDirectory open_finished(const std::filesystem::path& path);

    /// The directory that the root has made, for other ranks. Local; touches nothing.
    [[nodiscard]] static RunDirectory at(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::filesystem::path configuration() const { return path_ / "config.toml"; }
    [[nodiscard]] std::filesystem::path origin() const { return path_ / "origin.json"; }
    [[nodiscard]] std::filesystem::path summary() const { return path_ / "summary.json"; }
    [[nodiscard]] std::filesystem::path model() const { return path_ / "model.json"; }
    [[nodiscard]] std::filesystem::path history() const { return path_ / "history.jsonl"; }
    [[nodiscard]] std::filesystem::path timeline() const { return path_ / "timeline.jsonl"; }
    [[nodiscard]] std::filesystem::path predictions() const { return path_ / "predictions.npy"; }
    [[nodiscard]] std::filesystem::path votes() const { return path_ / "votes.npy"; }
    [[nodiscard]] std::filesystem::path uncertainty() const { return path_ / "uncertainty.npy"; }
    [[nodiscard]] std::filesystem::path page() const { return path_ / "report.html"; }
    [[nodiscard]] std::filesystem::path examples() const { return path_ / "examples.json"; }
    /// Where the points of the set "grid" are, how the rows of the set "importance" were made, and in which groups
    /// coverage is told; there only with these.
    [[nodiscard]] std::filesystem::path regions() const { return path_ / "regions.json"; }
    [[nodiscard]] std::filesystem::path importance() const { return path_ / "importance.json"; }
    [[nodiscard]] std::filesystem::path groups() const { return path_ / "groups.json"; }
    /// predictions/SET: what members predict of it, NNNN.npy, and rows.npy and targets.npy.
    [[nodiscard]] std::filesystem::path evaluation_set(std::string_view name) const {
        return path_ / "predictions" / name;
    }

    /// The evaluation sets that have directories here. REQUIRES: create() or resume().
    [[nodiscard]] const std::vector<std::string>& evaluation_sets() const noexcept { return sets_; }
    [[nodiscard]] std::filesystem::path members() const { return path_ / "members"; }
    [[nodiscard]] std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
    [[nodiscard]] std::filesystem::path logs() const { return path_ / "logs"; }

    /// Event files, in a directory for each member and one for the ensemble; there only where they are asked for.
    [[nodiscard]] std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }
    [[nodiscard]] std::filesystem::path member_events(std::uint32_t index) const;

    // Of a run that was stopped; partial.json is written last.
    [[nodiscard]] std::filesystem::path partial_summary() const { return path_ / "partial.json"; }
    [[nodiscard]] std::filesystem::path partial_predictions() const { return path_ / "partial-predictions.npy"; }
    [[nodiscard]] std::filesystem::path partial_votes() const { return path_ / "partial-votes.npy"; }
    [[nodiscard]] std::filesystem::path partial_uncertainty() const { return path_ / "partial-uncertainty.npy"; }

    /// members/0007.ckpt
    [[nodiscard]] std::filesystem::path member(std::uint32_t index) const;

    /// logs/rank-0007.log
    [[nodiscard]] std::filesystem::path log(int rank) const;

    /// Adds a line to history.jsonl. Root only. Throws core::Error (run).
    void append_history(std::string_view line) const;

    /// Rewrites history.jsonl in the order of (member, epoch), without lines cut short and those of members from
    /// `members` on, atomically; returns its epochs.
    /// A file that is missing is made. Root only. Throws core::Error (run, data).
    EpochSeconds sort_history(std::size_t members = all_members) const;

    /// The last that timeline.jsonl tells of an earlier start of the program: start 0, until 0, where there was none.
    /// Removes lines cut short. Root only. Throws core::Error (run, data).
    [[nodiscard]] TimelineEntry last_activity() const;

    /// Removes what writers that were lost left half-done.
    void remove_temporaries() const noexcept;

    /// Removes all that members [first, end) have left behind but for history.jsonl: they are no part of the results.
    /// Root only.
    void remove_members(std::uint32_t first, std::uint32_t end) const noexcept;

    /// Removes partial results and checkpoints, which a run that is complete needs no more. Root only.
    void remove_unfinished() const noexcept;

    /// False on a file system that has no locks; then nothing keeps a second run from writing here.
    [[nodiscard]] bool is_locked() const noexcept { return lock_ && lock_->is_sure(); }

    /// Takes back what create() and the run have made, and nothing else: the run's files, then the directories that
    /// were made for it, as far as they are empty. For a run that is refused before it begins. Does nothing after at()
    /// and resume().
    void discard() noexcept;

private:
    explicit RunDirectory(std::filesystem::path path, std::vector<std::string> sets = standard_sets())
        : path_(std::move(path)), sets_(std::move(sets)) {}

    [[nodiscard]] static std::vector<std::string> standard_sets() {
        return {evaluation_set_names.begin(), evaluation_set_names.end()};
    }
    void prepare(FileSystem& system);
    void take_back() noexcept;

    std::filesystem::path path_;
    std::vector<std::string> sets_;
    std::vector<std::filesystem::path> made_;  ///< directories, outermost first
    std::shared_ptr<RunLock> lock_;
    bool created_ = false;
};

}  // namespace ensemble::store
