#include "config/parse_data.hpp"

#include <array>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "config/parse_value.hpp"
#include "core/error.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;
using std::string_view;

constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
constexpr double most_pixels = 10'000;

/// One part of an augmentation, in the order in which they are written.
struct Part {
    string_view name;
    double data::Augmentation::*strength;
    Range range;
    string_view example;
};

const std::array<Part, 5>& parts() {
    using A = data::Augmentation;
    static const std::array<Part, 5> all{Part{"shift", &A::shift, {0, most_pixels, false, false}, "2"},
                                         Part{"rotate", &A::rotate, {0, 180, false, false}, "10"},
                                         Part{"scale", &A::scale, {0, 1, false, true}, "0.1"},
                                         Part{"flip", &A::flip, {0, 1, false, false}, "0.5"},
                                         Part{"elastic", &A::elastic, {0, most_pixels, false, false}, "3"}};
    return all;
}

const Part& find_part(string_view name) {
    std::vector<string_view> names;
    for (const Part& part : parts()) names.push_back(part.name);
    return parts().at(parse_choice(name, names));
}

}  // namespace

data::Sequence parse_sequence(string_view text) {
    const std::size_t cross = text.find('x');
    if (cross == string_view::npos) fail(Failure::usage, "'{}' is not steps x features; write such as 128x1", text);
    return {.steps = parse_count(text.substr(0, cross), 1, most),
            .features = parse_count(text.substr(cross + 1), 1, most)};
}

std::string text_of_sequence(const data::Sequence& sequence) {
    return fmt::format("{}x{}", sequence.steps, sequence.features);
}

data::ImageSize parse_image_size(string_view text) {
    constexpr std::size_t longest = 4096;
    const std::size_t cross = text.find('x');
    if (cross == string_view::npos) fail(Failure::usage, "'{}' is not height x width; write such as 32x32", text);
    return {.height = parse_count(text.substr(0, cross), 1, longest),
            .width = parse_count(text.substr(cross + 1), 1, longest)};
}

std::string text_of_image_size(const data::ImageSize& size) {
    return fmt::format("{}x{}", size.height, size.width);
}

void parse_reduction(data::Preprocessing& preprocessing, string_view text) {
    const std::size_t colon = text.find(':');
    const auto reduction = parse_name<data::Reduction>(text.substr(0, colon));
    const bool none = reduction == data::Reduction::none;
    if (none != (colon == string_view::npos)) {
        fail(Failure::usage, "'{}' {}; write none, or such as pca:30 or variance:100", text,
             none ? "keeps no number of features" : "does not say how many features to keep");
    }
    preprocessing.reduction = reduction;
    preprocessing.keep = none ? 0 : parse_count(text.substr(colon + 1), 1, most);
}

std::string text_of_reduction(const data::Preprocessing& preprocessing) {
    const string_view name = core::name_of(preprocessing.reduction);
    if (preprocessing.reduction == data::Reduction::none) return std::string(name);
    return fmt::format("{}:{}", name, preprocessing.keep);
}

data::Augmentation parse_augmentation(string_view text) {
    data::Augmentation augmentation;
    if (text == "none") return augmentation;
    std::vector<string_view> seen;
    for (string_view rest = text;;) {
        const std::size_t comma = rest.find(',');
        const string_view item = rest.substr(0, comma);
        const std::size_t colon = item.find(':');
        const Part& part = find_part(item.substr(0, colon));
        if (colon == string_view::npos) {
            fail(Failure::usage, "'{}' does not say how much; write such as {}:{}", item, part.name, part.example);
        }
        for (const string_view name : seen) {
            if (name == part.name) fail(Failure::usage, "{} is given twice; give it once", name);
        }
        seen.push_back(part.name);
        try {
            augmentation.*part.strength = parse_number(item.substr(colon + 1), part.range, part.example);
        } catch (const core::Error& error) {
            fail(error.kind(), "{}: {}", part.name, error.what());
        }
        if (comma == string_view::npos) return augmentation;
        rest.remove_prefix(comma + 1);
    }
}

std::string text_of_augmentation(const data::Augmentation& augmentation) {
    std::string text;
    for (const Part& part : parts()) {
        const double strength = augmentation.*part.strength;
        if (strength > 0) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", part.name, strength);
    }
    return text.empty() ? "none" : text;
}

}  // namespace ensemble::config
