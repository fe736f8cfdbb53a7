#include "data/npy_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "data/content.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

/// "<f4" in its parts.
struct Descriptor {
    char order = '|';
    char kind = 'V';
    std::size_t size = 0;  ///< bytes; of words in U, characters
};

Descriptor parse(std::string_view type) {
    Descriptor descriptor;
    if (type.empty()) return descriptor;
    if (std::string_view("<>=|").find(type.front()) != std::string_view::npos) {
        descriptor.order = type.front();
        type.remove_prefix(1);
    }
    if (type.empty()) return descriptor;
    descriptor.kind = type.front();
    std::from_chars(type.data() + 1, type.data() + type.size(), descriptor.size);
    return descriptor;
}

bool is_swapped(char order) {
    return order == (std::endian::native == std::endian::little ? '>' : '<');
}

struct Kind {
    char kind;
    std::size_t size;
    Number number;
};
constexpr std::array<Kind, 12> kinds{Kind{'b', 1, Number::b1}, {'u', 1, Number::u1}, {'i', 1, Number::i1},
                                     {'u', 2, Number::u2},     {'i', 2, Number::i2}, {'u', 4, Number::u4},
                                     {'i', 4, Number::i4},     {'u', 8, Number::u8}, {'i', 8, Number::i8},
                                     {'f', 2, Number::f2},     {'f', 4, Number::f4}, {'f', 8, Number::f8}};

/// What to write instead of an array that cannot be read.
struct Cure {
    char kind;
    std::string_view what;
    std::string_view advice;
};
constexpr std::array<Cure, 6> cures{
    Cure{'O', "Python objects", "write x.astype('f8') of numbers, or y.astype(str) of labels that are words"},
    {'c', "complex numbers", "give real and imaginary parts as features of their own"},
    {'M', "dates", "write x.astype('i8'), or features made of them"},
    {'m', "spans of time", "write x.astype('i8')"},
    {'f', "numbers longer than double precision", "write x.astype('f8')"},
    {'V', "records with fields",
     "write numpy.lib.recfunctions.structured_to_unstructured(x) of those that are numbers"}};

void append_utf8(std::string& text, std::uint32_t code) {
    const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | (code >> shift & 0x3fU)); };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xc0U | code >> 6U);
        tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xe0U | code >> 12U);
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xf0U | code >> 18U);
        tail(12);
        tail(6);
        tail(0);
    }
}

/// A table or something else under the name of an array, or given where an array belongs.
void refuse_other_content(std::span<const std::byte> begin, FileBytes& file, const std::string& name) {
    std::string text(reinterpret_cast<const char*>(begin.data()), begin.size());
    if (text.starts_with("\x93NUMPY")) return;
    std::string more(1000, '\0');
    more.resize(file.read(std::as_writable_bytes(std::span(more))));
    text += more;
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark)) text.erase(0, mark.size());
    if (const auto foreign = foreign_content(text); !foreign.empty()) fail(Failure::data, "{}: {}", name, foreign);
    if (!looks_like_text(text)) return;
    fail(Failure::data,
         "{}: is text, no NumPy array; write it with numpy.save, or give it the ending .csv if it is a table of "
         "features and targets",
         name);
}

core::NpyHeader read_header(FileBytes& file, const std::string& name) {
    std::vector<std::byte> bytes(core::npy_prefix);
    bytes.resize(file.read(bytes));
    refuse_other_content(bytes, file, name);
    const std::size_t whole = core::npy_body(bytes, name);
    const std::size_t got = bytes.size();
    bytes.resize(std::max(whole, got));
    bytes.resize(got + file.read(std::span(bytes).subspan(got)));
    return core::read_npy_header(bytes, name);
}

}  // namespace

NpyFile::NpyFile(FileBytes file, Rows rows)
    : file_(std::move(file)), name_(file_.path().string()), header_(read_header(file_, name_)) {
    if (rows == Rows::some && (header_.extents.empty() || core::npy_elements(header_) == 0)) {
        fail(Failure::data, "{}: has shape {} and so holds nothing to learn from", name_, shape());
    }
}

