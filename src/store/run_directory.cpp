#include "store/run_directory.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/path.hpp"
#include "store/history.hpp"
#include "store/prediction_files.hpp"

namespace ensemble::store {
namespace {

namespace fs = std::filesystem;

/// Larger than what a file system may keep inside an inode, so that a full disk shows.
constexpr std::size_t probe_size = 64 * 1024;

/// What a run writes beside its directories.
constexpr std::array<const char*, 17> file_names{"summary.json",      "config.toml",
                                                 "history.jsonl",     "timeline.jsonl",
                                                 "predictions.npy",   "votes.npy",
                                                 "uncertainty.npy",   "origin.json",
                                                 "partial.json",      "partial-predictions.npy",
                                                 "partial-votes.npy", "partial-uncertainty.npy",
                                                 "report.html",       "examples.json",
                                                 "regions.json",      "importance.json",
                                                 "groups.json"};

constexpr const char* other_directory = "choose another directory with --out";

/// Without "." and a slash at the end, which would hide the last name.
fs::path tidy(const fs::path& path) {
    const fs::path normal = core::tidy_path(path);
    return normal.has_filename() || !normal.has_relative_path() ? normal : normal.parent_path();
}

bool is_empty_or_missing(const fs::path& directory) {
    std::error_code ignored;
    if (!fs::exists(directory, ignored)) return true;
    // A start that was killed may have left its probes.
    const fs::directory_iterator entries(directory, ignored);
    return std::ranges::all_of(entries, [](const auto& entry) { return is_temporary(entry.path()); });
}

std::vector<fs::path> own_directories(const RunDirectory& run) {
    std::vector<fs::path> all{run.members(), run.checkpoints(), run.logs()};
    for (const std::string& set : run.evaluation_sets()) all.push_back(run.evaluation_set(set));
    return all;
}

void refuse_other_runs(const RunDirectory& run) {
    const std::string name = run.path().string();
    std::error_code error;
    const fs::file_status status = fs::status(run.path(), error);
    if (fs::exists(status) && !fs::is_directory(status)) {
        core::fail(core::Failure::usage, "'{}' is not a directory; {}", name, other_directory);
    }
    if (fs::exists(run.summary(), error)) {
        core::fail(core::Failure::usage, "'{}' holds a finished run (summary.json); {}, or move that one away", name,
                   other_directory);
    }
    if (fs::exists(run.configuration(), error)) {
        core::fail(core::Failure::usage,
                   "'{}' holds an unfinished run (config.toml without summary.json); go on with it by --resume, {}, or "
                   "remove that one",
                   name, other_directory);
    }
    for (const std::string_view file : file_names) {
        if (file != "origin.json" && fs::exists(run.path() / file, error)) {  // alone, that one is of a killed start
            core::fail(core::Failure::usage, "'{}' holds '{}' of another run; {}", name, file, other_directory);
        }
    }
    std::vector<fs::path> directories = own_directories(run);
    directories.push_back(run.tensorboard());
    for (const fs::path& directory : directories) {
        if (!is_empty_or_missing(directory)) {
            core::fail(core::Failure::usage, "'{}' holds files of another run; {}", directory.string(),
                       other_directory);
        }
    }
}

/// Makes `directory` and its parents; adds those that did not exist to `made`.
void make_directories(const fs::path& directory, std::vector<fs::path>& made, FileSystem& system) {
    std::error_code error;
    if (directory.empty() || fs::is_directory(directory, error)) return;
    make_directories(directory.parent_path(), made, system);
    error.clear();
    if (fs::create_directory(directory, error)) {
        made.push_back(directory);
        sync_directory(directory.has_parent_path() ? directory.parent_path() : fs::path("."), system);
        return;
    }
    const std::error_code why = error;
    if (fs::is_directory(directory, error)) return;
    const std::string reason = !why || fs::exists(directory, error)
                                   ? std::make_error_code(std::errc::not_a_directory).message()
                                   : why.message();
    core::fail(core::Failure::usage, "cannot make directory '{}': {}; {}", directory.string(), reason, other_directory);
}

void probe(const fs::path& directory, FileSystem& system) {
    const fs::path file = directory / fmt::format("{}{}", probe_prefix, ::getpid());
    try {
        write_file_atomically(file, std::vector<std::byte>(probe_size, std::byte{0x5a}), system);
    } catch (const core::Error&) {
        // The file has its name already if only the directory could not be made durable.
        system.unlink(file.c_str());
        throw;
    }
    system.unlink(file.c_str());
}

}  // namespace

RunDirectory RunDirectory::create(const fs::path& path, FileSystem& system, std::vector<std::string> sets) {
    if (path.empty()) core::fail(core::Failure::usage, "the run directory has no name; give one with --out");
    RunDirectory run(tidy(path), std::move(sets));
    refuse_other_runs(run);
    run.created_ = true;
    run.prepare(system);
    return run;
}

RunDirectory RunDirectory::resume(const fs::path& path, std::vector<std::string> sets) {
    RunDirectory run(tidy(path), std::move(sets));
    FileSystem system;
    run.prepare(system);
    return run;
}

/// Takes the lock, and makes sure that all directories are there and take files.
void RunDirectory::prepare(FileSystem& system) {
    const bool is_new = std::exchange(created_, false);  // nothing here is this run's own before it has the lock
    try {
        make_directories(path_, made_, system);
        lock_ = std::make_shared<RunLock>(path_ / "lock");
        std::error_code ignored;
        if (is_new) {
            refuse_other_runs(*this);  // another one may have come and gone meanwhile
            created_ = true;
        } else if (fs::exists(summary(), ignored)) {
            core::fail(core::Failure::usage, "the run in '{}' has been finished by another process", path_.string());
        }
        std::vector<fs::path> directories = own_directories(*this);
        directories.insert(directories.begin(), path_);
        for (const fs::path& directory : directories) {
            make_directories(directory, made_, system);
            store::remove_temporaries(directory);
            probe(directory, system);
        }
    } catch (const core::Error& error) {
        take_back();
        if (error.kind() == core::Failure::usage) throw;
        core::fail(core::Failure::usage, "the run directory '{}' does not take files: {}; or {}", path_.string(),
                   error.what(), other_directory);
    }
}

RunDirectory RunDirectory::create(const fs::path& path, std::vector<std::string> sets) {
    FileSystem system;
    return create(path, system, std::move(sets));
}

RunDirectory RunDirectory::open_finished(const fs::path& path) {
    RunDirectory run(tidy(path));
    std::error_code error;
    if (!fs::is_directory(run.path_, error))
        core::fail(core::Failure::usage, "there is no directory '{}'; check its path", path.string());
    if (!fs::exists(run.summary(), error)) return run;  // who opens it says what is there instead
    run.lock_ = std::make_shared<RunLock>(run.path_ / "lock");
    store::remove_temporaries(run.path_);
    return run;
}

RunDirectory RunDirectory::at(const fs::path& path) {
    return RunDirectory(tidy(path));
}

fs::path RunDirectory::member(std::uint32_t index) const {
    return members() / fmt::format("{:04}.ckpt", index);
}

fs::path RunDirectory::member_events(std::uint32_t index) const {
    return tensorboard() / fmt::format("member-{:04}", index);
}

fs::path RunDirectory::log(int rank) const {
    return logs() / fmt::format("rank-{:04}.log", rank);
}

void RunDirectory::append_history(std::string_view line) const {
    FileSystem system;
    append_line(history(), line, system);
}

EpochSeconds RunDirectory::sort_history(std::size_t members) const {
    std::error_code ignored;
    std::vector<std::byte> bytes;
    if (fs::exists(history(), ignored)) bytes = read_file(history());
    const std::string_view lines(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    write_file_atomically(history(), sorted_history(lines, members));
    return epochs_in_history(lines);
}

TimelineEntry RunDirectory::last_activity() const {
    TimelineEntry last{.start = 0};
    std::error_code ignored;
    if (!fs::exists(timeline(), ignored)) return last;
    const std::vector<std::byte> bytes = read_file(timeline());
    std::string whole;
    for (const TimelineEntry& entry : read_timeline({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
        if (entry.to_s >= last.to_s) last = entry;
        whole += timeline_line(entry) + '\n';
    }
    write_file_atomically(timeline(), whole);
    return last;
}

void RunDirectory::remove_temporaries() const noexcept {
    store::remove_temporaries(members());
    for (const std::string& set : sets_) store::remove_temporaries(evaluation_set(set));
}

void RunDirectory::remove_members(std::uint32_t first, std::uint32_t end) const noexcept {
    std::error_code ignored;
    for (std::uint32_t index = first; index < end; ++index) {
        fs::remove(member(index), ignored);
        for (const std::string& set : sets_)
            fs::remove(PredictionFiles(evaluation_set(set), 0, 0).path(index), ignored);
        fs::remove_all(member_events(index), ignored);
    }
}

void RunDirectory::remove_unfinished() const noexcept {
    std::error_code ignored;
    for (const fs::path& file : {partial_summary(), partial_predictions(), partial_votes(), partial_uncertainty()})
        fs::remove(file, ignored);
    fs::remove_all(checkpoints(), ignored);
}

void RunDirectory::discard() noexcept {
    if (created_) take_back();
}

void RunDirectory::take_back() noexcept {
    std::error_code ignored;
    if (std::exchange(created_, false)) {
        // create() has seen that none of these existed, so all of them are this run's own.
        for (const char* file : file_names) fs::remove(path_ / file, ignored);
        for (const fs::path& directory : own_directories(*this)) {
            for (const auto& entry : fs::directory_iterator(directory, ignored)) fs::remove(entry.path(), ignored);
        }
    }
    lock_.reset();
    for (const fs::path& directory : made_ | std::views::reverse) fs::remove(directory, ignored);
    made_.clear();
}

}  // namespace ensemble::store
