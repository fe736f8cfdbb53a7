#include "model/notation.hpp"

#include <algorithm>
#include <cctype>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "model/layers.hpp"
#include "model/text_cursor.hpp"

namespace ensemble::model {
namespace {

constexpr std::size_t deepest_nesting = 64;
constexpr std::size_t most_items = 10'000;

std::string whole_arguments_text(const Item& item) {
    if (item.arguments.empty() && item.words.empty()) return "";
    const std::string_view between = item.arguments.empty() || item.words.empty() ? "" : ", ";
    return fmt::format("({}{}{})", fmt::join(item.arguments, ", "), between, fmt::join(item.words, ", "));
}

/// Complains about an item, at its place.
[[noreturn]] void refuse_at(const Item& item, const std::string& why) {
    core::fail(core::Failure::usage, "network, line {}, column {}: {}", item.line, item.column, why);
}

std::string suggestion(const std::string& name) {
    std::vector<std::string_view> names;
    for (const LayerKind& kind : layer_kinds()) names.push_back(kind.name);
    const std::string_view close = core::nearest(name, names);
    if (!close.empty()) return fmt::format("; did you mean {}?", find_layer(close)->usage);
    return fmt::format("; known: {}", fmt::join(names, " "));
}

std::string holds_at_most(const Item& item, std::size_t most) {
    return most == 1 ? fmt::format("{}[ ] holds one network", item.name)
                     : fmt::format("{}[ ] holds at most {} networks", item.name, most);
}

/// What stands in the parentheses is what this kind of layer takes.
void check_arguments(const Item& item, const LayerKind& kind) {
    const std::size_t count = item.arguments.size();
    if (count < kind.least_arguments || count > kind.most_arguments) {
        refuse_at(item,
                  fmt::format("{} has {} argument{}; write {}", item.name, count, count == 1 ? "" : "s", kind.usage));
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
        if (!complaint.empty()) refuse_at(item, fmt::format("{}{}: {}", item.name, arguments_text(item), complaint));
    }
}

/// A recursive-descent reader of the notation.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Items network(std::size_t depth) {
        Items items;
        text_.skip_space();
        while (!text_.at_end() && text_.peek() != ']' && text_.peek() != '|') {
            items.push_back(item(depth));
            text_.skip_space();
        }
        if (items.empty()) text_.refuse("a network needs at least one item here");
        return items;
    }

    void expect_end() const {
        if (!text_.at_end()) text_.refuse(fmt::format("'{}' has no matching '['", text_.peek()));
    }

private:
    Item item(std::size_t depth) {
        Item result;
        result.line = text_.line();
        result.column = text_.column();
        result.name = text_.take_word();
        if (result.name.empty()) refuse_no_name();
        count(result);
        const LayerKind* kind = find_layer(result.name);
        if (kind == nullptr) {
            refuse_at(result, fmt::format("there is no layer or block '{}'{}", result.name, suggestion(result.name)));
        }
        if (text_.peek() == '(') arguments(result, *kind);
        check_arguments(result, *kind);
        text_.skip_space();
        if (text_.peek() == '[') {
            if (kind->branches == 0) text_.refuse(fmt::format("{} is a layer: it takes no [ ]", result.name));
            branches(result, *kind, depth);
        } else if (kind->branches != 0) {
            text_.refuse(fmt::format("{} is a block: it needs a network in [ ]", result.name));
        }
        return result;
    }

    [[noreturn]] void refuse_no_name() const {
        const std::string found = text_.ahead(1);
        const bool is_separator = found == "," || found == ";";
        text_.refuse(fmt::format("expected a layer or block, found '{}'{}", found,
                                 is_separator ? "; blanks are enough between items" : ""));
    }

    void count(const Item& item) {
        items_ += repeats_;
        if (items_ > most_items) {
            refuse_at(item, fmt::format("the network has too many items, more than {} with their repeats", most_items));
        }
    }

    void arguments(Item& item, const LayerKind& kind) {
        text_.advance();  // (
        while (true) {
            text_.skip_space();
            const bool is_letter = std::isalpha(static_cast<unsigned char>(text_.peek())) != 0;
            if (!kind.words.empty() && is_letter) {
                item.words.emplace_back(text_.take_word());
            } else {
                number(item);
            }
            text_.skip_space();
            if (text_.at_end()) text_.refuse(fmt::format("{}( is not closed", item.name));
            const char next = text_.peek();
            if (next != ',' && next != ')') text_.refuse(fmt::format("expected ',' or ')' in {}( )", item.name));
            text_.advance();
            if (next == ')') return;
        }
    }

    void number(Item& item) {
        if (!item.words.empty()) text_.refuse(fmt::format("numbers come before words in {}( )", item.name));
        const auto value = text_.take_number();
        if (!value) text_.refuse(fmt::format("expected a number in {}( )", item.name));
        item.arguments.push_back(*value);
    }

    void branches(Item& item, const LayerKind& kind, std::size_t depth) {
        if (depth == deepest_nesting) text_.refuse("blocks are nested too deeply");
        const std::size_t times = kind.times == nullptr ? 1 : kind.times(item.arguments);
        repeats_ *= times;
        do {
            text_.advance();  // [ or |
            item.branches.push_back(network(depth + 1));
            if (text_.at_end()) refuse_at(item, fmt::format("{}[ is not closed", item.name));
            if (item.branches.size() > kind.branches) text_.refuse(holds_at_most(item, kind.branches));
        } while (text_.peek() == '|');
        text_.advance();  // ]
        repeats_ /= times;
    }

    TextCursor text_;
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
    constexpr std::size_t most = 4;
    if (item.arguments.size() <= most) return whole_arguments_text(item);
    return fmt::format("({}, …)", fmt::join(std::span(item.arguments).first(most), ", "));
}

std::string to_text(const Items& items) {
    std::string text;
    for (const Item& item : items) {
        text += text.empty() ? "" : " ";
        text += item.name;
        text += whole_arguments_text(item);
        for (std::size_t i = 0; i < item.branches.size(); ++i) {
            text += i == 0 ? "[ " : " | ";
            text += to_text(item.branches[i]);
        }
        if (!item.branches.empty()) text += " ]";
    }
    return text;
}

}  // namespace ensemble::model
