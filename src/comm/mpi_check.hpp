#pragma once

namespace ensemble::comm {

/// Throws core::Error (run) with MPI's own words if an MPI call returned anything but success.
void check(int code, const char* call);

}  // namespace ensemble::comm
