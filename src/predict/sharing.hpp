#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "data/row_stream.hpp"
#include "predict/watch.hpp"

namespace ensemble::predict {

/// Some rows to be predicted.
struct Job {
    std::uint64_t first = 0;  ///< number of the first row
    data::RowBlock block;
};

/// What became of them.
struct Result {
    std::string text;            ///< lines of CSV
    std::vector<float> numbers;  ///< or rows of numbers
    Sightings sightings;
    std::vector<std::byte> measured = {};  ///< for Scoring
};

/// What ranks do for each other: `read` and `take` on the root alone, `work` on any.
struct Shared {
    std::function<bool(Job&)> read;           ///< the next job; false where there is none
    std::function<Result(const Job&)> work;   ///< what comes of a job depends on nothing else
    std::function<bool(const Result&)> take;  ///< the results in the order of the jobs; false: no more are wanted
};

/// Does all jobs, on all ranks; the root reads ahead a few for each of the others, and works itself while these have
/// enough. Collective; throws comm::SharedError on every rank where one fails. Memory: some jobs for each rank.
void share_out(comm::Communicator& world, const Shared& shared);

}  // namespace ensemble::predict
