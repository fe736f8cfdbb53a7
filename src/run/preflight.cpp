#include "run/preflight.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <span>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "config/configuration.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/memory.hpp"
#include "core/text.hpp"
#include "run/machine.hpp"
#include "run/training_notes.hpp"

namespace ensemble::run {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankInfo, host, instruction_set, settings, data, cores, host_cores, free_bytes,
                                   own_bytes, unwritable)

namespace {

struct Host {
    std::string name;
    std::size_t ranks = 0;
    std::set<int> cores;
    RankInfo first;
};

/// In the order of their first ranks.
std::vector<Host> by_host(const std::vector<RankInfo>& infos) {
    std::vector<Host> hosts;
    for (const RankInfo& rank : infos) {
        auto host = std::ranges::find(hosts, rank.host, &Host::name);
        if (host == hosts.end()) {
            hosts.push_back({.name = rank.host, .ranks = 0, .cores = {}, .first = rank});
            host = hosts.end() - 1;
        }
        ++host->ranks;
        host->cores.insert(rank.cores.begin(), rank.cores.end());
    }
    return hosts;
}

/// Hosts whose value is not that of the root's host.
std::vector<std::string> others(const std::vector<RankInfo>& infos, std::string RankInfo::*value) {
    std::vector<std::string> hosts;
    for (const RankInfo& rank : infos) {
        const bool differs = !(rank.*value).empty() && rank.*value != infos.front().*value;
        if (differs && std::ranges::find(hosts, rank.host) == hosts.end()) hosts.push_back(rank.host);
    }
    return hosts;
}

std::vector<std::string> crowding(const Host& host, const ResourceNeeds& needs) {
    const std::size_t wanted = host.ranks * needs.threads;
    if (host.cores.empty() || wanted <= host.cores.size()) return {};
    const std::string ranks = core::counted(host.ranks, "rank");
    const std::string threads = needs.threads > 1 ? fmt::format(" of {} threads", needs.threads) : "";
    if (host.cores.size() < host.first.host_cores) {
        return {
            fmt::format("{}{} on {} may use only {} of its {} cores; if that is not meant so, start with mpirun "
                        "--bind-to none",
                        ranks, threads, host.name, host.cores.size(), host.first.host_cores)};
    }
    return {fmt::format("{}{} on {} share {} and take turns", ranks, threads, host.name,
                        core::counted(host.cores.size(), "core"))};
}

std::vector<std::string> want_of_memory(const Host& host, std::size_t bytes_of_rank) {
    std::vector<std::string> notes;
    const std::size_t bytes = host.ranks * bytes_of_rank;
    const std::size_t free = host.first.free_bytes;
    if (free > 0 && bytes > free) {
        const bool many = host.ranks > 1;
        notes.push_back(fmt::format(
            "memory does not suffice: {} on {} {} {} to train, {} more than the {} that are free there; {}choose a "
            "smaller --net or --batch",
            core::counted(host.ranks, "rank"), host.name, many ? "need" : "needs", core::bytes(bytes),
            core::bytes(bytes - free), core::bytes(free), many ? "start fewer ranks there, or " : ""));
    }
    const std::size_t own = host.first.own_bytes;
    if (own > 0 && bytes_of_rank > own) {
        notes.push_back(
            fmt::format("memory does not suffice: a rank on {} needs {} to train, {} more than the {} that its limits "
                        "(ulimit -v, ulimit -d) leave it; raise them, or choose a smaller --net or --batch",
                        host.name, core::bytes(bytes_of_rank), core::bytes(bytes_of_rank - own), core::bytes(own)));
    }
    return notes;
}

std::string data_digest(const config::Experiment& experiment) {
    constexpr std::size_t most_bytes = std::size_t{256} << 20U;  // a fraction of a second
    const auto bytes = std::as_bytes(std::span(experiment.source().train.feature_bytes()));
    return core::hex(core::sha256(bytes.first(std::min(bytes.size(), most_bytes))));
}

/// The directory under which the run directory will be made, if this rank cannot write there.
std::string unwritable_parent(const std::string& out) {
    namespace fs = std::filesystem;
    std::error_code error;
    fs::path path = fs::absolute(out.empty() ? "runs" : out, error);
    while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
    return ::access(path.c_str(), W_OK | X_OK) == 0 ? "" : path.string();
}

RankInfo info_here(const comm::Communicator& world, const config::Experiment& experiment) {
    const std::string settings = config::to_complete_toml(experiment.options());
    const bool first = world.node_rank() == 0;
    return {.host = world.host(),
            .instruction_set = describe_instructions(),
            .settings = core::hex(core::sha256(std::as_bytes(std::span(settings)))),
            .data = first ? data_digest(experiment) : "",
            .cores = allowed_core_numbers(),
            .host_cores = host_cores(),
            .free_bytes = core::free_memory(),
            .own_bytes = core::left_by_limits().value_or(0),
            .unwritable = experiment.options().dry_run ? unwritable_parent(experiment.options().out) : ""};
}

}  // namespace

