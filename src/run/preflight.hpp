#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "config/experiment.hpp"

namespace ensemble::run {

/// What a rank finds about itself before anything is trained. What a host has once is empty on all but its first rank.
struct RankInfo {
    std::string host;
    std::string instruction_set;
    std::string settings;        ///< digest
    std::string data;            ///< digest, once for a host
    std::vector<int> cores;      ///< that it may use
    std::size_t host_cores = 0;  ///< that its host has
    std::size_t free_bytes = 0;  ///< memory of its host; 0 if unknown
    std::size_t own_bytes = 0;   ///< what the limits of its process leave it; 0 without limits
    std::string unwritable;      ///< the directory above the run directory if this rank cannot write there
};

/// What a rank needs.
struct ResourceNeeds {
    std::size_t threads = 1;
    std::size_t bytes = 0;
};

/// What is not as it should be, by host; the run goes on. `infos` are those of all ranks, in their order.
/// Throws core::Error (usage) where ranks would not do the same work.
[[nodiscard]] std::vector<std::string> compare(const std::vector<RankInfo>& infos, const ResourceNeeds& needs);

/// Holds the ranks against each other, in well under a second; the notices, first those on the data, are on the root
/// only. Writes nothing.
/// Collective. Throws comm::SharedError on every rank.
[[nodiscard]] std::vector<std::string> preflight(const comm::Communicator& world, const config::Experiment& experiment);

/// Throws comm::SharedError (usage) on every rank where hosts run different builds of this program. Collective; comes
/// first, since different builds may not understand each other's messages.
void require_same_program(const comm::Communicator& world);

/// Throws core::Error (usage) where `digests`, "HOST DIGEST" of each rank or empty, are not the same.
void require_same_program(const std::vector<std::string>& digests);

/// What a rank holds to train a member.
[[nodiscard]] std::size_t rank_bytes(const config::Experiment& experiment);

/// Whether this rank has as much as that, others of its host left aside.
[[nodiscard]] bool has_memory_for(std::size_t bytes);

}  // namespace ensemble::run
