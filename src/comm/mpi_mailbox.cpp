#include "comm/mpi_mailbox.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <type_traits>
#include <utility>

#include "comm/mpi_check.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"

namespace ensemble::comm {
namespace {

constexpr int wire_tag = 1;
constexpr std::uint32_t wire_magic = 0x6D736731;  // "msg1"

/// Messages taken from MPI before the caller has asked for them; more would only move the queue into our own memory.
constexpr std::size_t incoming_limit = 16;

bool is_done(MPI_Request& request) {
    int done = 0;
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    return done != 0;
}

}  // namespace

MpiMailbox::MpiMailbox(MPI_Comm communicator, std::size_t chunk_bytes)
    : communicator_(communicator), payload_limit_(chunk_bytes - sizeof(Footer)) {
    core::require(chunk_bytes > sizeof(Footer), "a fragment holds more than its footer");
}

MpiMailbox::~MpiMailbox() {
    // MPI may still read from or write to these buffers.
    const auto leave = [](auto& queue) {
        using Queue = std::remove_reference_t<decltype(queue)>;
        if (!queue.empty()) static_cast<void>(std::make_unique<Queue>(std::move(queue)).release());
    };
    leave(on_their_way_);
    leave(incoming_);
}

void MpiMailbox::send(int destination, int tag, std::span<const std::byte> bytes) {
    std::size_t offset = 0;
    do {
        const std::size_t length = std::min(payload_limit_, bytes.size() - offset);
        send_fragment(destination, {.magic = wire_magic, .tag = tag, .offset = offset, .total = bytes.size()},
                      bytes.subspan(offset, length));
        offset += length;
    } while (offset < bytes.size());
}

void MpiMailbox::send_fragment(int destination, const Footer& footer, std::span<const std::byte> payload) {
    std::vector<std::byte> bytes;
    bytes.reserve(payload.size() + sizeof(Footer));
    bytes.assign(payload.begin(), payload.end());
    const auto footer_bytes = std::as_bytes(std::span(&footer, 1));
    bytes.insert(bytes.end(), footer_bytes.begin(), footer_bytes.end());
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, destination, wire_tag, communicator_,
                    &request),
          "MPI_Isend");
    if (is_done(request)) return;
    outgoing_.push_back(request);
    on_their_way_.push_back(std::move(bytes));
}

std::optional<Message> MpiMailbox::poll() {
    static_cast<void>(sending());
    match_arrivals();
    std::set<int> behind;  // sources with an earlier fragment still under way
    for (auto transfer = incoming_.begin(); transfer != incoming_.end();) {
        if (behind.contains(transfer->source) || !is_done(transfer->request)) {
            behind.insert(transfer->source);
            ++transfer;
            continue;
        }
        Transfer fragment = std::move(*transfer);
        transfer = incoming_.erase(transfer);
        if (auto message = take(std::move(fragment))) return message;
    }
    return std::nullopt;
}

bool MpiMailbox::sending() {
    if (outgoing_.empty()) return false;
    const int count = static_cast<int>(outgoing_.size());
    std::vector<int> places(outgoing_.size());
    int done = 0;
    check(MPI_Testsome(count, outgoing_.data(), &done, places.data(), MPI_STATUSES_IGNORE), "MPI_Testsome");
    if (done == 0) return true;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < outgoing_.size(); ++i) {
        if (outgoing_[i] == MPI_REQUEST_NULL) continue;
        outgoing_[kept] = outgoing_[i];
        if (kept != i) on_their_way_[kept] = std::move(on_their_way_[i]);
        ++kept;
    }
    outgoing_.resize(kept);
    on_their_way_.resize(kept);
    return kept > 0;
}

void MpiMailbox::match_arrivals() {
    while (incoming_.size() < incoming_limit) {
        int found = 0;
        MPI_Message handle = MPI_MESSAGE_NULL;
        MPI_Status status;
        check(MPI_Improbe(MPI_ANY_SOURCE, wire_tag, communicator_, &found, &handle, &status), "MPI_Improbe");
        if (found == 0) return;
        int count = 0;
        check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
        // A large fragment needs its sender's help to come over, so receiving it must not wait either.
        Transfer& transfer = incoming_.emplace_back();
        transfer.source = status.MPI_SOURCE;
        transfer.bytes.resize(static_cast<std::size_t>(count));
        check(MPI_Imrecv(transfer.bytes.data(), count, MPI_BYTE, &handle, &transfer.request), "MPI_Imrecv");
    }
}

std::optional<Message> MpiMailbox::take(Transfer&& fragment) {
    Footer footer;
    const std::size_t length = fragment.bytes.size() - std::min(fragment.bytes.size(), sizeof(Footer));
    if (fragment.bytes.size() >= sizeof(Footer)) std::memcpy(&footer, fragment.bytes.data() + length, sizeof(Footer));
    Message& message = incomplete_[fragment.source];
    const bool first = footer.offset == 0;
    if (footer.magic != wire_magic || footer.offset != message.bytes.size() || footer.offset + length > footer.total ||
        (!first && footer.tag != message.tag)) {
        core::fail(core::Failure::run,
                   "rank {} sent a fragment of {} bytes that does not continue its message; do all ranks run the same "
                   "program?",
                   fragment.source, fragment.bytes.size());
    }
    fragment.bytes.resize(length);
    if (first) {
        message = {.source = fragment.source, .tag = footer.tag, .bytes = std::move(fragment.bytes)};
        if (length < footer.total) message.bytes.reserve(footer.total);
    } else {
        message.bytes.insert(message.bytes.end(), fragment.bytes.begin(), fragment.bytes.end());
    }
    if (message.bytes.size() < footer.total) return std::nullopt;
    Message complete = std::move(message);
    incomplete_.erase(fragment.source);
    return complete;
}

}  // namespace ensemble::comm
