#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ensemble::report {

/// `text` for any place in HTML, attributes included. What a reader could not see or what would turn the direction of
/// writing becomes \xNN, as on a terminal; ends of lines stay.
[[nodiscard]] std::string escaped(std::string_view text);

/// HTML that goes to a page as it is. There is one way to make it, which escapes text, so nothing that data or options
/// hold can be taken for a tag.
class Markup {
public:
    Markup() = default;

    [[nodiscard]] bool empty() const noexcept { return html_.empty(); }
    [[nodiscard]] const std::string& html() const noexcept { return html_; }

    Markup& operator+=(const Markup& other) {
        html_ += other.html_;
        return *this;
    }
    friend Markup operator+(Markup left, const Markup& right) {
        left += right;
        return left;
    }

    /// How an argument of format() is written: markup as it is, numbers as fmt writes them, text escaped.
    [[nodiscard]] static std::string_view written(const Markup& markup) { return markup.html_; }
    [[nodiscard]] static std::string written(std::string_view text) { return escaped(text); }
    template <class Number>
    requires(std::integral<Number> || std::floating_point<Number>) [[nodiscard]] static Number written(Number number) {
        return number;
    }
    template <class Argument>
    using Written = decltype(written(std::declval<const Argument&>()));

    /// The JSON text as data for the script of a page: `<` alone could end that element, and stands only in strings.
    [[nodiscard]] static Markup json(std::string_view text);

    /// `form`, which stands in the source, with `arguments` in their places.
    template <class... Arguments>
    [[nodiscard]] static Markup format(fmt::format_string<Written<Arguments>...> form, const Arguments&... arguments) {
        const auto fill = [&](const auto&... each) { return fmt::vformat(form, fmt::make_format_args(each...)); };
        return Markup(fill(written(arguments)...));
    }

private:
    explicit Markup(std::string html) : html_(std::move(html)) {}

    std::string html_;
};

}  // namespace ensemble::report
