#pragma once

#include <string_view>

namespace ensemble::report {

/// The page without its content: shell.html with the style, the charts' scripts and D3 in it, and places @policy@,
/// @title@, @contents@ and @content@. The file it comes from, report/page/shell.html, is made when the program is
/// built.
[[nodiscard]] std::string_view shell() noexcept;

}  // namespace ensemble::report
