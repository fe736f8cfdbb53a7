#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "comm/backend.hpp"
#include "comm/backoff.hpp"
#include "comm/deadline.hpp"
#include "comm/mpi_check.hpp"
#include "comm/mpi_mailbox.hpp"
#include "comm/mpi_world.hpp"
#include "comm/shared_memory.hpp"
#include "comm/status_file.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"

namespace ensemble::comm {
namespace {

/// What is agreed on before a collective begins.
enum class Collective : std::int64_t { barrier = 1, broadcast, reduce_sum, gather, share, agreement };

/// Seconds that close() gives to messages whose receivers may be gone.
constexpr double farewell_s = 2.0;

/// Room for the kind of an error and for its message.
struct WireError {
    std::int64_t kind = 0;
    std::int64_t length = 0;
};

class MpiBackend final : public Communicator::Backend {
public:
    MpiBackend(std::size_t chunk_bytes, std::jthread guard)
        : guard_(std::move(guard)),
          world_(chunk_bytes),
          mailbox_(std::make_unique<MpiMailbox>(world_.all(), chunk_bytes)) {}

    int rank() const noexcept override { return world_.rank(); }
    int size() const noexcept override { return world_.size(); }
    int node_rank() const noexcept override { return world_.node_rank(); }
    int node_size() const noexcept override { return world_.node_size(); }
    const std::string& host() const noexcept override { return host_; }

    void send(int destination, int tag, std::span<const std::byte> bytes) override {
        mailbox().send(destination, tag, bytes);
    }
    std::optional<Message> poll() override { return mailbox().poll(); }
    bool sending() override { return mailbox().sending(); }

    void barrier() override { arrive(Collective::barrier); }

    void broadcast(std::vector<std::byte>& bytes) override {
        const std::int64_t size = arrive(Collective::broadcast, world_.is_root() ? std::ssize(bytes) : 0);
        const auto limit = limit_transfer();
        bytes.resize(static_cast<std::size_t>(size));
        world_.broadcast(bytes, 0, world_.all());
    }

    void reduce_sum(std::span<std::int64_t> values) override {
        const std::int64_t largest = arrive(Collective::reduce_sum, std::ssize(values), Sizes::agree);
        core::require(largest == std::ssize(values), "ranks add vectors of one size");
        world_.reduce_sum(values);
    }

    std::vector<std::string> gather(const std::string& text) override {
        const std::int64_t longest = arrive(Collective::gather, std::ssize(text));
        const auto limit = limit_transfer();
        return world_.gather(text, static_cast<std::size_t>(longest));
    }

    NodeBytes share_on_nodes(std::span<const std::byte> bytes) override;
    std::optional<core::Error> first_error(const std::optional<core::Error>& mine) override;

    void end_others(int exit_code) override { MPI_Abort(world_.all(), exit_code); }

    void close() override {
        guard_ = {};
        if (!mailbox_) return;
        Patience patience(farewell_s);
        Backoff backoff;
        while (mailbox_->sending() && !patience.is_over()) backoff.pause();
        mailbox_.reset();
    }

    void while_waiting(std::function<void()> look) override {
        guard_ = {};
        look_ = std::move(look);
    }
    void abandon_collectives() override { has_parted_ = true; }
    bool has_parted() const noexcept override { return has_parted_; }

    bool leaving_together() const noexcept override { return leaving_together_; }

private:
    enum class Sizes { may_differ, agree };

    MpiMailbox& mailbox() {
        core::require(mailbox_ != nullptr, "a communicator is used within its session only");
        return *mailbox_;
    }

    /// Waits, asleep, until every rank has come to the same collective; returns the largest of their values.
    /// The transfer that follows then finds all ranks present, and its busy waiting is short.
    std::int64_t arrive(Collective what, std::int64_t value = 0, Sizes sizes = Sizes::may_differ) {
        static_cast<void>(mailbox());
        leaving_together_ = false;
        const auto code = static_cast<std::int64_t>(what);
        const std::int64_t smallest = sizes == Sizes::agree ? -value : 0;
        const std::array<std::int64_t, 4> mine{code, -code, value, smallest};
        std::array<std::int64_t, 4> highest{};
        MPI_Request request = MPI_REQUEST_NULL;
        check(MPI_Iallreduce(mine.data(), highest.data(), 4, MPI_INT64_T, MPI_MAX, world_.all(), &request),
              "MPI_Iallreduce");
        Backoff backoff;
        Patience patience(start_limit_s_);
        for (;;) {
            int done = 0;
            check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
            if (done != 0) break;
            if (look_) {
                look_();
            } else if (patience.is_over()) {
                core::fail(
                    core::Failure::run,
                    "rank {} on {} has waited {:.0f} s for other ranks, one of which is dead or stopped; start again "
                    "(ENSEMBLE_START_LIMIT gives them more seconds)",
                    world_.rank(), host_, start_limit_s_);
            }
            backoff.pause();
        }
        core::require(highest[0] == -highest[1], "ranks call the same collectives in the same order");
        core::require(sizes == Sizes::may_differ || highest[2] == -highest[3], "sizes given to a collective agree");
        return highest[2];
    }

