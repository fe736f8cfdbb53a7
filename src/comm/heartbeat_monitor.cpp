#include "comm/heartbeat_monitor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "comm/status_file.hpp"
#include "core/error.hpp"
#include "core/thread.hpp"

namespace ensemble::comm {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::string_view sign_ending = ".alive";
constexpr std::string_view verdict_ending = ".lost";

/// Signs of life in the time after which a rank is given up; a machine with too few cores delays them.
constexpr double signs_per_life = 10;
constexpr double longest_interval_s = 2;

/// A look at processes of one's own host costs nothing.
constexpr Seconds longest_pause(0.1);

/// The main thread may be busy with one piece of work for so many times as long as a rank may be silent.
constexpr double patience_with_work = 30;

/// A rank that sees the root's process end may still get its last letter.
constexpr double farewell_s = 1;

std::string sign_of(int rank) {
    return fmt::format("rank-{:04}{}", rank, sign_ending);
}

std::string verdict_on(int rank) {
    return fmt::format("rank-{:04}{}", rank, verdict_ending);
}

/// What a file holds, or nothing. Only a plain file counts: a pipe would keep its reader waiting.
std::string text_in(int folder, const std::string& name) {
    const int file = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return "";
    std::array<char, 512> text{};
    struct stat status {};
    const bool is_plain = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    const ssize_t size = is_plain ? ::pread(file, text.data(), text.size(), 0) : 0;
    ::close(file);
    return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// A file of that name which is nobody's yet: what was there before, a link say, is removed, not written to.
int create_file(int folder, const std::string& name) {
    constexpr mode_t permissions = 0666;
    ::unlinkat(folder, name.c_str(), 0);
    return ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions);
}

}  // namespace

std::vector<std::string> processes_of(const Communicator& world) {
    Communicator ranks = world;
    std::vector<std::string> names = ranks.gather(process_name());
    std::vector<std::byte> root;
    if (ranks.is_root()) {
        const auto bytes = std::as_bytes(std::span(names.front()));
        root.assign(bytes.begin(), bytes.end());
    }
    ranks.broadcast(root);
    if (!ranks.is_root()) names = {std::string(reinterpret_cast<const char*>(root.data()), root.size())};
    return names;
}

void HeartbeatMonitor::clear(const fs::path& folder) {
    std::error_code ignored;
    std::vector<fs::path> old;
    if (fs::is_symlink(folder, ignored)) return;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const auto ending = entry.path().extension();
        if (ending == sign_ending || ending == verdict_ending) old.push_back(entry.path());
    }
    for (const fs::path& path : old) fs::remove(path, ignored);
}

HeartbeatMonitor::HeartbeatMonitor(const fs::path& folder, int rank, const std::vector<std::string>& processes,
                                   Rules rules, std::function<void(const std::string&)> note)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)),
      rank_(rank),
      rules_(rules),
      note_(std::move(note)),
      interval_s_(std::min(longest_interval_s, rules.dead_after_s / signs_per_life)),
      patience_with_work_(patience(patience_with_work * rules.dead_after_s)),
      patience_with_losses_(patience(rules.dead_after_s)) {
    file_ = folder_ < 0 ? -1 : create_file(folder_, sign_of(rank));
    if (file_ < 0) {
        const int reason = errno;
        if (folder_ >= 0) ::close(folder_);
        core::fail(core::Failure::run, "cannot write '{}', by which rank {} shows that it lives: {}",
                   (folder / sign_of(rank)).string(), rank, std::strerror(reason));
    }
    for (int other = 0; other < std::ssize(processes); ++other) {
        if (other == rank || (rank != 0 && other != 0)) continue;
        others_.push_back({.rank = other,
                           .sign = {},
                           .patience = patience(longest_silence_s()),
                           .process = Process::find(processes[static_cast<std::size_t>(other)])});
    }
    thread_ = core::start_thread<std::thread>([this] { keep(); });
}

HeartbeatMonitor::~HeartbeatMonitor() {
    {
        const std::scoped_lock lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    thread_.join();
    ::close(file_);
    ::unlinkat(folder_, sign_of(rank_).c_str(), 0);
    ::close(folder_);
}

std::vector<RankFailure> HeartbeatMonitor::take_failures() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(failures_, {});
}