std::optional<StoredAs> NpyFile::numbers() const {
    const Descriptor type = parse(header_.type);
    const auto same = [&](const Kind& kind) { return kind.kind == type.kind && kind.size == type.size; };
    const auto* const found = std::ranges::find_if(kinds, same);
    if (found != kinds.end()) return StoredAs{.number = found->number, .swapped = is_swapped(type.order)};
    if (type.kind == 'U' || type.kind == 'S' || type.kind == 'a') return std::nullopt;
    const auto* const cure = std::ranges::find(cures, type.kind, &Cure::kind);
    const std::string shown = header_.type.empty() ? "" : fmt::format(" ({})", core::printable(header_.type));
    if (cure != cures.end()) fail(Failure::data, "{}: holds {}{}; {}", name_, cure->what, shown, cure->advice);
    fail(Failure::data, "{}: holds elements of a type that is not read{}; write x.astype('f8')", name_, shown);
}

StoredAs NpyFile::features() const {
    if (const auto stored = numbers()) {
        check_size(size_of(stored->number));
        return *stored;
    }
    fail(
        Failure::data,
        "{}: holds words ({}), but features are numbers; write x.astype('f8') where the words are numbers, else number "
        "them, for example by numpy.unique(x, return_inverse=True)",
        name_, core::printable(header_.type));
}

/// Before anything is allocated.
void NpyFile::check_size(std::size_t element_bytes) const {
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const auto elements = core::npy_elements(header_);
    const std::uint64_t widest = std::max(element_bytes, sizeof(double));
    const std::uint64_t most = file_.most_bytes() - std::min<std::uint64_t>(file_.most_bytes(), header_.body);
    const bool fits = elements && *elements <= largest / widest && *elements * element_bytes <= most &&
                      (!file_.has_size() || *elements * element_bytes == most);
    if (fits) return;
    fail(Failure::data,
         "{}: has {}{} bytes after its header, which are not {} elements of {} bytes: cut short or damaged; fetch or "
         "write the file again",
         name_, file_.has_size() ? "" : "at most ", most, shape(), element_bytes);
}

void NpyFile::check_end() {
    std::array<std::byte, 1> beyond{};
    if (file_.read(beyond) == 0) return;
    fail(Failure::data, "{}: goes on after the {} elements that its header declares; fetch or write the file again",
         name_, shape());
}

ArrayContent NpyFile::read(Element element, bool channels_first, const std::string& like,
                           std::span<const std::uint32_t> lengths) {
    const StoredAs stored = features();
    const ArrayLayout layout{.stored = stored,
                             .extents = header_.extents,
                             .fortran_order = header_.fortran_order,
                             .channels_first = channels_first,
                             .lengths = lengths};
    ArrayContent content = read_array(file_, layout, element, like);
    check_end();
    return content;
}

std::size_t NpyFile::read_some(std::span<double> out, std::span<const std::uint32_t> lengths, std::size_t step) {
    const StoredAs stored = *numbers();
    const std::size_t size = size_of(stored.number);
    const std::uint64_t left = *core::npy_elements(header_) - elements_read_;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size()));
    std::vector<std::byte> bytes(count * size);
    if (file_.read(bytes) < bytes.size()) {
        fail(Failure::data, "{}: is cut short in its elements; fetch or write the file again", name_);
    }
    std::size_t at = 0;
    bool is_finite = true;
    for_each_number(stored, bytes, [&](auto value) {
        out[at] = static_cast<double>(value);
        is_finite = is_finite && std::isfinite(out[at]);
        ++at;
    });
    if (!is_finite) refuse_infinite(out.first(count), lengths, step);
    elements_read_ += count;
    if (count < out.size() || left == count) check_end();
    return count;
}

