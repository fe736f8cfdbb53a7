// SimGrid's MPI (SMPI) under the project's communication: a cluster, a clock, and the calls that SMPI lacks or does
// badly, put in between by MPI's own profiling interface.

#include "cluster.hpp"

#include <smpi/smpi.h>

#include <algorithm>
#include <string>
#include <vector>

#include <simgrid/s4u.hpp>

#include "core/clock.hpp"

namespace ensemble::simulation {
namespace {

namespace sg = simgrid::s4u;

/// What is known of a rank beside its program.
struct Rank {
    std::uint64_t sent_to = 0;  ///< messages, by all ranks
    std::uint64_t noticed = 0;  ///< of these when it last rested
    double noticed_s = -1;
    sg::ConditionVariablePtr addressed = sg::ConditionVariable::create();
    sg::MutexPtr mutex = sg::Mutex::create();
    // Of the message that it has probed and is about to receive.
    int source = 0;
    int tag = 0;
    MPI_Comm group = MPI_COMM_NULL;
    double messages_s = 0;
};

/// A simulation is one process with one life.
struct World {
    Cluster cluster;
    std::vector<Rank> ranks;
    Traffic traffic;
};
World* world = nullptr;

/// An actor's number is that of its rank, from 1 on.
Rank& self() {
    return world->ranks.at(static_cast<std::size_t>(sg::this_actor::get_pid() - 1));
}

/// The time of a message at one of its ends.
double cost_s(int count, MPI_Datatype type) {
    int size = 0;
    PMPI_Type_size(type, &size);
    const double bytes = static_cast<double>(count) * size * static_cast<double>(world->cluster.fold);
    return world->cluster.message_s + bytes * world->cluster.byte_s;
}

void spend(double seconds) {
    self().messages_s += seconds;
    sg::this_actor::sleep_for(seconds);
}

sg::NetZone* build(const Cluster& cluster) {
    const auto nodes = static_cast<unsigned>((cluster.ranks + cluster.ranks_per_node - 1) / cluster.ranks_per_node);
    constexpr unsigned nodes_per_leaf = 16;
    const unsigned leaves = std::max(1U, (nodes + nodes_per_leaf - 1) / nodes_per_leaf);
    const sg::FatTreeParams tree(2, {nodes_per_leaf, leaves}, {1, nodes_per_leaf / 2}, {1, 1});
    const auto node = [&](sg::NetZone* zone, const std::vector<unsigned long>&, unsigned long id) {
        sg::Host* host = zone->create_host("node" + std::to_string(id), "1Gf");
        host->set_core_count(static_cast<int>(cluster.ranks_per_node));
        return std::pair(host->get_netpoint(), static_cast<simgrid::kernel::routing::NetPoint*>(nullptr));
    };
    const double fold = static_cast<double>(cluster.fold);
    const auto memory = [&](sg::NetZone* zone, const std::vector<unsigned long>&, unsigned long id) {
        return zone->create_link("memory" + std::to_string(id), cluster.memory_bytes_per_s / fold)
            ->set_latency(cluster.memory_latency_s)
            ->set_sharing_policy(sg::Link::SharingPolicy::FATPIPE)
            ->seal();
    };
    sg::NetZone* zone = sg::create_fatTree_zone("cluster", nullptr, tree, sg::ClusterCallbacks(node, memory, {}),
                                                cluster.link_bytes_per_s / fold, cluster.link_latency_s,
                                                sg::Link::SharingPolicy::SPLITDUPLEX);
    zone->seal();
    return zone;
}

}  // namespace

void run_ranks(const Cluster& cluster, const std::function<void()>& body) {
    std::vector<std::string> words{"simulate", "--log=root.thresh:error"};
    std::vector<char*> pointers{words[0].data(), words[1].data(), nullptr};
    int count = 2;
    sg::Engine engine(&count, pointers.data());
    SMPI_init();
    // Time passes where it is said to, so that a run can be repeated to the bit. (What SMPI itself takes for a look for
    // messages it remembers for ever, in a list that it searches.)
    const std::string eager = std::to_string(std::max<std::size_t>(1, 65536 / cluster.fold));
    for (const std::string& setting :
         {std::string("smpi/simulate-computation:false"), std::string("smpi/coll-selector:ompi"),
          std::string("smpi/iprobe:0"), std::string("smpi/test:0"), std::string("smpi/grow-injected-times:false"),
          std::string("contexts/stack-size:512"), std::string("smpi/host-speed:1Gf"),
          "smpi/send-is-detached-thresh:" + eager, "smpi/async-small-thresh:" + eager}) {
        sg::Engine::set_config(setting);
    }
    World this_world{.cluster = cluster, .ranks = std::vector<Rank>(cluster.ranks), .traffic = {}};
    world = &this_world;
    SMPI_app_instance_register("ranks", nullptr, static_cast<int>(cluster.ranks));
    const std::vector<sg::Host*> nodes = build(cluster)->get_all_hosts();
    for (std::size_t rank = 0; rank < cluster.ranks; ++rank) {
        const auto actor = sg::Actor::init("rank" + std::to_string(rank), nodes[rank / cluster.ranks_per_node]);
        actor->set_property("instance_id", "ranks");
        actor->set_property("rank", std::to_string(rank));
        actor->start([&body] {
            MPI_Init(nullptr, nullptr);
            body();
            MPI_Finalize();
        });
    }
    engine.run();
    SMPI_finalize();
    world = nullptr;
}

Traffic traffic() {
    Traffic now = world->traffic;
    for (const Rank& rank : world->ranks) now.longest_s = std::max(now.longest_s, rank.messages_s);
    return now;
}

void compute(double seconds) {
    sg::this_actor::sleep_for(seconds);
}

double now_s() {
    return sg::Engine::get_clock();
}

}  // namespace ensemble::simulation

