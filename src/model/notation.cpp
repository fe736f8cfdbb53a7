#include "model/notation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "model/layers.hpp"

namespace ensemble::model {
namespace {

constexpr std::size_t deepest_nesting = 64;
constexpr std::size_t most_items = 10'000;

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Text from `begin` to `end`, both moved on to where a character of UTF-8 begins, fit for one line of a message.
std::string excerpt(std::string_view text, std::size_t begin, std::size_t end) {
    const auto next_character = [text](std::size_t at) {
        while (at < text.size() && continues_character(text[at])) ++at;
        return std::min(at, text.size());
    };
    begin = next_character(begin);
    end = next_character(end);
    std::string shown;
    for (const char c : text.substr(begin, end - begin)) {
        const auto code = static_cast<unsigned char>(c);
        shown += code < 0x20U || code == 0x7FU ? fmt::format("\\x{:02x}", code) : std::string(1, c);
    }
    return shown;
}

/// Length of the white space of one character that begins `text`; 0 if none does. Editors and web pages bring along
/// blanks that no line breaks at, and marks of byte order.
std::size_t space_bytes(std::string_view text) {
    constexpr std::array<std::string_view, 4> wide{"\xc2\xa0", "\xe2\x80\xaf", "\xe3\x80\x80", "\xef\xbb\xbf"};
    if (text.empty()) return 0;
    if (std::isspace(static_cast<unsigned char>(text.front())) != 0) return 1;
    const auto* const found =
        std::ranges::find_if(wide, [&](std::string_view space) { return text.starts_with(space); });
    return found == wide.end() ? 0 : found->size();
}

/// A recursive-descent reader of the notation; remembers where it is for messages.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Items network(std::size_t depth) {
        Items items;
        skip_space();
        while (!at_end() && peek() != ']' && peek() != '|') {
            items.push_back(item(depth));
            skip_space();
        }
        if (items.empty()) refuse("a network needs at least one item here");
        return items;
    }

    void expect_end() {
        if (!at_end()) refuse(fmt::format("'{}' has no matching '['", peek()));
    }

private:
    Item item(std::size_t depth) {
        Item result;
        result.line = line_;
        result.column = column_;
        const std::size_t begin = position_;
        while (!at_end() && is_word(peek())) advance();
        result.name = text_.substr(begin, position_ - begin);
        if (result.name.empty()) {
            const std::string found = excerpt(text_, position_, position_ + 1);
            const bool is_separator = found == "," || found == ";";
            refuse(fmt::format("expected a layer or block, found '{}'{}", found,
                               is_separator ? "; blanks are enough between items" : ""));
        }
        items_ += repeats_;
        if (items_ > most_items) {
            refuse_at(result,
                      fmt::format("the network has too many items, more than {} with their repeats", most_items));
        }
        const LayerKind* kind = find_layer(result.name);
        if (kind == nullptr) {
            refuse_at(result, fmt::format("there is no layer or block '{}'{}", result.name, suggestion(result.name)));
        }
        if (!at_end() && peek() == '(') arguments(result);
        check_arguments(result, *kind);
        skip_space();
        if (!at_end() && peek() == '[') {
            if (kind->branches == 0) refuse(fmt::format("{} is a layer: it takes no [ ]", result.name));
            branches(result, depth);
        } else if (kind->branches != 0) {
            refuse(fmt::format("{} is a block: it needs a network in [ ]", result.name));
        }
        return result;
    }

    void arguments(Item& item) {
        advance();  // (
        while (true) {
            skip_space();
            const bool takes_words = !find_layer(item.name)->words.empty();
            if (takes_words && !at_end() && std::isalpha(static_cast<unsigned char>(peek())) != 0) {
                word(item);
            } else {
                number(item);
            }
            skip_space();
            if (at_end()) refuse(fmt::format("{}( is not closed", item.name));
            const char next = peek();
            if (next != ',' && next != ')') refuse(fmt::format("expected ',' or ')' in {}( )", item.name));
            advance();
            if (next == ')') return;
        }
    }

    void word(Item& item) {
        const std::size_t begin = position_;
        while (!at_end() && is_word(peek())) advance();
        item.words.emplace_back(text_.substr(begin, position_ - begin));
    }

    void number(Item& item) {
        if (!item.words.empty()) refuse(fmt::format("numbers come before words in {}( )", item.name));
        const char* first = text_.data() + position_;
        const char* last = text_.data() + text_.size();
        double value = 0;
        const auto [end, error] = std::from_chars(first, last, value);
        if (error != std::errc{}) refuse(fmt::format("expected a number in {}( )", item.name));
        while (text_.data() + position_ < end) advance();
        item.arguments.push_back(value);
    }

