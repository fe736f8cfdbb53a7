#include "report/page/markup.hpp"

#include "core/printable.hpp"

namespace ensemble::report {

std::string escaped(std::string_view text) {
    std::string html;
    for (const char letter : core::printable_lines(text)) {
        switch (letter) {
            case '&':
                html += "&amp;";
                break;
            case '<':
                html += "&lt;";
                break;
            case '>':
                html += "&gt;";
                break;
            case '"':
                html += "&quot;";
                break;
            case '\'':
                html += "&#39;";
                break;
            default:
                html += letter;
        }
    }
    return html;
}

Markup Markup::json(std::string_view text) {
    std::string html = "<script type=\"application/json\">";
    for (const char letter : text) {
        if (letter == '<') {
            html += "\\u003c";
        } else {
            html += letter;
        }
    }
    html += "</script>\n";
    return Markup(std::move(html));
}

}  // namespace ensemble::report