    /// All ranks were there a moment ago, but one may stop or die in the transfer, and MPI would wait for it. Once
    /// there is somebody to look after ranks, that is his.
    [[nodiscard]] std::unique_ptr<Deadline> limit_transfer() const {
        if (look_) return nullptr;
        return std::make_unique<Deadline>(start_limit_s_, [this] {
            give_up(fmt::format("rank {} on {} has waited {:.0f} s in a transfer for other ranks, one of which is dead "
                                "or stopped; start again (ENSEMBLE_START_LIMIT gives them more seconds)",
                                world_.rank(), host_, start_limit_s_),
                    Voice::speaks);
        });
    }

    std::jthread guard_;  ///< of the start
    std::string host_ = host_name();
    bool leaving_together_ = false;
    bool has_parted_ = false;
    double start_limit_s_ = start_limit_s();
    std::function<void()> look_;
    MpiWorld world_;
    std::unique_ptr<MpiMailbox> mailbox_;  ///< gone after close()
};

NodeBytes MpiBackend::share_on_nodes(std::span<const std::byte> bytes) {
    const auto size = static_cast<std::size_t>(arrive(Collective::share, world_.is_root() ? std::ssize(bytes) : 0));
    if (size == 0) return {};
    const auto limit = limit_transfer();
    const bool leads = world_.node_rank() == 0;

    SharedMemory::Address address;
    std::optional<SharedMemory> memory;
    if (leads) memory = SharedMemory::create(size);
    if (memory) address = memory->address();
    check(MPI_Bcast(&address, sizeof(address), MPI_BYTE, 0, world_.node()), "MPI_Bcast");
    if (!leads && address.size == size) memory = SharedMemory::open(address);
    const bool shared = world_.all_on_node(memory.has_value());

    // Over the network only among the leaders; root itself copies what it has.
    auto own = std::make_shared<core::Buffer<std::byte>>(shared ? 0 : size);
    const auto receive = [&](std::span<std::byte> place) {
        if (world_.is_root()) std::copy(bytes.begin(), bytes.end(), place.begin());
        world_.broadcast(place, 0, world_.leaders());
    };
    if (leads && shared) memory->write(receive);
    if (leads && !shared) receive(*own);
    if (!shared) {
        world_.broadcast(*own, 0, world_.node());
        return {.owner = own, .bytes = *own, .shared = false};
    }
    check(MPI_Barrier(world_.node()), "MPI_Barrier");
    NodeBytes result;
    result.owner = memory->view(result.bytes);
    return result;
}

std::optional<core::Error> MpiBackend::first_error(const std::optional<core::Error>& mine) {
    const std::int64_t none = std::numeric_limits<std::int64_t>::min();
    const std::int64_t highest = arrive(Collective::agreement, mine ? -std::int64_t{world_.rank()} : none);
    if (highest == none) return std::nullopt;
    const auto limit = limit_transfer();
    const int source = static_cast<int>(-highest);
    WireError wire;
    std::string message;
    if (source == world_.rank()) {
        message = mine->what();
        wire = {.kind = static_cast<std::int64_t>(mine->kind()), .length = std::ssize(message)};
    }
    check(MPI_Bcast(&wire, sizeof(wire), MPI_BYTE, source, world_.all()), "MPI_Bcast");
    message.resize(static_cast<std::size_t>(wire.length));
    world_.broadcast(std::as_writable_bytes(std::span(message)), source, world_.all());
    leaving_together_ = true;
    return core::Error(static_cast<core::Failure>(wire.kind), message);
}

}  // namespace

std::shared_ptr<Communicator::Backend> make_mpi_backend(std::size_t chunk_bytes, std::jthread guard) {
    core::require(chunk_bytes >= 64 && chunk_bytes <= default_chunk, "a chunk has 64 bytes to 1 GiB");
    return std::make_shared<MpiBackend>(chunk_bytes, std::move(guard));
}

}  // namespace ensemble::comm
