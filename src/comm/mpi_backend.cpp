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
#include "comm/shared_memory.hpp"
#include "comm/status_file.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"

namespace ensemble::comm {
namespace {

/// What is agreed on before a collective begins.
enum class Collective : std::int64_t { barrier = 1, broadcast, reduce_sum, gather, share, agreement };

/// Of messages with parts of a sum; those of the mailbox have another.
constexpr int sum_tag = 2;

/// Parts in which vectors are summed, so that the ranks of a tree work on several at a time.
constexpr std::size_t summand_bytes = std::size_t{1} << 18U;

/// Seconds that close() gives to messages whose receivers may be gone.
constexpr double farewell_s = 2.0;

/// Room for the kind of an error and for its message.
struct WireError {
    std::int64_t kind = 0;
    std::int64_t length = 0;
};

class MpiBackend final : public Communicator::Backend {
public:
    MpiBackend(std::size_t chunk_bytes, std::jthread guard) : chunk_bytes_(chunk_bytes), guard_(std::move(guard)) {
        core::require(chunk_bytes >= 64 && chunk_bytes <= default_chunk, "a chunk has 64 bytes to 1 GiB");
        // The default handler would end the job before any return code could be looked at.
        check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
        check(MPI_Comm_dup(MPI_COMM_WORLD, &world_), "MPI_Comm_dup");
        check(MPI_Comm_rank(world_, &rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(world_, &size_), "MPI_Comm_size");
        check(MPI_Comm_split_type(world_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node_), "MPI_Comm_split_type");
        check(MPI_Comm_rank(node_, &node_rank_), "MPI_Comm_rank");
        check(MPI_Comm_size(node_, &node_size_), "MPI_Comm_size");
        check(MPI_Comm_split(world_, node_rank_ == 0 ? 0 : MPI_UNDEFINED, rank_, &leaders_), "MPI_Comm_split");
        mailbox_ = std::make_unique<MpiMailbox>(world_, chunk_bytes);
    }

    int rank() const noexcept override { return rank_; }
    int size() const noexcept override { return size_; }
    int node_rank() const noexcept override { return node_rank_; }
    int node_size() const noexcept override { return node_size_; }
    const std::string& host() const noexcept override { return host_; }

    void send(int destination, int tag, std::span<const std::byte> bytes) override {
        mailbox().send(destination, tag, bytes);
    }
    std::optional<Message> poll() override { return mailbox().poll(); }
    bool sending() override { return mailbox().sending(); }

    void barrier() override { arrive(Collective::barrier); }

    void broadcast(std::vector<std::byte>& bytes) override {
        const std::int64_t size = arrive(Collective::broadcast, is_root() ? std::ssize(bytes) : 0);
        const auto limit = limit_transfer();
        bytes.resize(static_cast<std::size_t>(size));
        broadcast_bytes(bytes, 0, world_);
    }

    void reduce_sum(std::span<std::int64_t> values) override {
        const std::int64_t largest = arrive(Collective::reduce_sum, std::ssize(values), Sizes::agree);
        core::require(largest == std::ssize(values), "ranks add vectors of one size");
        // MPI_Reduce takes a chain of all ranks for vectors of this size, where it is left to its defaults.
        const std::size_t step = std::min(chunk_bytes_, summand_bytes) / sizeof(std::int64_t);
        std::vector<std::int64_t> summand(std::min(step, values.size()));
        for (std::size_t begin = 0; begin < values.size(); begin += step) {
            reduce_part(values.subspan(begin, std::min(step, values.size() - begin)), summand);
        }
    }

    std::vector<std::string> gather(const std::string& text) override;
    NodeBytes share_on_nodes(std::span<const std::byte> bytes) override;
    std::optional<core::Error> first_error(const std::optional<core::Error>& mine) override;

    void end_others(int exit_code) override { MPI_Abort(world_, exit_code); }

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

    [[nodiscard]] bool is_root() const noexcept { return rank_ == 0; }

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
        check(MPI_Iallreduce(mine.data(), highest.data(), 4, MPI_INT64_T, MPI_MAX, world_, &request), "MPI_Iallreduce");
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
                    rank_, host_, start_limit_s_);
            }
            backoff.pause();
        }
        core::require(highest[0] == -highest[1], "ranks call the same collectives in the same order");
        core::require(sizes == Sizes::may_differ || highest[2] == -highest[3], "sizes given to a collective agree");
        return highest[2];
    }

    /// Sums `part` along a binomial tree: a rank adds what those above it send, which differ from it in one bit below
    /// its own lowest, and hands the sum on to the rank without that bit.
    void reduce_part(std::span<std::int64_t> part, std::span<std::int64_t> summand) const {
        const int count = static_cast<int>(part.size());
        for (int bit = 1; bit < size_; bit <<= 1) {
            if ((rank_ & bit) != 0) {
                check(MPI_Send(part.data(), count, MPI_INT64_T, rank_ - bit, sum_tag, world_), "MPI_Send");
                return;
            }
            if (rank_ + bit >= size_) continue;
            check(MPI_Recv(summand.data(), count, MPI_INT64_T, rank_ + bit, sum_tag, world_, MPI_STATUS_IGNORE),
                  "MPI_Recv");
            for (std::size_t i = 0; i < part.size(); ++i) part[i] += summand[i];
        }
    }

    /// All ranks were there a moment ago, but one may stop or die in the transfer, and MPI would wait for it. Once
    /// there is somebody to look after ranks, that is his.
    [[nodiscard]] std::unique_ptr<Deadline> limit_transfer() const {
        if (look_) return nullptr;
        return std::make_unique<Deadline>(start_limit_s_, [this] {
            give_up(fmt::format("rank {} on {} has waited {:.0f} s in a transfer for other ranks, one of which is dead "
                                "or stopped; start again (ENSEMBLE_START_LIMIT gives them more seconds)",
                                rank_, host_, start_limit_s_),
                    Voice::speaks);
        });
    }

    void broadcast_bytes(std::span<std::byte> bytes, int root, MPI_Comm group) const {
        for (std::size_t begin = 0; begin < bytes.size(); begin += chunk_bytes_) {
            const auto part = bytes.subspan(begin, std::min(chunk_bytes_, bytes.size() - begin));
            check(MPI_Bcast(part.data(), static_cast<int>(part.size()), MPI_BYTE, root, group), "MPI_Bcast");
        }
    }

    /// True on every rank of the node if `mine` is true on each.
    [[nodiscard]] bool all_on_node(bool mine) const {
        int all = mine ? 1 : 0;
        check(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, node_), "MPI_Allreduce");
        return all != 0;
    }

    std::size_t chunk_bytes_;
    std::jthread guard_;  ///< of the start
    std::string host_ = host_name();
    MPI_Comm world_ = MPI_COMM_NULL;
    MPI_Comm node_ = MPI_COMM_NULL;     ///< the ranks of this host
    MPI_Comm leaders_ = MPI_COMM_NULL;  ///< the first rank of each host; its own first is the root of the world
    int rank_ = 0;
    int size_ = 1;
    int node_rank_ = 0;
    int node_size_ = 1;
    bool leaving_together_ = false;
    bool has_parted_ = false;
    double start_limit_s_ = start_limit_s();
    std::function<void()> look_;
    std::unique_ptr<MpiMailbox> mailbox_;  ///< gone after close()
};

