#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "comm/group.hpp"
#include "core/contract.hpp"
#include "core/hash.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(collectives_tests)

namespace {

/// Adds up 1 + rank, a large value of alternating sign and a bit of its own for each rank.
void check_sums(comm::Communicator group, std::size_t size) {
    const std::int64_t rank = group.rank();
    const std::int64_t ranks = group.size();
    std::vector<std::int64_t> values(size);
    for (std::size_t i = 0; i < size; ++i) {
        switch (i % 3) {
            case 0:
                values[i] = (rank + 1) * static_cast<std::int64_t>(i + 1);
                break;
            case 1:
                values[i] = (rank % 2 == 0 ? 1 : -1) * ((std::int64_t{1} << 62) / ranks) + rank;
                break;
            default:
                values[i] = std::int64_t{1} << rank;
                break;
        }
    }
    group.reduce_sum(values);
    if (!group.is_root()) return;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < size; ++i) {
        std::int64_t expected = 0;
        switch (i % 3) {
            case 0:
                expected = ranks * (ranks + 1) / 2 * static_cast<std::int64_t>(i + 1);
                break;
            case 1:
                expected = (ranks % 2) * ((std::int64_t{1} << 62) / ranks) + ranks * (ranks - 1) / 2;
                break;
            default:
                expected = (std::int64_t{1} << ranks) - 1;
                break;
        }
        wrong += values[i] == expected ? 0 : 1;
    }
    BOOST_TEST(wrong == 0U);
}

}  // namespace

BOOST_AUTO_TEST_CASE(ranks_are_numbered_and_know_their_host) {
    comm::Communicator world = distributed::world();
    BOOST_TEST((world.rank() >= 0 && world.rank() < world.size()));
    BOOST_TEST(world.is_root() == (world.rank() == 0));
    BOOST_TEST(!world.host().empty());
    // All of a test's ranks are on one host.
    BOOST_TEST(world.node_rank() == world.rank());
    BOOST_TEST(world.node_size() == world.size());
    const auto ranks = world.gather(std::to_string(world.rank()));
    for (std::size_t r = 0; r < ranks.size(); ++r) BOOST_TEST(ranks[r] == std::to_string(r));
}

BOOST_AUTO_TEST_CASE(nobody_passes_a_barrier_before_the_last_has_come) {
    comm::Communicator world = distributed::world();
    const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch().count(); };  // of all of a host
    world.barrier();
    if (world.rank() == world.size() - 1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto came = now();
    world.barrier();
    const auto passed = world.gather(std::to_string(now()));
    const auto last_came = world.gather(std::to_string(came));
    if (!world.is_root()) return;
    for (const std::string& when : passed) BOOST_TEST(std::stoll(when) >= std::stoll(last_came.back()));
}

BOOST_AUTO_TEST_CASE(broadcast_brings_roots_bytes) {
    for (comm::Communicator group : {distributed::world(), small_chunks()}) {
        for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 4096U, 10'001U}) {
            auto bytes = pattern(group.is_root() ? size : size / 2 + 3, group.rank());
            group.broadcast(bytes);
            BOOST_TEST((bytes == pattern(size, 0)));
        }
    }
}

BOOST_AUTO_TEST_CASE(broadcast_of_64_mebibytes) {
    comm::Communicator world = distributed::world();
    constexpr std::size_t size = std::size_t{64} << 20U;
    std::vector<std::byte> bytes;
    if (world.is_root()) bytes = pattern(size, 0);
    world.broadcast(bytes);
    BOOST_TEST(bytes.size() == size);
    const auto digests = world.gather(core::hex(core::sha256(bytes)));
    for (const std::string& digest : digests) BOOST_TEST(digest == digests.front());
    if (world.is_root()) BOOST_TEST((bytes == pattern(size, 0)));
}

BOOST_AUTO_TEST_CASE(sums_are_exact) {
    for (const std::size_t size : {0U, 1U, 2U, 100'000U}) check_sums(distributed::world(), size);
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 1000U}) check_sums(small_chunks(), size);
}

BOOST_AUTO_TEST_CASE(sums_wrap_nowhere_near_the_limits) {
    comm::Communicator world = distributed::world();
    // Fixed-point probabilities: the exact sum, whatever the tree.
    std::vector<std::int64_t> values(1000);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double p = std::sin(static_cast<double>(i * 8) + world.rank());
        values[i] = std::llround(p * p * 0x1p52);
    }
    world.reduce_sum(values);
    if (!world.is_root()) return;
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::int64_t expected = 0;
        for (int r = world.size() - 1; r >= 0; --r) {
            const double p = std::sin(static_cast<double>(i * 8) + r);
            expected += std::llround(p * p * 0x1p52);
        }
        BOOST_TEST_REQUIRE(values[i] == expected);
    }
}

BOOST_AUTO_TEST_CASE(gather_keeps_the_order_of_ranks) {
    for (comm::Communicator group : {distributed::world(), small_chunks()}) {
        const auto text = [](int rank) {
            return std::string(static_cast<std::size_t>(rank * 37 % 150), static_cast<char>('a' + rank));
        };
        const auto texts = group.gather(text(group.rank()));
        BOOST_TEST(texts.size() == (group.is_root() ? static_cast<std::size_t>(group.size()) : 0U));
        for (std::size_t r = 0; r < texts.size(); ++r) BOOST_TEST(texts[r] == text(static_cast<int>(r)));
        const auto empty = group.gather("");
        for (const std::string& nothing : empty) BOOST_TEST(nothing.empty());
    }
}

BOOST_AUTO_TEST_CASE(sizes_that_differ_are_refused_by_every_rank) {
    comm::Communicator world = distributed::world();
    if (world.size() == 1) return;
    std::vector<std::int64_t> values(world.is_root() ? 3 : 2);
    BOOST_CHECK_THROW(world.reduce_sum(values), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(different_collectives_are_refused_by_every_rank) {
    comm::Communicator world = distributed::world();
    if (world.size() == 1) return;
    if (world.is_root()) {
        BOOST_CHECK_THROW(world.barrier(), core::ContractViolation);
    } else {
        BOOST_CHECK_THROW(static_cast<void>(world.gather("text")), core::ContractViolation);
    }
    world.barrier();
}

BOOST_AUTO_TEST_SUITE_END()
