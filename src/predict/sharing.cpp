#include "predict/sharing.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include "comm/backoff.hpp"
#include "core/error.hpp"
#include "core/wire.hpp"

namespace ensemble::predict {
namespace {

enum Tag : int { job_tag = 1, result_tag, failure_tag, end_tag };

/// Jobs that a rank has at a time: one to work on, and the next on its way.
constexpr std::size_t jobs_each = 2;

/// One list of fields serves writing and reading.
template <class AnyJob, class Each>
void fields_of_job(AnyJob& job, std::uint64_t& rows, Each& each) {
    each(job.first), each(rows), each(job.block.values), each(job.block.truth), each(job.block.kept);
    each(job.block.kept_ends);
}

template <class AnyResult, class Each>
void fields_of_result(AnyResult& result, Each& each) {
    each(result.text), each(result.numbers), each(result.measured);
    each(result.sightings.rows), each(result.sightings.beyond);
    each(result.sightings.by_column), each(result.sightings.by_measure);
}

std::vector<std::byte> to_bytes(const Job& job) {
    core::WireWriter writer;
    std::uint64_t rows = job.block.rows;
    fields_of_job(job, rows, writer);
    return std::move(writer.bytes);
}

Job job_from(std::span<const std::byte> bytes) {
    core::WireReader reader(bytes);
    Job job;
    std::uint64_t rows = 0;
    fields_of_job(job, rows, reader);
    job.block.rows = rows;
    if (!reader.at_end()) core::refuse_message("it holds more than rows");
    return job;
}

comm::Message wait_for_message(comm::Communicator& world) {
    comm::Backoff backoff;
    for (;;) {
        if (auto message = world.poll()) return std::move(*message);
        backoff.pause();
    }
}

void finish_sending(comm::Communicator& world) {
    comm::Backoff backoff;
    while (world.sending()) backoff.pause();
}

void work_for_root(comm::Communicator& world, const Shared& shared) {
    try {
        for (;;) {
            const comm::Message message = wait_for_message(world);
            if (message.tag == end_tag) return;
            const Result result = shared.work(job_from(message.bytes));
            core::WireWriter writer;
            fields_of_result(result, writer);
            world.send(0, result_tag, writer.bytes);
        }
    } catch (...) {
        // The root must not wait for more; what is wrong it hears when all agree on it.
        world.send(0, failure_tag, {});
        while (wait_for_message(world).tag != end_tag) {
        }
        throw;
    }
}

/// Hands jobs out and takes results in.
class Root {
public:
    Root(comm::Communicator& world, const Shared& shared)
        : world_(world), shared_(shared), busy_(static_cast<std::size_t>(world.size())) {}

    void run() {
        std::exception_ptr failure;
        try {
            serve();
        } catch (...) {
            failure = std::current_exception();
        }
        // What is under way comes in, wanted or not, so that no rank is left with a message.
        while (std::ranges::any_of(busy_, [](std::size_t jobs) { return jobs > 0; })) receive(wait_for_message(world_));
        for (int rank = 1; rank < world_.size(); ++rank) world_.send(rank, end_tag, {});
        finish_sending(world_);
        if (failure) std::rethrow_exception(failure);
    }

private:
    void serve() {
        while (!others_fail_) {
            while (auto message = world_.poll()) receive(*message);
            if (others_fail_) return;  // who has failed answers no job that it is sent now
            if (!take_results()) return;
            if (!waiting_) read_next();
            if (!waiting_) {
                if (taken_ == read_) return;
                if (!done_.contains(taken_)) receive(wait_for_message(world_));
            } else if (read_ - taken_ >= 2 * jobs_each * busy_.size()) {
                // Results of later rows take memory while they wait for earlier ones.
                receive(wait_for_message(world_));
            } else if (const auto rank = free_rank()) {
                world_.send(static_cast<int>(*rank), job_tag, to_bytes(*waiting_));
                numbers_[*rank].push_back(read_++);
                ++busy_[*rank];
                waiting_.reset();
            } else {
                done_.emplace(read_++, shared_.work(*waiting_));
                waiting_.reset();
            }
        }
    }

    void read_next() {
        Job job;
        is_read_ = is_read_ || !shared_.read(job);
        if (!is_read_) waiting_ = std::move(job);
    }

    /// One of those with the fewest jobs; none where all have enough.
    [[nodiscard]] std::optional<std::size_t> free_rank() const {
        for (std::size_t have = 0; have < jobs_each; ++have) {
            for (std::size_t rank = 1; rank < busy_.size(); ++rank) {
                if (busy_[rank] == have) return rank;
            }
        }
        return std::nullopt;
    }

    void receive(const comm::Message& message) {
        const auto rank = static_cast<std::size_t>(message.source);
        if (message.tag == failure_tag) {
            others_fail_ = true;
            busy_[rank] = 0;
            return;
        }
        std::vector<std::uint64_t>& numbers = numbers_[rank];
        if (message.tag != result_tag || numbers.empty()) core::refuse_message("nobody asked for it");
        core::WireReader reader(message.bytes);
        Result result;
        fields_of_result(result, reader);
        done_.emplace(numbers.front(), std::move(result));
        numbers.erase(numbers.begin());
        --busy_[rank];
    }

    bool take_results() {
        for (auto next = done_.find(taken_); next != done_.end(); next = done_.find(taken_)) {
            if (!shared_.take(next->second)) return false;
            done_.erase(next);
            ++taken_;
        }
        return true;
    }

    comm::Communicator& world_;
    const Shared& shared_;
    std::vector<std::size_t> busy_;                              ///< by rank: jobs that it has
    std::map<std::size_t, std::vector<std::uint64_t>> numbers_;  ///< by rank: of these, in their order
    std::map<std::uint64_t, Result> done_;                       ///< by job: results that wait for earlier ones
    std::optional<Job> waiting_;                                 ///< read, and not handed out yet
    std::uint64_t read_ = 0;                                     ///< jobs handed out or done
    std::uint64_t taken_ = 0;
    bool is_read_ = false;
    bool others_fail_ = false;
};

void work_alone(const Shared& shared) {
    for (Job job; shared.read(job);) {
        if (!shared.take(shared.work(job))) return;
    }
}

}  // namespace

void share_out(comm::Communicator& world, const Shared& shared) {
    if (world.size() == 1) return work_alone(shared);
    comm::Communicator ranks = world;
    world.run_everywhere([&] { world.is_root() ? Root(ranks, shared).run() : work_for_root(ranks, shared); });
}

}  // namespace ensemble::predict
