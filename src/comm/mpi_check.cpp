#include "comm/mpi_check.hpp"

#include <mpi.h>

#include <array>
#include <string>

#include "core/error.hpp"

namespace ensemble::comm {

void check(int code, const char* call) {
    if (code == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> words{};
    int length = 0;
    if (MPI_Error_string(code, words.data(), &length) != MPI_SUCCESS) length = 0;
    core::fail(core::Failure::run, "{} failed: {} (code {}); look for a lost rank or network above this message", call,
               length > 0 ? std::string(words.data(), static_cast<std::size_t>(length)) : "no reason given", code);
}

}  // namespace ensemble::comm
