#pragma once

#include <string_view>

namespace ensemble::data {

/// What content is that was taken for a text table and is something else, and what to do about it, such as "is a NumPy
/// array …"; empty if it is not known. `text` begins where the content does.
[[nodiscard]] std::string_view foreign_content(std::string_view text);

/// "is in UTF-16" by the mark at its beginning, "looks like UTF-16" by its zeros, or the same of UTF-32; else empty.
[[nodiscard]] std::string_view wide_encoding(std::string_view text);

/// True if nothing at the beginning of `bytes` is a control character; false for nothing at all.
[[nodiscard]] bool looks_like_text(std::string_view bytes);

}  // namespace ensemble::data
