#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "comm/backoff.hpp"
#include "comm/group.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(messages_tests)

namespace fs = std::filesystem;

namespace {

/// Waits for one message; the time-out of the test ends a wait in vain.
comm::Message receive(comm::Communicator& group) {
    comm::Backoff backoff;
    for (;;) {
        if (auto message = group.poll()) return std::move(*message);
        backoff.pause();
    }
}

void deliver(comm::Communicator& group) {
    comm::Backoff backoff;
    while (group.sending()) backoff.pause();
}

/// A file by which ranks of a host tell each other something without MPI, any call of which would be help.
class Sign {
public:
    /// Collective.
    Sign(comm::Communicator& world, const std::string& name) : owns_(world.is_root()) {
        const fs::path mine = fs::temp_directory_path() / fmt::format("messages_test_{}_{}", ::getpid(), name);
        const auto letters = std::as_bytes(std::span(mine.native()));
        std::vector<std::byte> bytes(letters.begin(), letters.end());
        world.broadcast(bytes);
        path_ = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    ~Sign() {
        if (owns_) fs::remove(path_);
    }
    Sign(const Sign&) = delete;
    Sign& operator=(const Sign&) = delete;

    void give() const { std::ofstream(path_) << "x"; }
    void wait() const {
        while (!fs::exists(path_)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

private:
    fs::path path_;
    bool owns_;
};

std::vector<std::byte> number(std::uint64_t value) {
    std::vector<std::byte> bytes(sizeof(value));
    std::memcpy(bytes.data(), &value, sizeof(value));
    return bytes;
}

std::uint64_t number(const std::vector<std::byte>& bytes) {
    std::uint64_t value = 0;
    BOOST_TEST_REQUIRE(bytes.size() == sizeof(value));
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_arrives_unsent) {
    comm::Communicator world = distributed::world();
    world.barrier();
    BOOST_TEST(!world.poll().has_value());
    BOOST_TEST(!world.sending());
    world.barrier();
}

BOOST_AUTO_TEST_CASE(every_size_goes_round_the_ring) {
    for (comm::Communicator group : {distributed::world(), small_chunks()}) {
        const int next = (group.rank() + 1) % group.size();
        const int previous = (group.rank() + group.size() - 1) % group.size();
        int tag = -3;
        for (const std::size_t size : {0U, 1U, 39U, 40U, 41U, 64U, 80U, 5000U, 100'000U}) {
            group.send(next, ++tag, pattern(size, group.rank()));
            const comm::Message message = receive(group);
            BOOST_TEST(message.source == previous);
            BOOST_TEST(message.tag == tag);
            BOOST_TEST((message.bytes == pattern(size, previous)));
        }
        deliver(group);
        group.barrier();
    }
}

BOOST_AUTO_TEST_CASE(bytes_may_change_after_sending) {
    comm::Communicator world = distributed::world();
    const int next = (world.rank() + 1) % world.size();
    auto bytes = pattern(5'000'000, 1);
    world.send(next, 1, bytes);
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    BOOST_TEST((receive(world).bytes == pattern(5'000'000, 1)));
    deliver(world);
    world.barrier();
}

// Small messages overtake large ones unless somebody takes care.
BOOST_AUTO_TEST_CASE(messages_of_a_source_keep_their_order_whatever_their_sizes) {
    for (comm::Communicator group : {distributed::world(), small_chunks(1024)}) {
        constexpr int count = 100;
        const auto size = [](int i) { return static_cast<std::size_t>(i % 7 == 0 ? 300'000 : i % 5 * 100) / 10; };
        for (int i = 0; i < count; ++i) {
            for (int r = 0; r < group.size(); ++r) group.send(r, i, pattern(size(i), group.rank() + i));
        }
        std::map<int, int> next;
        for (int i = 0; i < count * group.size(); ++i) {
            const comm::Message message = receive(group);
            BOOST_TEST_REQUIRE(message.tag == next[message.source]++);
            BOOST_TEST_REQUIRE((message.bytes == pattern(size(message.tag), message.source + message.tag)));
        }
        BOOST_TEST(next.size() == static_cast<std::size_t>(group.size()));
        deliver(group);
        group.barrier();
    }
}

BOOST_AUTO_TEST_CASE(many_ranks_flood_one) {
    comm::Communicator world = distributed::world();
    constexpr std::uint64_t count = 3000;
    for (std::uint64_t i = 0; i < count; ++i) world.send(0, 5, number(i));
    if (world.is_root()) {
        std::map<int, std::uint64_t> next;
        for (std::uint64_t i = 0; i < count * static_cast<std::uint64_t>(world.size()); ++i) {
            const comm::Message message = receive(world);
            BOOST_TEST_REQUIRE(number(message.bytes) == next[message.source]++);
        }
        for (const auto& [source, seen] : next) BOOST_TEST(seen == count);
        BOOST_TEST(!world.poll().has_value());
    }
    deliver(world);
    world.barrier();
}

// The barrier is reached only if handing over does not wait for the root, which asks for messages after it.
BOOST_AUTO_TEST_CASE(a_busy_receiver_holds_nobody_up) {
    comm::Communicator world = distributed::world();
    constexpr std::size_t size = std::size_t{8} << 20U;
    for (int i = 0; i < 3; ++i) world.send(0, i, pattern(size, world.rank() + i));
    world.barrier();
    if (world.is_root()) {
        std::map<int, int> next;
        for (int i = 0; i < 3 * world.size(); ++i) {
            const comm::Message message = receive(world);
            BOOST_TEST(message.tag == next[message.source]++);
            BOOST_TEST((message.bytes == pattern(size, message.source + message.tag)));
        }
    }
    deliver(world);
    world.barrier();
}

// Needs the sender's help, which does not come: polling must go on with the messages of others.
BOOST_AUTO_TEST_CASE(a_sender_that_went_silent_holds_nobody_up) {
    comm::Communicator world = distributed::world();
    if (world.size() < 3) return;
    constexpr std::size_t size = std::size_t{8} << 20U;
    const Sign is_silent(world, "silent");
    const Sign has_heard(world, "heard");
    if (world.rank() == 1) {
        world.send(0, 1, pattern(size, 1));
        is_silent.give();
        has_heard.wait();
        deliver(world);
    } else if (world.rank() == 2) {
        is_silent.wait();
        world.send(0, 2, number(7));
        deliver(world);
    } else if (world.is_root()) {
        std::vector<int> tags;
        while (tags.size() < 2) {
            if (auto message = world.poll()) tags.push_back(message->tag);
            if (tags.size() == 1) has_heard.give();
        }
        BOOST_TEST((tags == std::vector{2, 1}));
    }
    world.barrier();
}

BOOST_AUTO_TEST_SUITE_END()