    void branches(Item& item, std::size_t depth) {
        if (depth == deepest_nesting) refuse("blocks are nested too deeply");
        const LayerKind& kind = *find_layer(item.name);
        const std::size_t most = kind.branches;
        const std::size_t times = kind.times == nullptr ? 1 : kind.times(item.arguments);
        repeats_ *= times;
        do {
            advance();  // [ or |
            item.branches.push_back(network(depth + 1));
            if (at_end()) refuse_at(item, fmt::format("{}[ is not closed", item.name));
            if (item.branches.size() > most) refuse(holds(item, most));
        } while (peek() == '|');
        advance();  // ]
        repeats_ /= times;
    }

    static std::string holds(const Item& item, std::size_t most) {
        return most == 1 ? fmt::format("{}[ ] holds one network", item.name)
                         : fmt::format("{}[ ] holds at most {} networks", item.name, most);
    }

    void check_arguments(const Item& item, const LayerKind& kind) {
        const std::size_t count = item.arguments.size();
        if (count < kind.least_arguments || count > kind.most_arguments) {
            refuse_at(item, fmt::format("{} has {} argument{}; write {}", item.name, count, count == 1 ? "" : "s",
                                        kind.usage));
        }
        for (const std::string& given : item.words) {
            const auto is_known = [&](std::string_view known) { return known == given; };
            if (std::ranges::none_of(kind.words, is_known)) {
                refuse_at(item, fmt::format("{} does not know the word '{}'; write {}", item.name, given, kind.usage));
            }
        }
        if (item.words.size() > 1) refuse_at(item, fmt::format("{} takes one word; write {}", item.name, kind.usage));
        if (kind.check != nullptr) {
            const std::string complaint = kind.check(item.arguments);
            if (!complaint.empty())
                refuse_at(item, fmt::format("{}{}: {}", item.name, arguments_text(item), complaint));
        }
    }

    static std::string suggestion(const std::string& name) {
        std::vector<std::string_view> names;
        for (const LayerKind& kind : layer_kinds()) names.push_back(kind.name);
        const std::string_view close = core::nearest(name, names);
        if (!close.empty()) return fmt::format("; did you mean {}?", find_layer(close)->usage);
        return fmt::format("; known: {}", fmt::join(names, " "));
    }

    void skip_space() {
        while (!at_end()) {
            if (peek() == '#') {
                while (!at_end() && peek() != '\n') advance();
            } else if (const std::size_t bytes = space_bytes(text_.substr(position_)); bytes > 0) {
                for (std::size_t i = 0; i < bytes; ++i) advance();
            } else {
                return;
            }
        }
    }

    [[nodiscard]] bool at_end() const { return position_ == text_.size(); }
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }

    void advance() {
        if (text_[position_] == '\n') {
            ++line_;
            column_ = 1;
        } else {
            ++column_;
        }
        ++position_;
    }

    [[noreturn]] void refuse(const std::string& why) const {
        const std::size_t begin = position_ < 20 ? 0 : position_ - 20;
        core::fail(core::Failure::usage, "network, line {}, column {}: {}{}", line_, column_, why,
                   at_end() ? std::string(" (the text ends)")
                            : fmt::format(" (at \"{}\", after \"{}\")", excerpt(text_, position_, position_ + 12),
                                          excerpt(text_, begin, position_)));
    }

    [[noreturn]] static void refuse_at(const Item& item, const std::string& why) {
        core::fail(core::Failure::usage, "network, line {}, column {}: {}", item.line, item.column, why);
    }

    std::string_view text_;
    std::size_t position_ = 0;
    std::size_t line_ = 1;
    std::size_t column_ = 1;
    std::size_t items_ = 0;    ///< with their repeats
    std::size_t repeats_ = 1;  ///< of the item that is being read
};

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (const std::size_t bytes = space_bytes(text)) text.remove_prefix(bytes);
    for (bool is_shorter = true; is_shorter;) {
        is_shorter = false;
        for (std::size_t size = 1; size <= text.size() && size <= 3 && !is_shorter; ++size) {
            is_shorter = space_bytes(text.substr(text.size() - size)) == size;
            if (is_shorter) text.remove_suffix(size);
        }
    }
    return text;
}

Items parse(std::string_view text) {
    Reader reader(text);
    Items items = reader.network(0);
    reader.expect_end();
    return items;
}

std::string arguments_text(const Item& item) {
    if (item.arguments.empty() && item.words.empty()) return "";
    const std::string_view between = item.arguments.empty() || item.words.empty() ? "" : ", ";
    return fmt::format("({}{}{})", fmt::join(item.arguments, ", "), between, fmt::join(item.words, ", "));
}

std::string to_text(const Items& items) {
    std::string text;
    for (const Item& item : items) {
        text += text.empty() ? "" : " ";
        text += item.name;
        text += arguments_text(item);
        for (std::size_t i = 0; i < item.branches.size(); ++i) {
            text += i == 0 ? "[ " : " | ";
            text += to_text(item.branches[i]);
        }
        if (!item.branches.empty()) text += " ]";
    }
    return text;
}

}  // namespace ensemble::model