void NpyFile::refuse_infinite(std::span<const double> elements, std::span<const std::uint32_t> lengths,
                              std::size_t step) const {
    std::uint64_t width = 1;
    for (std::size_t axis = 1; axis < header_.extents.size(); ++axis) width *= header_.extents[axis];
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const std::uint64_t place = elements_read_ + i;
        const bool counts = lengths.empty() || place % width / step < lengths[place / width];
        if (std::isfinite(elements[i]) || !counts) continue;
        fail(Failure::data, "{}: row {}, element {} is {}, not a finite number; fill it in or remove the row", name_,
             place / width, place % width, elements[i]);
    }
}

/// Calls use(bytes) for some whole elements after the other.
template <class Use>
void NpyFile::for_each_piece(std::size_t element_bytes, Use use) {
    check_size(element_bytes);
    constexpr std::size_t usual = std::size_t{1} << 16U;
    std::uint64_t left = *core::npy_elements(header_);
    std::vector<std::byte> piece;
    while (left > 0) {
        const std::uint64_t count = std::min<std::uint64_t>(left, std::max<std::size_t>(1, usual / element_bytes));
        piece.resize(count * element_bytes);
        const std::size_t got = file_.read(piece);
        if (got < piece.size()) {
            fail(Failure::data, "{}: is cut short in its elements; fetch or write the file again", name_);
        }
        use(std::span<const std::byte>(piece));
        left -= count;
    }
    check_end();
}

std::vector<std::string> NpyFile::texts(char kind, std::size_t characters) {
    const bool wide = kind == 'U';
    const std::size_t unit = wide ? sizeof(std::uint32_t) : 1;
    constexpr std::size_t longest = 10'000;
    if (characters == 0 || characters > longest) {
        fail(Failure::data, "{}: holds words of {} characters, but names of classes have 1 to {}; write shorter ones",
             name_, characters, longest);
    }
    const bool swapped = is_swapped(parse(header_.type).order);
    std::vector<std::string> all;
    for_each_piece(characters * unit, [&](std::span<const std::byte> bytes) {
        for (std::size_t begin = 0; begin < bytes.size(); begin += characters * unit) {
            std::string word;
            std::size_t end = 0;  // zeros fill the element up
            for (std::size_t i = begin; i < begin + characters * unit; i += unit) {
                const std::uint32_t code =
                    wide ? number_at<std::uint32_t>(&bytes[i], swapped) : std::to_integer<std::uint32_t>(bytes[i]);
                constexpr std::uint32_t last_code = 0x10ffff;
                if (code > last_code) {
                    fail(Failure::data, "{}: row {} holds what is no character; fetch or write the file again", name_,
                         all.size());
                }
                if (wide) append_utf8(word, code);
                if (!wide) word += static_cast<char>(code);
                if (code != 0) end = word.size();
            }
            word.resize(end);
            all.push_back(std::move(word));
        }
    });
    return all;
}

std::vector<std::string> NpyFile::words(bool truth_as_words) {
    const auto stored = numbers();
    if (!stored) {
        const Descriptor type = parse(header_.type);
        return texts(type.kind, type.size);
    }
    std::vector<std::string> all;
    for_each_piece(size_of(stored->number), [&](std::span<const std::byte> bytes) {
        for_each_number(*stored, bytes, [&](auto value) {
            if constexpr (std::is_same_v<decltype(value), bool>) {
                if (!truth_as_words) return all.push_back(value ? "1" : "0");
                return all.push_back(value ? "True" : "False");
            } else {
                if constexpr (std::is_floating_point_v<decltype(value)>) {
                    if (!std::isfinite(value)) {
                        fail(Failure::data,
                             "{}: row {}, element 0 is {}, not a finite number; fill it in or remove the row", name_,
                             all.size(), value);
                    }
                }
                all.push_back(fmt::format("{}", value));
            }
        });
    });
    return all;
}

}  // namespace ensemble::data
