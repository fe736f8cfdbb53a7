#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ensemble::core {

/// Bytes of memory that processes of this host, or of this container, may still take; 0 if unknown.
[[nodiscard]] std::size_t free_memory();

/// Bytes that the limits of this process (ulimit -v and -d) leave it; none where it has no limits.
[[nodiscard]] std::optional<std::size_t> left_by_limits();

/// Bytes that this process may still take, by both; 0 if unknown.
[[nodiscard]] std::size_t attainable_memory();

/// free_memory() from the texts of /proc/meminfo and of a control group's limit and current use.
[[nodiscard]] std::size_t memory_left(std::string_view meminfo, const std::string& limit, const std::string& used);

/// Throws std::bad_alloc where the system would not give this process `bytes` more; takes nothing. A look, no promise:
/// for callers of a library that does not look itself.
void require_room(std::size_t bytes);

}  // namespace ensemble::core
