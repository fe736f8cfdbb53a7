#include "comm/mpi_world.hpp"

#include <algorithm>
#include <utility>

#include "comm/mpi_check.hpp"

namespace ensemble::comm {
namespace {

/// Of messages with parts of a sum; those of the mailbox have another.
constexpr int sum_tag = 2;

/// Parts in which vectors are summed, so that the ranks of a tree work on several at a time.
constexpr std::size_t summand_bytes = std::size_t{1} << 18U;

}  // namespace

MpiWorld::MpiWorld(std::size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {
    // The default handler would end the job before any return code could be looked at.
    check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    check(MPI_Comm_dup(MPI_COMM_WORLD, &all_), "MPI_Comm_dup");
    check(MPI_Comm_rank(all_, &rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(all_, &size_), "MPI_Comm_size");
    check(MPI_Comm_split_type(all_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node_), "MPI_Comm_split_type");
    check(MPI_Comm_rank(node_, &node_rank_), "MPI_Comm_rank");
    check(MPI_Comm_size(node_, &node_size_), "MPI_Comm_size");
    check(MPI_Comm_split(all_, node_rank_ == 0 ? 0 : MPI_UNDEFINED, rank_, &leaders_), "MPI_Comm_split");
}

void MpiWorld::broadcast(std::span<std::byte> bytes, int root, MPI_Comm group) const {
    for (std::size_t begin = 0; begin < bytes.size(); begin += chunk_bytes_) {
        const auto part = bytes.subspan(begin, std::min(chunk_bytes_, bytes.size() - begin));
        check(MPI_Bcast(part.data(), static_cast<int>(part.size()), MPI_BYTE, root, group), "MPI_Bcast");
    }
}

void MpiWorld::reduce_sum(std::span<std::int64_t> values) const {
    // MPI_Reduce takes a chain of all ranks for vectors of this size, where it is left to its defaults.
    const std::size_t step = std::min(chunk_bytes_, summand_bytes) / sizeof(std::int64_t);
    std::vector<std::int64_t> summand(std::min(step, values.size()));
    for (std::size_t begin = 0; begin < values.size(); begin += step) {
        reduce_part(values.subspan(begin, std::min(step, values.size() - begin)), summand);
    }
}

/// Sums `part` along a binomial tree: a rank adds what those above it send, which differ from it in one bit below
/// its own lowest, and hands the sum on to the rank without that bit.
void MpiWorld::reduce_part(std::span<std::int64_t> part, std::span<std::int64_t> summand) const {
    const int count = static_cast<int>(part.size());
    for (int bit = 1; bit < size_; bit <<= 1) {
        if ((rank_ & bit) != 0) {
            check(MPI_Send(part.data(), count, MPI_INT64_T, rank_ - bit, sum_tag, all_), "MPI_Send");
            return;
        }
        if (rank_ + bit >= size_) continue;
        check(MPI_Recv(summand.data(), count, MPI_INT64_T, rank_ + bit, sum_tag, all_, MPI_STATUS_IGNORE), "MPI_Recv");
        for (std::size_t i = 0; i < part.size(); ++i) part[i] += summand[i];
    }
}

std::vector<std::string> MpiWorld::gather(const std::string& text, std::size_t longest) const {
    // In rounds of equal pieces, so that what the root receives at once fits into one chunk.
    const std::size_t piece = std::max<std::size_t>(1, chunk_bytes_ / static_cast<std::size_t>(size_));
    const std::size_t ranks = is_root() ? static_cast<std::size_t>(size_) : 0;
    std::vector<std::string> texts(ranks);
    std::vector<int> lengths(ranks);
    std::vector<int> offsets(ranks);
    std::string pieces;
    for (std::size_t begin = 0; begin < longest; begin += piece) {
        const std::size_t from = std::min(begin, text.size());
        const int length = static_cast<int>(std::min(piece, text.size() - from));
        check(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, 0, all_), "MPI_Gather");
        int total = 0;
        for (std::size_t r = 0; r < ranks; ++r) offsets[r] = std::exchange(total, total + lengths[r]);
        pieces.resize(static_cast<std::size_t>(total));
        check(MPI_Gatherv(text.data() + from, length, MPI_CHAR, pieces.data(), lengths.data(), offsets.data(), MPI_CHAR,
                          0, all_),
              "MPI_Gatherv");
        for (std::size_t r = 0; r < ranks; ++r) {
            texts[r].append(pieces, static_cast<std::size_t>(offsets[r]), static_cast<std::size_t>(lengths[r]));
        }
    }
    return texts;
}

bool MpiWorld::all_on_node(bool mine) const {
    int all = mine ? 1 : 0;
    check(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, node_), "MPI_Allreduce");
    return all != 0;
}

}  // namespace ensemble::comm
