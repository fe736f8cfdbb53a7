#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace ensemble::simulation {

/// The cluster: nodes of so many ranks each on a two-level fat tree, 16 nodes to a leaf switch with half as many links
/// up. What a message costs the processors at its two ends is given apart from its way through the network.
struct Cluster {
    std::size_t ranks = 64;
    std::size_t ranks_per_node = 64;
    double link_bytes_per_s = 12.5e9;  ///< 100 Gbit/s
    double link_latency_s = 0.5e-6;    ///< of each link
    double memory_bytes_per_s = 20e9;  ///< between ranks of a node, each pair
    double memory_latency_s = 0.3e-6;
    double message_s = 1e-6;  ///< to send or to take a message
    double byte_s = 0.5e-9;   ///< likewise for each byte: copies, a checked envelope, sums
    std::size_t fold = 1;     ///< real messages are so many times shorter than those that are meant
};

/// What passed between ranks.
struct Traffic {
    std::uint64_t messages = 0;  ///< point to point
    std::uint64_t bytes = 0;     ///< as meant, not folded
    double longest_s = 0;        ///< simulated seconds of one rank inside point-to-point calls
};

/// Runs `body` as every rank of the cluster, each between MPI_Init and MPI_Finalize, until all have returned.
void run_ranks(const Cluster& cluster, const std::function<void()>& body);

[[nodiscard]] Traffic traffic();

/// Lets the calling rank be busy for so long; it has a core of its own.
void compute(double seconds);

/// Simulated seconds since the start.
[[nodiscard]] double now_s();

}  // namespace ensemble::simulation
