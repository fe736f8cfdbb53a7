#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace ensemble::comm {

/// A message that has arrived.
struct Message {
    int source = 0;
    int tag = 0;
    std::vector<std::byte> bytes;
};

/// Bytes held once per node, seen by all its ranks.
struct NodeBytes {
    std::shared_ptr<const void> owner;  ///< keeps this rank's view alive; releasing it is local, at any time
    std::span<const std::byte> bytes;   ///< 64-byte aligned, read-only to the hardware where they are shared
    bool shared = true;                 ///< false if this node's ranks cannot share memory and each holds a copy
};

/// An error that every rank of the group throws alike, so that all of them leave together.
class SharedError : public core::Error {
public:
    using core::Error::Error;
};

/// A group of ranks, passed as a value; copies speak for the same group and die with its Session.
/// The local one is a single rank and calls no MPI at all: what it does is the specification of all others.
/// Calls come from the thread that made the Session. A failing MPI call throws core::Error (run).
class Communicator {
public:
    class Backend;

    /// One rank, no MPI.
    [[nodiscard]] static Communicator local();

    explicit Communicator(std::shared_ptr<Backend> backend);

    [[nodiscard]] int rank() const noexcept;
    [[nodiscard]] int size() const noexcept;
    [[nodiscard]] bool is_root() const noexcept { return rank() == 0; }

    /// Host name of this rank. Local.
    [[nodiscard]] const std::string& host() const noexcept;

    /// Place of this rank among the ranks of its host, and their number. Local.
    [[nodiscard]] int node_rank() const noexcept;
    [[nodiscard]] int node_size() const noexcept;

    // Point to point: local calls, never blocking on the other side. A rank may write to itself.

    /// Hands a message over for delivery; the bytes are copied, delivery proceeds inside later calls of poll().
    /// REQUIRES: 0 <= destination < size().
    void send(int destination, int tag, std::span<const std::byte> bytes);

    /// The next message that has arrived, if any; messages of one source arrive in the order they were sent.
    [[nodiscard]] std::optional<Message> poll();

    /// True while messages handed to send() are still on their way out of this process. A message to a dead rank may
    /// stay on its way for ever.
    [[nodiscard]] bool sending();

    // Collectives: every rank calls them, in the same order. A rank waiting for the others sleeps, and calls what
    // while_waiting() has set; without that it waits ten minutes, or as many seconds as ENSEMBLE_START_LIMIT says, and
    // then throws core::Error (run). Ranks that call different ones, or with sizes that must agree and do not, throw
    // core::ContractViolation.

    /// `look` is to find out, again and again, whether waiting still makes sense; it throws if not. Local.
    void while_waiting(std::function<void()> look);

    void barrier();

    /// Root's bytes on every rank.
    void broadcast(std::vector<std::byte>& bytes);

    /// Element-wise sum, by a reduction tree; the result is meaningful on the root only. Sizes must agree.
    void reduce_sum(std::span<std::int64_t> values);

    /// Everybody's text, in the order of ranks; on the root only, empty elsewhere.
    [[nodiscard]] std::vector<std::string> gather(const std::string& text);

    /// Root's bytes placed once in each node's memory; other ranks' argument is ignored.
    [[nodiscard]] NodeBytes share_on_nodes(std::span<const std::byte> bytes);

    /// Returns if no rank brings an error; else every rank throws the error of the lowest rank that brings one.
    void throw_if_any_failed(const std::optional<core::Error>& mine);

    /// Does `step` on this rank and agrees on its outcome: if it throws on any rank, all throw SharedError.
    /// REQUIRES: `step` calls no collective.
    void run_everywhere(const std::function<void()>& step);

    /// From now on no rank waits for another, not even in the end of MPI: some are lost, and the others have been told
    /// to leave. Local.
    void abandon_collectives();

    /// Ends the processes of all ranks at once with this exit code: for an error the other ranks do not share. Local.
    [[noreturn]] void abort(int exit_code);

private:
    std::shared_ptr<Backend> backend_;
};

/// Starts MPI if this process was started as one of several, and ends it when destroyed.
/// Throws core::Error (usage) if the launcher says several processes but MPI sees a world of one, naming the fix.
///
/// When it is destroyed by an exception that is not a SharedError, the other ranks may be waiting for this one, so MPI
/// is left unfinished: the launcher ends the job as soon as this process exits with a code other than zero.
class Session {
public:
    Session(int& argc, char**& argv);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] const Communicator& world() const noexcept { return world_; }

    /// The exit code of a process whose end of MPI does not come to an end.
    void leaves_with(int exit_code) noexcept { exit_code_ = exit_code; }

private:
    bool uses_mpi_ = false;
    int exceptions_at_start_ = 0;
    int exit_code_ = static_cast<int>(core::Failure::run);
    std::shared_ptr<Communicator::Backend> backend_;
    Communicator world_;
};

/// True if this process should speak for those started with it, told by the launcher's environment alone: for errors
/// that come before there is a communicator.
[[nodiscard]] bool is_first_process();

/// The whole life of a program of several ranks: starts a Session, runs `body`, returns the exit code.
/// Errors are given to `report` on one rank only, and on no rank is one waited for in vain: a SharedError is reported
/// by the root before any rank leaves; another exception is reported by the rank that has it, which then aborts the
/// rest.
[[nodiscard]] int run_ranks(int argc, char** argv, const std::function<int(const Communicator&)>& body,
                            const std::function<void(const std::string& message)>& report);

}  // namespace ensemble::comm
