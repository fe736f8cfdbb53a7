#include "run/placement.hpp"

#include <map>

#include <fmt/format.h>

#include "run/machine.hpp"

namespace ensemble::run {

std::string note_of_few_cores(const comm::Communicator& world, std::size_t threads) {
    comm::Communicator ranks = world;
    const std::size_t cores = allowed_cores();
    const bool shares = threads == 0 && ranks.size() > 1;
    const bool short_of_cores = shares ? cores == 1 && host_cores() > 1 : cores < threads && cores < host_cores();
    const auto notes =
        ranks.gather(short_of_cores ? fmt::format("rank {} may use {} of its host's cores", ranks.rank(), cores) : "");
    for (const std::string& note : notes) {
        if (note.empty()) continue;
        const std::string what =
            shares ? "so that --threads auto has none to share with it" : fmt::format("but --threads is {}", threads);
        return fmt::format("{}, {}; start it with mpirun --bind-to none", note, what);
    }
    return "";
}

std::vector<schedule::RankPlacement> find_placements(const comm::Communicator& world) {
    comm::Communicator ranks = world;
    std::vector<schedule::RankPlacement> placements;
    std::map<std::string, std::size_t> hosts;
    for (const std::string& text : ranks.gather(fmt::format("{} {}", allowed_cores(), ranks.host()))) {
        const std::size_t blank = text.find(' ');
        const std::size_t host = hosts.try_emplace(text.substr(blank), hosts.size()).first->second;
        placements.push_back({.host = host, .cores = std::stoul(text.substr(0, blank))});
    }
    return placements;
}

}  // namespace ensemble::run
