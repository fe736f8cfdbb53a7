#pragma once

namespace ensemble::comm {

/// What a launcher runs on three or more ranks, with mpirun's recovery on, to find out whether the ranks of this MPI
/// outlive one of them: rank 1 kills itself, then the others send messages, form a group and reduce over it. Rank 0
/// prints "recovery works" if that worked; where it does not, ranks are killed or never end. Returns the exit code.
[[nodiscard]] int outlive_a_rank(int argc, char** argv);

}  // namespace ensemble::comm
