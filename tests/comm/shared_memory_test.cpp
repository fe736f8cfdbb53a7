#include "comm/shared_memory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(shared_memory_tests)

BOOST_AUTO_TEST_CASE(another_process_sees_what_was_written) {
    constexpr std::size_t size = 100'000;
    auto memory = comm::SharedMemory::create(size);
    BOOST_TEST_REQUIRE(memory.has_value());
    memory->write([](std::span<std::byte> bytes) { std::fill(bytes.begin(), bytes.end(), std::byte{42}); });
    const comm::SharedMemory::Address address = memory->address();
    BOOST_TEST(address.size == size);
    const pid_t child = fork();
    if (child == 0) {
        std::span<const std::byte> bytes;
        const auto opened = comm::SharedMemory::open(address);
        if (!opened) _exit(1);
        const auto owner = opened->view(bytes);
        const bool same = bytes.size() == size &&
                          std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{42}; });
        _exit(same ? 0 : 2);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_view_outlives_the_object) {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
    {
        auto memory = comm::SharedMemory::create(10);
        memory->write([](std::span<std::byte> place) { place[9] = std::byte{7}; });
        owner = memory->view(bytes);
    }
    BOOST_TEST((bytes[9] == std::byte{7}));
}

BOOST_AUTO_TEST_CASE(only_the_very_same_memory_is_opened) {
    const auto memory = comm::SharedMemory::create(4096);
    const auto other = comm::SharedMemory::create(4096);
    comm::SharedMemory::Address address = memory->address();
    BOOST_TEST(comm::SharedMemory::open(address).has_value());
    address.descriptor = other->address().descriptor;
    BOOST_TEST(!comm::SharedMemory::open(address).has_value());
    address = memory->address();
    address.size = 8192;
    BOOST_TEST(!comm::SharedMemory::open(address).has_value());
    address = memory->address();
    address.process = 999'999'999;
    BOOST_TEST(!comm::SharedMemory::open(address).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