void HeartbeatMonitor::rest() {
    const std::scoped_lock lock(mutex_);
    rests_ = true;
    failures_.clear();
}

void HeartbeatMonitor::leave_if_lost() const {
    if (rank_ == 0 || text_in(folder_, verdict_on(rank_)).empty()) return;
    leave("the run goes on without this rank, which was silent for too long");
}

void HeartbeatMonitor::leave(const std::string& why) const {
    if (note_) note_(fmt::format("leaves: {}", why));
    // One of those that suffer the same speaks: the first that is left.
    bool is_first = true;
    for (int lower = 1; lower < rank_; ++lower) is_first = is_first && !text_in(folder_, verdict_on(lower)).empty();
    give_up(fmt::format("{}; what is kept is kept: go on with --resume", why),
            is_first ? Voice::speaks : Voice::silent);
}

// The root judges first.
double HeartbeatMonitor::longest_silence_s() const {
    return rules_.dead_after_s * (rank_ == 0 ? 1 : 2);
}

/// The thread.
void HeartbeatMonitor::keep() {
    std::unique_lock lock(mutex_);
    while (!over_) {
        const bool rests = rests_;
        lock.unlock();
        const auto now = Clock::now();
        const bool reads = Seconds(now - last_signs_).count() >= interval_s_;
        if (reads) {
            last_signs_ = now;
            leave_if_lost();
            beat();
        }
        for (Other& other : others_) {
            if (!other.lost && !rests) look(other, reads);
        }
        lock.lock();
        if (!failures_.empty() && patience_with_losses_.is_over()) {
            leave(fmt::format("rank {} {}, and rank 0 waits for it", failures_.front().rank, failures_.front().why));
        }
        changed_.wait_for(lock, std::min(Seconds(interval_s_), longest_pause), [&] { return over_; });
    }
}

void HeartbeatMonitor::beat() {
    const std::uint64_t turns = turns_.load(std::memory_order_relaxed);
    if (std::exchange(turns_seen_, turns) != turns)
        patience_with_work_ = patience(patience_with_work * rules_.dead_after_s);
    if (patience_with_work_.is_over()) return;
    // Of one length, so that a reader never sees the end of an older one.
    const std::string line = fmt::format("{:020}\n", ++beats_);
    static_cast<void>(::pwrite(file_, line.data(), line.size(), 0) < 0);
}

void HeartbeatMonitor::look(Other& other, bool reads) {
    std::string sign = reads ? text_in(folder_, sign_of(other.rank)) : std::string();
    if (!sign.empty() && sign != other.sign) {
        other.patience = patience(longest_silence_s());
        other.sign = std::move(sign);
    }
    if (rules_.recovers && other.process && other.process->is_over()) {
        if (other.rank != 0) return lose(other, "was killed or has crashed");
        std::unique_lock lock(mutex_);
        Patience patience(farewell_s, longest_pause.count());
        while (!patience.is_over()) {
            if (changed_.wait_for(lock, longest_pause, [&] { return over_; })) return;
        }
        leave("rank 0, which coordinates, was killed or has crashed");
    }
    // Every look counts, but who is lost is said on a sign that was just read.
    if (other.patience.is_over() && reads) {
        lose(other, fmt::format("has given no sign of life for {:.0f} s", longest_silence_s()));
    }
}

void HeartbeatMonitor::lose(Other& other, const std::string& why) {
    other.lost = true;
    if (other.rank != 0) {
        const int file = create_file(folder_, verdict_on(other.rank));
        const std::string line = why + "\n";
        if (file >= 0) {
            static_cast<void>(::write(file, line.data(), line.size()) < 0);
            ::close(file);
        }
    }
    if (other.process) other.process->kill();
    if (other.rank == 0) leave(fmt::format("rank 0, which coordinates, {}", why));
    const std::scoped_lock lock(mutex_);
    if (rests_) return;
    if (failures_.empty()) patience_with_losses_ = patience(rules_.dead_after_s);
    failures_.push_back({other.rank, why});
}

}  // namespace ensemble::comm
