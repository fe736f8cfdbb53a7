#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ensemble::report {

/// `bytes` in Base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

}  // namespace ensemble::report