std::vector<std::string> MpiBackend::gather(const std::string& text) {
    const std::int64_t longest = arrive(Collective::gather, std::ssize(text));
    const auto limit = limit_transfer();
    // In rounds of equal pieces, so that what the root receives at once fits into one chunk.
    const std::size_t piece = std::max<std::size_t>(1, chunk_bytes_ / static_cast<std::size_t>(size_));
    const std::size_t ranks = is_root() ? static_cast<std::size_t>(size_) : 0;
    std::vector<std::string> texts(ranks);
    std::vector<int> lengths(ranks);
    std::vector<int> offsets(ranks);
    std::string pieces;
    for (std::size_t begin = 0; begin < static_cast<std::size_t>(longest); begin += piece) {
        const std::size_t from = std::min(begin, text.size());
        const int length = static_cast<int>(std::min(piece, text.size() - from));
        check(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, 0, world_), "MPI_Gather");
        int total = 0;
        for (std::size_t r = 0; r < ranks; ++r) offsets[r] = std::exchange(total, total + lengths[r]);
        pieces.resize(static_cast<std::size_t>(total));
        check(MPI_Gatherv(text.data() + from, length, MPI_CHAR, pieces.data(), lengths.data(), offsets.data(), MPI_CHAR,
                          0, world_),
              "MPI_Gatherv");
        for (std::size_t r = 0; r < ranks; ++r) {
            texts[r].append(pieces, static_cast<std::size_t>(offsets[r]), static_cast<std::size_t>(lengths[r]));
        }
    }
    return texts;
}

