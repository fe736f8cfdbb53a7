#include "core/error.hpp"

#include <fmt/format.h>

namespace core {

void fail_formatted(Failure kind, fmt::string_view format, fmt::format_args arguments) {
    throw Error(kind, fmt::vformat(format, arguments));
}

}  // namespace core