std::vector<std::string> compare(const std::vector<RankInfo>& infos, const ResourceNeeds& needs) {
    std::vector<std::string> notes;
    if (infos.empty()) return notes;
    const std::string& here = infos.front().host;
    for (const auto& [value, name] : {std::pair(&RankInfo::settings, "settings"), std::pair(&RankInfo::data, "data")}) {
        const std::vector<std::string> differing = others(infos, value);
        if (differing.empty()) continue;
        core::fail(core::Failure::usage, "{} of {} are not those of {}: they must be the same on all ranks", name,
                   fmt::join(differing, ", "), here);
    }
    for (const std::string& host : others(infos, &RankInfo::instruction_set)) {
        const auto rank = std::ranges::find_if(infos, [&](const RankInfo& f) {
            return f.host == host && f.instruction_set != infos.front().instruction_set;
        });
        notes.push_back(
            fmt::format("{} computes with {}, {} with {}: results may differ in their last digits with who "
                        "trains what; ONEDNN_MAX_CPU_ISA can make them the same",
                        here, infos.front().instruction_set, host, rank->instruction_set));
    }
    for (const Host& host : by_host(infos)) {
        for (std::string& note : crowding(host, needs)) notes.push_back(std::move(note));
        for (std::string& note : want_of_memory(host, needs.bytes)) notes.push_back(std::move(note));
    }
    std::set<std::string> told;
    for (const RankInfo& rank : infos) {
        if (rank.unwritable.empty() || !told.insert(rank.host).second) continue;
        notes.push_back(
            fmt::format("{} cannot write to '{}', where the run directory would be; choose another with "
                        "--out",
                        rank.host, rank.unwritable));
    }
    return notes;
}

std::vector<std::string> preflight(const comm::Communicator& world, const config::Experiment& experiment) {
    comm::Communicator ranks = world;
    std::string mine;
    ranks.run_everywhere([&] { mine = nlohmann::json(info_here(world, experiment)).dump(); });
    const std::vector<std::string> texts = ranks.gather(mine);
    std::vector<std::string> notes;
    ranks.run_everywhere([&] {
        if (!ranks.is_root()) return;
        std::vector<RankInfo> infos;
        for (const std::string& text : texts) infos.push_back(nlohmann::json::parse(text).get<RankInfo>());
        notes = experiment.source().notes;
        for (std::string& note : training_notes(experiment)) notes.push_back(std::move(note));
        const ResourceNeeds needs{.threads = std::max<std::size_t>(experiment.options().threads, 1),
                                  .bytes = rank_bytes(experiment)};
        for (std::string& note : compare(infos, needs)) notes.push_back(std::move(note));
    });
    return notes;
}

void require_same_program(const std::vector<std::string>& digests) {
    std::map<std::string, std::vector<std::string>> hosts;  // by digest
    for (const std::string& text : digests) {
        const std::size_t blank = text.find(' ');
        if (blank != std::string::npos) hosts[text.substr(blank + 1)].push_back(text.substr(0, blank));
    }
    if (hosts.size() < 2) return;
    std::vector<std::string> groups;
    for (const auto& [digest, names] : hosts)
        groups.push_back(fmt::format("{} ({}…)", fmt::join(names, ", "), digest.substr(0, 8)));
    core::fail(core::Failure::usage,
               "hosts run different builds of ensemble_train: {}; copy one of them to all, or where its library is "
               "there for several "
               "instruction sets (glibc-hwcaps), name one by LD_LIBRARY_PATH",
               fmt::join(groups, " and "));
}

void require_same_program(const comm::Communicator& world) {
    comm::Communicator ranks = world;
    if (ranks.size() == 1) return;
    const std::string digest = ranks.node_rank() == 0 ? program_digest() : "";
    const std::vector<std::string> digests =
        ranks.gather(digest.empty() ? "" : fmt::format("{} {}", ranks.host(), digest));
    ranks.run_everywhere([&] {
        if (ranks.is_root()) require_same_program(digests);
    });
}

std::size_t rank_bytes(const config::Experiment& experiment) {
    return experiment.footprint().total();
}

bool has_memory_for(std::size_t bytes) {
    const std::size_t most = core::attainable_memory();
    return most == 0 || bytes <= most;
}

}  // namespace ensemble::run