// The project's clock.

ensemble::core::Clock::time_point ensemble::core::Clock::now() noexcept {
    return time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(ensemble::simulation::now_s() * 1e9)));
}

/// A rank that rests for long looks for messages in vain thousands of times, for nothing but the simulator's time. So
/// it wakes when it is addressed, and then rests once more as long as it had meant to: never earlier than in reality.
void ensemble::core::rest(std::chrono::microseconds time) {
    using namespace ensemble::simulation;
    const double seconds = std::max(1e-6, std::chrono::duration<double>(time).count());
    constexpr double long_rest_s = 1e-3;
    constexpr double attention_s = 0.1;  // to the parts of a message, and to what follows it
    constexpr double longest_s = 0.25;   // there are other things than messages to look for
    Rank& rank = self();
    if (rank.sent_to != rank.noticed) {
        rank.noticed = rank.sent_to;
        rank.noticed_s = now_s();
    }
    if (seconds >= long_rest_s && now_s() - rank.noticed_s > attention_s) {
        const std::unique_lock<sg::Mutex> lock(*rank.mutex);
        rank.addressed->wait_for(lock, longest_s);
    }
    sg::this_actor::sleep_for(seconds);
}

// MPI. The project takes MPI's default communicator apart into copies with the same ranks, so that a destination is
// a rank of the world wherever messages go point to point.

extern "C" int MPI_Isend(const void* bytes, int count, MPI_Datatype type, int destination, int tag, MPI_Comm group,
                         MPI_Request* request) {
    using namespace ensemble::simulation;
    spend(cost_s(count, type));
    int size = 0;
    PMPI_Type_size(type, &size);
    ++world->traffic.messages;
    world->traffic.bytes += static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(size) * world->cluster.fold;
    Rank& receiver = world->ranks.at(static_cast<std::size_t>(destination));
    ++receiver.sent_to;
    receiver.addressed->notify_all();
    return PMPI_Isend(bytes, count, type, destination, tag, group, request);
}

extern "C" int MPI_Send(const void* bytes, int count, MPI_Datatype type, int destination, int tag, MPI_Comm group) {
    using namespace ensemble::simulation;
    spend(cost_s(count, type));
    ++world->traffic.messages;
    return PMPI_Send(bytes, count, type, destination, tag, group);
}

extern "C" int MPI_Recv(void* bytes, int count, MPI_Datatype type, int source, int tag, MPI_Comm group,
                        MPI_Status* status) {
    using namespace ensemble::simulation;
    const int result = PMPI_Recv(bytes, count, type, source, tag, group, status);
    spend(cost_s(count, type));
    return result;
}

// SMPI has no matched probes. A rank receives what it has probed before it does anything else, and messages of one
// source stay in their order, so a plain receive takes the same message.

extern "C" int MPI_Improbe(int source, int tag, MPI_Comm group, int* found, MPI_Message*, MPI_Status* status) {
    const int result = PMPI_Iprobe(source, tag, group, found, status);
    ensemble::simulation::Rank& rank = ensemble::simulation::self();
    if (*found != 0) {
        rank.source = status->MPI_SOURCE;
        rank.tag = status->MPI_TAG;
        rank.group = group;
    }
    return result;
}

extern "C" int MPI_Imrecv(void* bytes, int count, MPI_Datatype type, MPI_Message*, MPI_Request* request) {
    using namespace ensemble::simulation;
    spend(cost_s(count, type));
    const Rank& rank = self();
    return PMPI_Irecv(bytes, count, type, rank.source, rank.tag, rank.group, request);
}

// SMPI's own sends as many messages as there are pairs of ranks. In its blocking form a selector chooses the algorithm,
// and waiting costs a simulated rank nothing.

extern "C" int MPI_Iallreduce(const void* mine, void* all, int count, MPI_Datatype type, MPI_Op operation,
                              MPI_Comm group, MPI_Request* request) {
    *request = MPI_REQUEST_NULL;
    return PMPI_Allreduce(mine, all, count, type, operation, group);
}

// That leaves nothing to wait for.
extern "C" int MPI_Test(MPI_Request* request, int* done, MPI_Status* status) {
    if (*request != MPI_REQUEST_NULL) return PMPI_Test(request, done, status);
    *done = 1;
    return MPI_SUCCESS;
}