NodeBytes MpiBackend::share_on_nodes(std::span<const std::byte> bytes) {
    const auto size = static_cast<std::size_t>(arrive(Collective::share, is_root() ? std::ssize(bytes) : 0));
    if (size == 0) return {};
    const auto limit = limit_transfer();
    const bool leads = node_rank_ == 0;

    SharedMemory::Address address;
    std::optional<SharedMemory> memory;
    if (leads) memory = SharedMemory::create(size);
    if (memory) address = memory->address();
    check(MPI_Bcast(&address, sizeof(address), MPI_BYTE, 0, node_), "MPI_Bcast");
    if (!leads && address.size == size) memory = SharedMemory::open(address);
    const bool shared = all_on_node(memory.has_value());

    // Over the network only among the leaders; root itself copies what it has.
    auto own = std::make_shared<core::Buffer<std::byte>>(shared ? 0 : size);
    const auto receive = [&](std::span<std::byte> place) {
        if (is_root()) std::copy(bytes.begin(), bytes.end(), place.begin());
        broadcast_bytes(place, 0, leaders_);
    };
    if (leads && shared) memory->write(receive);
    if (leads && !shared) receive(*own);
    if (!shared) {
        broadcast_bytes(*own, 0, node_);
        return {.owner = own, .bytes = *own, .shared = false};
    }
    check(MPI_Barrier(node_), "MPI_Barrier");
    NodeBytes result;
    result.owner = memory->view(result.bytes);
    return result;
}

std::optional<core::Error> MpiBackend::first_error(const std::optional<core::Error>& mine) {
    const std::int64_t none = std::numeric_limits<std::int64_t>::min();
    const std::int64_t highest = arrive(Collective::agreement, mine ? -std::int64_t{rank_} : none);
    if (highest == none) return std::nullopt;
    const auto limit = limit_transfer();
    const int source = static_cast<int>(-highest);
    WireError wire;
    std::string message;
    if (source == rank_) {
        message = mine->what();
        wire = {.kind = static_cast<std::int64_t>(mine->kind()), .length = std::ssize(message)};
    }
    check(MPI_Bcast(&wire, sizeof(wire), MPI_BYTE, source, world_), "MPI_Bcast");
    message.resize(static_cast<std::size_t>(wire.length));
    broadcast_bytes(std::as_writable_bytes(std::span(message)), source, world_);
    leaving_together_ = true;
    return core::Error(static_cast<core::Failure>(wire.kind), message);
}

}  // namespace

std::shared_ptr<Communicator::Backend> make_mpi_backend(std::size_t chunk_bytes, std::jthread guard) {
    return std::make_shared<MpiBackend>(chunk_bytes, std::move(guard));
}

}  // namespace ensemble::comm
