#include "core/error.hpp"

#include <new>
#include <system_error>

#include <fmt/format.h>

namespace ensemble::core {

void fail_formatted(Failure kind, fmt::string_view format, fmt::format_args arguments) {
    throw Error(kind, fmt::vformat(format, arguments));
}

std::string reason(const std::exception& error) {
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
        return "there is not enough memory; what needs less is a smaller --net or --batch, or fewer ranks on this host";
    }
    const auto* system = dynamic_cast<const std::system_error*>(&error);
    if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again) {
        return "the system starts no further thread; its limits of processes (ulimit -u) or of memory (ulimit -v) are "
               "too low, or --threads asks for too many";
    }
    return printable(error.what());
}

}  // namespace ensemble::core
