#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "comm/group.hpp"
#include "core/hash.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(node_memory_tests)

namespace {

/// One mapping of this process as the kernel sees it.
struct Mapping {
    std::string permissions, device, inode;
    long resident_kb = 0;
    long proportional_kb = 0;  ///< every page divided by the number of processes that map it
};

Mapping mapping_of(const void* address) {
    const auto place = reinterpret_cast<std::uintptr_t>(address);
    std::ifstream smaps("/proc/self/smaps");
    Mapping mapping;
    bool inside = false;
    for (std::string line; std::getline(smaps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        char dash = 0;
        std::istringstream head(line);
        if (head >> std::hex >> begin >> dash >> end && dash == '-') {
            inside = begin <= place && place < end;
            std::string offset;
            if (inside) head >> mapping.permissions >> offset >> mapping.device >> mapping.inode;
        } else if (inside) {
            std::istringstream field(line);
            std::string name;
            long value = 0;
            field >> name >> value;
            if (name == "Rss:") mapping.resident_kb = value;
            if (name == "Pss:") mapping.proportional_kb = value;
        }
    }
    return mapping;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_rank_sees_roots_bytes) {
    for (comm::Communicator group : {distributed::world(), small_chunks()}) {
        for (const std::size_t size : {0U, 1U, 64U, 4097U, 100'000U}) {
            const auto bytes = pattern(size, 100 + group.rank());
            const comm::NodeBytes shared = group.share_on_nodes(bytes);
            const auto expected = pattern(size, 100);
            BOOST_TEST(shared.bytes.size() == size);
            BOOST_TEST(std::equal(shared.bytes.begin(), shared.bytes.end(), expected.begin(), expected.end()));
            BOOST_TEST(reinterpret_cast<std::uintptr_t>(shared.bytes.data()) % 64 == 0U);
            BOOST_TEST(shared.shared);
        }
    }
}

BOOST_AUTO_TEST_CASE(there_is_one_copy_on_the_node) {
    comm::Communicator world = distributed::world();
    if (world.size() == 1) return;
    constexpr long size_kb = 32L << 10U;
    std::vector<std::byte> bytes;
    if (world.is_root()) bytes = pattern(static_cast<std::size_t>(size_kb) << 10U, 3);
    const comm::NodeBytes shared = world.share_on_nodes(bytes);
    const std::string digest = core::hex(core::sha256(shared.bytes));  // touches every page
    world.barrier();
    const Mapping mapping = mapping_of(shared.bytes.data());
    world.barrier();
    BOOST_TEST(mapping.permissions == "r--s");
    // Some pages may be under way at any moment, to another place or to the swap; a copy of one's own would be all of
    // them.
    BOOST_TEST(mapping.resident_kb >= size_kb / 2);
    BOOST_TEST(mapping.proportional_kb <= size_kb / world.size() + size_kb / 4);
    const auto places = world.gather(mapping.device + " " + mapping.inode + " " + digest);
    for (const std::string& place : places) BOOST_TEST(place == places.front());
}

BOOST_AUTO_TEST_CASE(ranks_may_let_go_at_different_times) {
    comm::Communicator world = distributed::world();
    const auto bytes = pattern(100'000, 5);
    comm::NodeBytes first = world.share_on_nodes(bytes);
    const comm::NodeBytes second = world.share_on_nodes(bytes);
    if (world.is_root()) first = {};
    world.barrier();
    if (!world.is_root()) BOOST_TEST(std::equal(bytes.begin(), bytes.end(), first.bytes.begin(), first.bytes.end()));
    BOOST_TEST(std::equal(bytes.begin(), bytes.end(), second.bytes.begin(), second.bytes.end()));
}

BOOST_AUTO_TEST_SUITE_END()
