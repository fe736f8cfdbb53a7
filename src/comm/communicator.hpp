#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace comm {

/// A message that has arrived.
struct Message {
    int source = 0;
    int tag = 0;
    std::vector<std::byte> bytes;
};

/// Bytes held once per node, seen by all its ranks.
struct NodeBytes {
    std::shared_ptr<const void> owner;  ///< on MPI, releasing it is collective over the node: keep it to the end
    std::span<const std::byte> bytes;   ///< 64-byte aligned
};

/// A group of ranks, passed as a value; copies speak for the same group.
/// The local one is a single rank and calls no MPI at all: what it does is the specification of all others.
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

    // Point to point: local calls, never blocking on the other side.

    /// Hands a message over for delivery; the bytes are copied, delivery proceeds inside later calls of poll().
    void send(int destination, int tag, std::span<const std::byte> bytes);

    /// The next message that has arrived, if any; messages of one source arrive in the order they were sent.
    [[nodiscard]] std::optional<Message> poll();

    /// True while messages handed to send() are still on their way out of this process.
    [[nodiscard]] bool sending();

    // Collectives: every rank calls them, in the same order.

    void barrier();

    /// Root's bytes on every rank.
    void broadcast(std::vector<std::byte>& bytes);

    /// Element-wise sum, by a reduction tree; the result is meaningful on the root only. Sizes must agree.
    void reduce_sum(std::span<std::int64_t> values);

    /// Everybody's text, in the order of ranks; on the root only, empty elsewhere.
    [[nodiscard]] std::vector<std::string> gather(const std::string& text);

    /// Root's bytes placed once in each node's memory; other ranks' argument is ignored.
    [[nodiscard]] NodeBytes share_on_nodes(std::span<const std::byte> bytes);

private:
    std::shared_ptr<Backend> backend_;
};

/// Starts MPI if this process was started as one of several, and ends it when destroyed.
/// Throws core::Error (usage) if the launcher says several processes but MPI sees a world of one, naming the fix.
class Session {
public:
    Session(int& argc, char**& argv);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] const Communicator& world() const noexcept { return world_; }

private:
    bool uses_mpi_ = false;
    Communicator world_;
};

}  // namespace comm
