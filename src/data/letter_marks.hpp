#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ensemble::data {

/// Finds any of three letters in 64 bytes at once: a bit for each byte, the lowest for the first. A loop that asks byte
/// by byte is mistaken about where each field ends, which costs more than all else.
class LetterMarks {
public:
    static constexpr std::size_t bytes = 64;

    explicit LetterMarks(std::array<char, 3> letters) : letters_(letters) {}

    /// REQUIRES: 64 bytes from `text` on may be read.
    [[nodiscard]] std::uint64_t in(const char* text) const noexcept {
        std::uint64_t marks = 0;
#if defined(__SSE2__)
        constexpr std::size_t part = 16;
        const __m128i a = _mm_set1_epi8(letters_[0]);
        const __m128i b = _mm_set1_epi8(letters_[1]);
        const __m128i c = _mm_set1_epi8(letters_[2]);
        for (std::size_t first = 0; first < bytes; first += part) {
            const __m128i own = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + first));
            const __m128i found =
                _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(own, a), _mm_cmpeq_epi8(own, b)), _mm_cmpeq_epi8(own, c));
            marks |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(found))} << first;
        }
#else
        for (std::size_t i = 0; i < bytes; ++i) {
            const bool found = text[i] == letters_[0] || text[i] == letters_[1] || text[i] == letters_[2];
            marks |= std::uint64_t{found} << i;
        }
#endif
        return marks;
    }

private:
    std::array<char, 3> letters_;
};

}  // namespace ensemble::data
