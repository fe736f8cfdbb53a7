#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/deadline.hpp"
#include "comm/process.hpp"

namespace ensemble::comm {

/// A rank that is not to be waited for any more.
struct RankFailure {
    int rank = 0;
    std::string why;  ///< "was killed or crashed"
};

/// The process_name() of each rank on the root, that of the root alone elsewhere. Collective.
[[nodiscard]] std::vector<std::string> processes_of(const Communicator& world);

/// Signs of life of the ranks of one run, by files in a folder that all of them share: MPI reports no death, and a
/// thread that trains may be busy for long. Each rank's own thread writes its sign again and again; rank 0's looks at
/// all of them, the others' at that of rank 0. Who is lost is told so by a file before anybody takes over its work, and
/// ends itself when it sees that; on the root's host it is killed.
///
/// Who may write to the folder can end this run, no more: no link in it is followed, what stands in a file decides
/// nothing but whether its writer lives, and which process a rank is, is told by the ranks themselves.
///
/// Ranks that do not hear of rank 0 any more end themselves with exit code 4. So does rank 0 if it knows of a loss and
/// its main thread, which should deal with it, does not ask for it.
class HeartbeatMonitor {
public:
    struct Rules {
        double dead_after_s = 60;  ///< without a sign of life
        bool recovers = false;     ///< a death is to be found at once, since the run goes on; else the launcher ends it
    };

    /// Removes what the monitor of an earlier run has left. For the root, before any rank begins.
    static void clear(const std::filesystem::path& folder);

    /// Begins. `processes` are the process_name() of each rank; all of them on the root, on others at least the root's.
    /// `note` takes what this rank should remember of it, from another thread. Throws core::Error (run) if this rank
    /// cannot write signs.
    HeartbeatMonitor(const std::filesystem::path& folder, int rank, const std::vector<std::string>& processes,
                     Rules rules, std::function<void(const std::string&)> note);

    /// Ends it: from now on nobody watches over this rank.
    ~HeartbeatMonitor();
    HeartbeatMonitor(const HeartbeatMonitor&) = delete;
    HeartbeatMonitor& operator=(const HeartbeatMonitor&) = delete;

    /// The main thread goes on. A rank whose main thread does not for a very long time gives no signs of life. Cheap.
    void turn() noexcept { turns_.fetch_add(1, std::memory_order_relaxed); }

    /// Who was lost since the last call. Root only.
    [[nodiscard]] std::vector<RankFailure> take_failures();

    /// Nobody is waited for any more: whoever is lost from now on is no loss, and this rank does not leave for it.
    /// Root only.
    void rest();

    /// Ends this process if it was given up: to be called before it writes what another rank may write now.
    void leave_if_lost() const;

private:
    /// What is known of another rank.
    struct Other {
        int rank = 0;
        std::string sign;
        Patience patience;  ///< since that sign was first seen
        bool lost = false;
        std::optional<Process> process;
    };

    void keep();
    void beat();
    void look(Other& other, bool reads);
    void lose(Other& other, const std::string& why);
    [[noreturn]] void leave(const std::string& why) const;

    /// Time in which this thread was held up, stopped or without an answer of the file system, is none in which others
    /// were silent: it held them up as well.
    [[nodiscard]] Patience patience(double limit_s) const { return Patience(limit_s, interval_s_); }
    [[nodiscard]] double longest_silence_s() const;

    int folder_ = -1;
    int rank_;
    Rules rules_;
    std::function<void(const std::string&)> note_;
    double interval_s_;  ///< between two signs
    std::atomic<std::uint64_t> turns_{0};

    // The thread's own.
    int file_ = -1;
    std::chrono::steady_clock::time_point last_signs_;
    std::uint64_t beats_ = 0;
    std::uint64_t turns_seen_ = 0;
    Patience patience_with_work_;
    std::vector<Other> others_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool over_ = false;
    bool rests_ = false;
    std::vector<RankFailure> failures_;
    Patience patience_with_losses_;  ///< since the oldest of them
    std::thread thread_;
};

}  // namespace ensemble::comm
