#include "core/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include <fmt/ranges.h>

#include "core/error.hpp"

namespace ensemble::core {
namespace {

constexpr std::array<unsigned char, 6> magic{0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::size_t version_end = magic.size() + 2;
constexpr std::size_t most_axes = 32;
/// Of a header that describes an array of numbers; larger ones are damage, or describe a structured type.
constexpr std::size_t most_header_bytes = 65'536;

/// Of the field that says how long the header is.
constexpr std::size_t length_bytes(std::size_t version) {
    return version == 1 ? 2 : 4;
}

[[noreturn]] void refuse(const std::string& name, std::string_view why) {
    fail(Failure::data, "'{}' is not a NumPy file that can be read: {}; write it again with numpy.save", name, why);
}

/// Reads a Python dictionary of the three keys from its text.
class DictionaryReader {
public:
    DictionaryReader(std::string_view text, const std::string& name) : text_(text), rest_(text), name_(name) {}

    NpyHeader read() {
        NpyHeader header;
        expect('{');
        while (!take('}')) {
            const std::string key = string();
            expect(':');
            if (key == "descr") {
                header.type = next() == '\'' || next() == '"' ? string() : skip_list();
            } else if (key == "fortran_order") {
                header.fortran_order = truth();
            } else if (key == "shape") {
                header.extents = tuple();
            } else {
                fail_here();
            }
            seen_.push_back(key);
            if (!take(',') && next() != '}') fail_here();
        }
        if (next() != '\0') fail_here();
        for (const char* key : {"descr", "fortran_order", "shape"}) {
            if (std::ranges::count(seen_, key) != 1) refuse(name_, fmt::format("its header has no single '{}'", key));
        }
        return header;
    }

private:
    [[noreturn]] void fail_here() {
        refuse(name_, fmt::format("its header makes no sense at byte {} of it", text_.size() - rest_.size()));
    }

    void skip_space() {
        const std::size_t space = rest_.find_first_not_of(" \n\t\r");
        rest_.remove_prefix(std::min(space, rest_.size()));
    }
    char next() {
        skip_space();
        return rest_.empty() ? '\0' : rest_.front();
    }
    bool take(char wanted) {
        if (next() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char wanted) {
        if (!take(wanted)) fail_here();
    }

    std::string string() {
        const char quote = next();
        if (quote != '\'' && quote != '"') fail_here();
        const std::size_t end = rest_.find(quote, 1);
        if (end == std::string_view::npos) fail_here();
        std::string words(rest_.substr(1, end - 1));
        rest_.remove_prefix(end + 1);
        return words;
    }

    /// Passes over the list that describes a structured type.
    std::string skip_list() {
        if (next() != '[') fail_here();
        int depth = 0;
        do {
            if (next() == '\0') fail_here();
            if (next() == '[') ++depth;
            if (next() == ']') --depth;
            rest_.remove_prefix(1);
        } while (depth > 0);
        return "";
    }

    bool truth() {
        skip_space();
        for (const bool value : {true, false}) {
            const std::string_view word = value ? "True" : "False";
            if (!rest_.starts_with(word)) continue;
            rest_.remove_prefix(word.size());
            return value;
        }
        fail_here();
    }

    std::vector<std::uint64_t> tuple() {
        std::vector<std::uint64_t> extents;
        expect('(');
        while (!take(')')) {
            skip_space();
            std::uint64_t extent = 0;
            const auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
            if (problem != std::errc{} || extents.size() == most_axes) fail_here();
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
            extents.push_back(extent);
            if (!take(',') && next() != ')') fail_here();
        }
        return extents;
    }

    std::string_view text_;
    std::string_view rest_;
    const std::string& name_;
    std::vector<std::string> seen_;
};

}  // namespace

std::size_t npy_body(std::span<const std::byte> file, const std::string& name) {
    if (file.size() < version_end || std::memcmp(file.data(), magic.data(), magic.size()) != 0) {
        refuse(name, "it does not begin with the mark of one");
    }
    const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(file[i]); };
    const std::size_t version = byte(magic.size());
    if (version < 1 || version > 3) refuse(name, fmt::format("byte 6 declares format {}, not 1 to 3", version));
    const std::size_t begin = version_end + length_bytes(version);
    std::size_t length = 0;
    if (file.size() >= begin) {
        for (std::size_t i = begin; i-- > version_end;) length = length << 8U | byte(i);
    }
    if (length > most_header_bytes) refuse(name, fmt::format("its header has {} bytes", length));
    return begin + length;
}

NpyHeader read_npy_header(std::span<const std::byte> file, const std::string& name) {
    const std::size_t body = npy_body(file, name);
    const std::size_t begin = version_end + length_bytes(std::to_integer<std::size_t>(file[magic.size()]));
    if (file.size() < body) {
        fail(Failure::data, "'{}' is cut short at byte {}, in its header of {} bytes; fetch or write the file again",
             name, file.size(), body);
    }
    const std::string_view text(reinterpret_cast<const char*>(file.data()) + begin, body - begin);
    NpyHeader header = DictionaryReader(text, name).read();
    header.body = body;
    return header;
}

std::optional<std::uint64_t> npy_elements(const NpyHeader& header) {
    std::uint64_t product = 1;
    for (const std::uint64_t extent : header.extents) {
        if (extent != 0 && product > std::numeric_limits<std::uint64_t>::max() / extent) return std::nullopt;
        product *= extent;
    }
    return product;
}

std::string npy_shape(const NpyHeader& header) {
    return fmt::format("({}{})", fmt::join(header.extents, ", "), header.extents.size() == 1 ? "," : "");
}

}  // namespace ensemble::core
