#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ensemble::comm {

/// The ranks of the MPI world on communicators of their own, and transfers between ranks that are all there: they wait
/// busily. Errors return, as core::Error (run). Every call is collective.
class MpiWorld {
public:
    /// REQUIRES: MPI is initialised; chunk_bytes, the most that one MPI call moves, is the same on all ranks.
    explicit MpiWorld(std::size_t chunk_bytes);

    [[nodiscard]] MPI_Comm all() const noexcept { return all_; }
    /// The ranks of this host.
    [[nodiscard]] MPI_Comm node() const noexcept { return node_; }
    /// The first rank of each host; its own first is the root of the world. Null on the other ranks.
    [[nodiscard]] MPI_Comm leaders() const noexcept { return leaders_; }

    [[nodiscard]] int rank() const noexcept { return rank_; }
    [[nodiscard]] int size() const noexcept { return size_; }
    [[nodiscard]] int node_rank() const noexcept { return node_rank_; }
    [[nodiscard]] int node_size() const noexcept { return node_size_; }
    [[nodiscard]] bool is_root() const noexcept { return rank_ == 0; }

    /// Copies `bytes` of the rank `root` of `group` to the others of the group, which have as many.
    void broadcast(std::span<std::byte> bytes, int root, MPI_Comm group) const;

    /// Adds the vectors of all ranks, of one size, on the root; on the others `values` is scratch.
    void reduce_sum(std::span<std::int64_t> values) const;

    /// The texts of all ranks on the root, nothing on the others. `longest` is the size of the longest of them.
    [[nodiscard]] std::vector<std::string> gather(const std::string& text, std::size_t longest) const;

    /// True on every rank of the node if `mine` is true on each.
    [[nodiscard]] bool all_on_node(bool mine) const;

private:
    void reduce_part(std::span<std::int64_t> part, std::span<std::int64_t> summand) const;

    std::size_t chunk_bytes_;
    MPI_Comm all_ = MPI_COMM_NULL;
    MPI_Comm node_ = MPI_COMM_NULL;
    MPI_Comm leaders_ = MPI_COMM_NULL;
    int rank_ = 0;
    int size_ = 1;
    int node_rank_ = 0;
    int node_size_ = 1;
};

}  // namespace ensemble::comm
