#pragma once

namespace ensemble::store {

/// For a process that is about to leave at once: removes the temporary files that it is writing (store/file.hpp). From
/// then on it can make no others, and whoever writes waits, so that nobody tells of a failure that is none.
void abandon_temporaries() noexcept;

}  // namespace ensemble::store
