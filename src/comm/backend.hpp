#pragma once

#include <memory>
#include <thread>

#include "comm/communicator.hpp"

namespace ensemble::comm {

/// What a group of ranks can do; the calls mean what Communicator says of them.
class Communicator::Backend {
public:
    Backend() = default;
    virtual ~Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    [[nodiscard]] virtual int rank() const noexcept = 0;
    [[nodiscard]] virtual int size() const noexcept = 0;
    [[nodiscard]] virtual int node_rank() const noexcept = 0;
    [[nodiscard]] virtual int node_size() const noexcept = 0;
    [[nodiscard]] virtual const std::string& host() const noexcept = 0;

    virtual void send(int destination, int tag, std::span<const std::byte> bytes) = 0;
    [[nodiscard]] virtual std::optional<Message> poll() = 0;
    [[nodiscard]] virtual bool sending() = 0;

    virtual void barrier() = 0;
    virtual void broadcast(std::vector<std::byte>& bytes) = 0;
    virtual void reduce_sum(std::span<std::int64_t> values) = 0;
    [[nodiscard]] virtual std::vector<std::string> gather(const std::string& text) = 0;
    [[nodiscard]] virtual NodeBytes share_on_nodes(std::span<const std::byte> bytes) = 0;

    /// The error of the lowest rank that brings one, on every rank.
    [[nodiscard]] virtual std::optional<core::Error> first_error(const std::optional<core::Error>& mine) = 0;

    /// Ends the processes of the other ranks, as a rule this one too.
    virtual void end_others(int exit_code) = 0;

    /// Gives outgoing messages a last chance and refuses any call from now on.
    virtual void close() {}

    /// What is called again and again while a collective waits for other ranks; may throw.
    virtual void while_waiting(std::function<void()>) {}

    /// Some ranks are gone, or all others were told by messages to leave: at the end none waits for another.
    virtual void abandon_collectives() {}
    [[nodiscard]] virtual bool has_parted() const noexcept { return false; }

    /// True if the last collective was an agreement on an error: all ranks are on their way out.
    [[nodiscard]] virtual bool leaving_together() const noexcept { return true; }
};

/// One rank, no MPI.
[[nodiscard]] std::shared_ptr<Communicator::Backend> make_local_backend();

/// Bytes that one MPI call moves at most; its counts are 31 bits wide.
inline constexpr std::size_t default_chunk = std::size_t{1} << 30U;

/// All ranks of the MPI world, on communicators of their own. Collective.
/// REQUIRES: MPI is initialised; 64 <= chunk_bytes <= default_chunk, the same on all ranks.
/// `guard` is stopped when the ranks watch over each other themselves, which while_waiting() says, or leave.
[[nodiscard]] std::shared_ptr<Communicator::Backend> make_mpi_backend(std::size_t chunk_bytes = default_chunk,
                                                                      std::jthread guard = {});

/// Seconds that a rank waits at the start for any step of the others: ENSEMBLE_START_LIMIT, else ten minutes.
[[nodiscard]] double start_limit_s();

/// This process' host name.
[[nodiscard]] std::string host_name();

}  // namespace ensemble::comm
