#include "data/digit_strokes.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

#include "core/contract.hpp"

namespace ensemble::data {
namespace {

float parse_percent(std::string_view& words) {
    int percent = 0;
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), percent);
    core::require(error == std::errc{}, "a knot is two whole numbers");
    words.remove_prefix(static_cast<std::size_t>(end - words.data()));
    return static_cast<float>(percent) * 0.01F;
}

/// Reads strokes such as "20,25 55,0! 55,100 / 20,100 90,100": knots in per cent of the box, `!` marks a corner,
/// `/` lifts the pen.
std::vector<Stroke> parse_strokes(std::string_view words) {
    std::vector<Stroke> strokes(1);
    while (!words.empty()) {
        if (words.front() == ' ') {
            words.remove_prefix(1);
        } else if (words.front() == '/') {
            words.remove_prefix(1);
            strokes.emplace_back();
        } else {
            Knot knot;
            knot.x = parse_percent(words);
            core::require(words.starts_with(','), "a knot's numbers are separated by a comma");
            words.remove_prefix(1);
            knot.y = parse_percent(words);
            knot.corner = words.starts_with('!');
            if (knot.corner) words.remove_prefix(1);
            strokes.back().push_back(knot);
        }
    }
    return strokes;
}

/// One way to write a digit, of which `share` of its images are.
struct WrittenStyle {
    std::size_t digit;
    double share;
    std::string_view strokes;  ///< as parse_strokes() reads them
};

constexpr auto written_styles = std::to_array<WrittenStyle>({
    {0, 0.52, "55,0 22,10 2,45 14,85 50,100 86,85 98,48 84,12 52,0 38,5"},                // closed oval
    {0, 0.25, "60,2 30,8 8,50 20,90 50,100 78,88 92,50 80,15 64,6"},                      // slim, hardly closed
    {0, 0.20, "30,14 10,45 12,82 45,100 85,88 100,50 82,10 45,2 22,20"},                  // wide, begun at the left
    {0, 0.03, "55,0 22,10 2,45 14,85 50,100 86,85 98,48 84,12 52,0 / 90,5 12,96"},        // with a slash
    {1, 0.55, "52,0 50,50 48,100"},                                                       // a bare stroke
    {1, 0.28, "22,26 40,14 54,0! 53,50 52,100"},                                          // with a flag
    {1, 0.12, "22,24 54,0! 53,50 52,100 / 20,100 85,99"},                                 // with flag and foot
    {1, 0.05, "58,0 48,35 47,70 55,100"},                                                 // bent
    {2, 0.40, "5,24 24,4 58,0 88,16 82,46 46,78 2,100! 50,97 100,98"},                    // sharp foot
    {2, 0.32, "5,20 35,1 78,8 88,34 62,68 24,96 4,92 12,76 42,84 72,98 100,90"},          // looped foot
    {2, 0.18, "0,12 42,0 88,12 84,36 46,70 2,100! 98,100"},                               // like a z
    {2, 0.10, "8,30 12,8 45,0 85,10 92,35 70,62 30,88 8,98 30,92 65,100 98,86"},          // wavy foot
    {3, 0.52, "6,12 42,0 84,10 84,34 40,48! 84,56 98,78 70,97 36,100 0,86"},              // two bows
    {3, 0.20, "5,3 48,2 90,0! 64,22 40,42! 82,50 98,75 70,97 30,100 0,88"},               // flat top
    {3, 0.28, "8,14 44,0 80,12 72,36 44,48 30,46 42,42 82,54 96,76 72,97 36,100 2,90"},   // looped waist
    {4, 0.49, "18,2 12,32 4,58! 50,58 100,52 / 80,8 74,50 68,100"},                       // open
    {4, 0.26, "70,0 34,34 0,66! 50,66 100,64 / 72,2 71,50 70,100"},                       // closed
    {4, 0.22, "10,0 4,36 22,54 62,48 92,30 / 94,0 86,45 76,100"},                         // open and round
    {4, 0.03, "70,4 36,22 4,54 22,62 56,60 84,52 / 86,0 80,45 72,100"},                   // almost a nine
    {5, 0.45, "22,3 16,22 10,44! 46,36 88,48 96,72 68,96 32,100 0,90 / 22,3 58,2 96,0"},  // separate bar
    {5, 0.25, "94,3 58,1 24,4! 18,22 12,46! 48,36 88,50 94,74 66,97 30,100 0,88"},        // one stroke
    {5, 0.30, "92,6 46,2 16,22 34,44 76,54 90,76 62,98 26,98 0,86"},                      // like an s
    {6, 0.45, "74,0 36,18 9,55 10,84 42,100 82,90 90,66 58,52 24,62 10,82"},              // curved neck
    {6, 0.30, "46,0 22,34 5,70 22,97 66,98 90,76 64,57 30,62 8,80"},                      // straight neck
    {6, 0.25, "90,10 60,0 22,18 2,56 14,92 48,100 84,86 82,62 50,54 14,70"},              // hooked neck
    {7, 0.42, "0,6 46,4 94,2! 66,42 40,100"},                                             // plain
    {7, 0.20, "0,6 46,4 94,2! 66,42 38,100 / 26,50 56,48 86,47"},                         // with a bar
    {7, 0.18, "4,24 6,5! 48,4 94,0! 68,40 46,100"},                                       // with a serif
    {7, 0.20, "0,16 22,4 58,8 92,2 76,34 58,66 52,100"},                                  // rounded
    {8, 0.50, "82,14 52,0 18,10 20,34 50,48 84,64 90,86 52,100 12,88 14,66 48,48 80,32 84,16 74,8"},    // looped
    {8, 0.20, "50,0 18,12 22,38 50,46 80,36 82,10 50,0 / 50,46 12,62 10,90 48,100 90,90 88,62 50,46"},  // rings
    {8, 0.30, "94,4 56,0 18,12 22,34 54,50 84,70 74,96 38,100 14,84 28,64 62,42 94,10"},                // open
    {9, 0.40, "84,16 52,0 14,14 10,38 40,52 76,36 86,10! 84,52 76,100"},                                // straight stem
    {9, 0.26, "84,14 50,0 12,14 12,40 46,50 82,30 88,10! 90,52 72,88 40,100 12,92"},                    // hooked stem
    {9, 0.34, "90,8 54,0 18,18 18,42 50,48 80,28 90,6! 72,54 50,100"},                                  // leaning stem
});

std::array<std::vector<Style>, 10> make_styles() {
    std::array<std::vector<Style>, 10> styles;
    for (const WrittenStyle& written : written_styles) {
        styles.at(written.digit).push_back({written.share, parse_strokes(written.strokes)});
    }
    return styles;
}

}  // namespace

const std::array<std::vector<Style>, 10>& digit_styles() {
    static const std::array<std::vector<Style>, 10> styles = make_styles();
    return styles;
}

}  // namespace ensemble::data
