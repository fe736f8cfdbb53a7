#include "comm/recovery_probe.hpp"

#include <mpi.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace ensemble::comm {

int outlive_a_rank(int argc, char** argv) {
    constexpr int victim = 1;
    constexpr int tag = 7;
    MPI_Init(&argc, &argv);
    int rank = 0;
    int size = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size < 3) return EXIT_FAILURE;
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == victim) {
        static_cast<void>(std::raise(SIGKILL));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // the news of the death has to have come

    int token = rank;
    if (rank == size - 1) MPI_Send(&token, 1, MPI_INT, 0, tag, MPI_COMM_WORLD);
    if (rank == 0) MPI_Recv(&token, 1, MPI_INT, size - 1, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);

    MPI_Group all = MPI_GROUP_NULL;
    MPI_Group living = MPI_GROUP_NULL;
    MPI_Comm survivors = MPI_COMM_NULL;
    MPI_Comm_group(MPI_COMM_WORLD, &all);
    MPI_Group_excl(all, 1, &victim, &living);
    MPI_Comm_create_group(MPI_COMM_WORLD, living, tag, &survivors);
    int one = 1;
    int sum = 0;
    MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, survivors);
    if (rank == 0 && token == size - 1 && sum == size - 1) std::puts("recovery works");
    static_cast<void>(std::fflush(stdout));
    std::_Exit(EXIT_SUCCESS);  // leaving MPI together is no longer possible
}

}  // namespace ensemble::comm
