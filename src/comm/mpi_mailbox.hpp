#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "comm/communicator.hpp"

namespace ensemble::comm {

/// Messages between ranks that never wait for the other side, neither to send nor to receive.
/// On the wire a message is one fragment or several; each ends in a footer that says what it must be. (At the end, so
/// that the payload of a received fragment is where the caller wants it and needs no second copy.)
class MpiMailbox {
public:
    /// `communicator` stays the caller's. REQUIRES: chunk_bytes exceeds the footer.
    MpiMailbox(MPI_Comm communicator, std::size_t chunk_bytes);

    /// Leaves what is still on its way to MPI, buffers included, which then live until the process ends.
    ~MpiMailbox();
    MpiMailbox(const MpiMailbox&) = delete;
    MpiMailbox& operator=(const MpiMailbox&) = delete;

    void send(int destination, int tag, std::span<const std::byte> bytes);
    [[nodiscard]] std::optional<Message> poll();
    [[nodiscard]] bool sending();

private:
    struct Footer {
        std::uint32_t magic = 0;
        std::int32_t tag = 0;
        std::uint64_t offset = 0;  ///< of this fragment's payload in the message
        std::uint64_t total = 0;   ///< bytes of the whole message
    };

    /// A fragment being received.
    struct Transfer {
        MPI_Request request = MPI_REQUEST_NULL;
        int source = 0;
        std::vector<std::byte> bytes;
    };

    void send_fragment(int destination, const Footer& footer, std::span<const std::byte> payload);
    void match_arrivals();
    [[nodiscard]] std::optional<Message> take(Transfer&& fragment);

    MPI_Comm communicator_;
    std::size_t payload_limit_;
    std::vector<MPI_Request> outgoing_;                 ///< one array, so that MPI looks at all of them at once
    std::vector<std::vector<std::byte>> on_their_way_;  ///< their fragments, in the same order
    std::deque<Transfer> incoming_;                     ///< in the order they were matched
    std::map<int, Message> incomplete_;                 ///< by source; a source sends one message after the other
};

}  // namespace ensemble::comm
