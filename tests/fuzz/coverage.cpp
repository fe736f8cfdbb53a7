#include "fuzz/coverage.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

// What -fsanitize-coverage=trace-pc calls at every branch, in the manner of AFL: a way leads from one place to the
// next.

namespace {

constexpr std::size_t places = 1U << 16U;
alignas(std::uint64_t) std::array<std::uint8_t, places> gone;
std::array<std::uint8_t, places> seen;
std::uintptr_t before = 0;
bool is_watched = false;

}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {  // NOLINT(bugprone-reserved-identifier): the compiler's name
    is_watched = true;
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    std::uint8_t& count = gone[(here ^ before ^ (here >> 16U)) % places];
    if (count < 255) ++count;
    before = here >> 1U;
}

namespace ensemble::fuzz {

void forget_ways() {
    std::ranges::fill(gone, 0);
    before = 0;
}

bool found_new_way() {
    if (!is_watched) return false;
    bool is_new = false;
    for (std::size_t first = 0; first < places; first += sizeof(std::uint64_t)) {
        std::uint64_t eight = 0;  // of which most are 0
        std::memcpy(&eight, &gone[first], sizeof eight);
        if (eight == 0) continue;
        for (std::size_t i = first; i < first + sizeof eight; ++i) {
            if (gone[i] == 0) continue;
            const auto often = static_cast<std::uint8_t>(1U << (std::bit_width(gone[i]) - 1));
            is_new = is_new || (seen[i] & often) == 0;
            seen[i] |= often;
        }
    }
    return is_new;
}

}  // namespace ensemble::fuzz
