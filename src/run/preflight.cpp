#include "run/preflight.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <span>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/memory.hpp"
#include "report/text.hpp"
#include "run/configuration.hpp"
#include "run/machine.hpp"
#include "run/training_notes.hpp"

namespace ensemble::run {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Facts, host, instruction_set, settings, data, cores, host_cores, free_bytes,
                                   own_bytes, unwritable)

namespace {

struct Host {
    std::string name;
    std::size_t ranks = 0;
    std::set<int> cores;
    Facts first;
};

/// In the order of their first ranks.
std::vector<Host> by_host(const std::vector<Facts>& facts) {
    std::vector<Host> hosts;
    for (const Facts& rank : facts) {
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
std::vector<std::string> others(const std::vector<Facts>& facts, std::string Facts::*value) {
    std::vector<std::string> hosts;
    for (const Facts& rank : facts) {
        const bool differs = !(rank.*value).empty() && rank.*value != facts.front().*value;
        if (differs && std::ranges::find(hosts, rank.host) == hosts.end()) hosts.push_back(rank.host);
    }
    return hosts;
}

std::vector<std::string> crowding(const Host& host, const Demand& demand) {
    const std::size_t wanted = host.ranks * demand.threads;
    if (host.cores.empty() || wanted <= host.cores.size()) return {};
    const std::string ranks = report::counted(host.ranks, "rank");
    const std::string threads = demand.threads > 1 ? fmt::format(" of {} threads", demand.threads) : "";
    if (host.cores.size() < host.first.host_cores) {
        return {
            fmt::format("{}{} on {} may use only {} of its {} cores; if that is not meant so, start with mpirun "
                        "--bind-to none",
                        ranks, threads, host.name, host.cores.size(), host.first.host_cores)};
    }
    return {fmt::format("{}{} on {} share {} and take turns", ranks, threads, host.name,
                        report::counted(host.cores.size(), "core"))};
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
            report::counted(host.ranks, "rank"), host.name, many ? "need" : "needs", report::bytes(bytes),
            report::bytes(bytes - free), report::bytes(free), many ? "start fewer ranks there, or " : ""));
    }
    const std::size_t own = host.first.own_bytes;
    if (own > 0 && bytes_of_rank > own) {
        notes.push_back(fmt::format(
            "memory does not suffice: a rank on {} needs {} to train, {} more than the {} that its limits "
            "(ulimit -v, ulimit -d) leave it; raise them, or choose a smaller --net or --batch",
            host.name, report::bytes(bytes_of_rank), report::bytes(bytes_of_rank - own), report::bytes(own)));
    }
    return notes;
}

std::string data_digest(const Experiment& experiment) {
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

Facts facts_here(const comm::Communicator& world, const Experiment& experiment) {
    const std::string settings = to_complete_toml(experiment.options());
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

std::vector<std::string> compare(const std::vector<Facts>& facts, const Demand& demand) {
    std::vector<std::string> notes;
    if (facts.empty()) return notes;
    const std::string& here = facts.front().host;
    for (const auto& [value, name] : {std::pair(&Facts::settings, "settings"), std::pair(&Facts::data, "data")}) {
        const std::vector<std::string> differing = others(facts, value);
        if (differing.empty()) continue;
        core::fail(core::Failure::usage, "{} of {} are not those of {}: they must be the same on all ranks", name,
                   fmt::join(differing, ", "), here);
    }
    for (const std::string& host : others(facts, &Facts::instruction_set)) {
        const auto rank = std::ranges::find_if(facts, [&](const Facts& f) {
            return f.host == host && f.instruction_set != facts.front().instruction_set;
        });
        notes.push_back(
            fmt::format("{} computes with {}, {} with {}: results may differ in their last digits with who "
                        "trains what; ONEDNN_MAX_CPU_ISA can make them the same",
                        here, facts.front().instruction_set, host, rank->instruction_set));
    }
    for (const Host& host : by_host(facts)) {
        for (std::string& note : crowding(host, demand)) notes.push_back(std::move(note));
        for (std::string& note : want_of_memory(host, demand.bytes)) notes.push_back(std::move(note));
    }
    std::set<std::string> told;
    for (const Facts& rank : facts) {
        if (rank.unwritable.empty() || !told.insert(rank.host).second) continue;
        notes.push_back(
            fmt::format("{} cannot write to '{}', where the run directory would be; choose another with "
                        "--out",
                        rank.host, rank.unwritable));
    }
    return notes;
}

std::vector<std::string> preflight(const comm::Communicator& world, const Experiment& experiment) {
    comm::Communicator ranks = world;
    std::string mine;
    ranks.run_everywhere([&] { mine = nlohmann::json(facts_here(world, experiment)).dump(); });
    const std::vector<std::string> texts = ranks.gather(mine);
    std::vector<std::string> notes;
    ranks.run_everywhere([&] {
        if (!ranks.is_root()) return;
        std::vector<Facts> facts;
        for (const std::string& text : texts) facts.push_back(nlohmann::json::parse(text).get<Facts>());
        notes = experiment.source().notes;
        for (std::string& note : training_notes(experiment)) notes.push_back(std::move(note));
        const Demand demand{.threads = std::max<std::size_t>(experiment.options().threads, 1),
                            .bytes = rank_bytes(experiment)};
        for (std::string& note : compare(facts, demand)) notes.push_back(std::move(note));
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
    core::fail(core::Failure::usage, "hosts run different builds of ensemble_train: {}; copy one of them to all",
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

std::size_t rank_bytes(const Experiment& experiment) {
    return experiment.footprint().total();
}

bool has_memory_for(std::size_t bytes) {
    const std::size_t most = core::attainable_memory();
    return most == 0 || bytes <= most;
}

}  // namespace ensemble::run
