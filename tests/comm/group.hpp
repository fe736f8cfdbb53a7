#pragma once

#include <cstdint>
#include <vector>

#include "comm/backend.hpp"
#include "distributed/world.hpp"

/// The world cut into chunks so small that every loop over chunks turns many times.
[[nodiscard]] inline ensemble::comm::Communicator small_chunks(std::size_t bytes = 64) {
    ensemble::comm::Communicator world = ensemble::distributed::world();
    return world.size() == 1 ? world : ensemble::comm::Communicator(ensemble::comm::make_mpi_backend(bytes));
}

/// Bytes that tell their place and who wrote them.
[[nodiscard]] inline std::vector<std::byte> pattern(std::size_t size, int salt) {
    std::vector<std::byte> bytes(size);
    std::uint32_t state = static_cast<std::uint32_t>(salt) * 2654435761U + 1;
    for (std::byte& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::byte>(state >> 24U);
    }
    return bytes;
}
