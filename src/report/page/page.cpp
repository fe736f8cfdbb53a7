#include "report/page.hpp"

#include <array>
#include <span>

#include "core/contract.hpp"
#include "core/hash.hpp"
#include "report/page/base64.hpp"
#include "report/page/sections.hpp"
#include "report/page/shell.hpp"

namespace ensemble::report {
namespace {

/// What a browser may do with the page: show it, and run the scripts that stand in its shell, named by their SHA-256.
/// Any other script does not run, however it came in, and nothing is fetched.
std::string policy() {
    constexpr std::string_view begin = "<script>";
    constexpr std::string_view end = "</script>";
    std::string scripts;
    std::string_view rest = shell();
    for (std::size_t at = rest.find(begin); at != std::string_view::npos; at = rest.find(begin)) {
        rest.remove_prefix(at + begin.size());
        const std::string_view script = rest.substr(0, rest.find(end));
        const core::Digest digest = core::sha256(std::as_bytes(std::span(script)));
        scripts += fmt::format(" 'sha256-{}'", base64(digest));
        rest.remove_prefix(script.size());
    }
    return fmt::format("default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src{}", scripts);
}

Markup contents(std::span<const std::pair<const Section*, Markup>> shown) {
    Markup links;
    for (const auto& [section, html] : shown) {
        links += Markup::format("<li><a href=\"#{}\">{}</a></li>\n", section->id, section->title);
    }
    return Markup::format("<ol>\n{}</ol>\n", links);
}

/// "95 %" is never broken over two lines: the space before a per cent sign becomes one that holds.
std::string with_firm_percents(std::string html) {
    constexpr std::string_view loose = " %";
    constexpr std::string_view firm = "\u00a0%";
    for (std::size_t at = html.find(loose); at != std::string::npos; at = html.find(loose, at + firm.size())) {
        html.replace(at, loose.size(), firm);
    }
    return html;
}

/// The shell with a text in each of its places, @name@, which stand in this order.
std::string filled(std::span<const std::pair<std::string_view, std::string>> texts) {
    std::string html;
    std::string_view rest = shell();
    for (const auto& [name, text] : texts) {
        const std::string place = fmt::format("@{}@", name);
        const std::size_t at = rest.find(place);
        core::require(at != std::string_view::npos, "the page's shell has every place, in order");
        html.append(rest.substr(0, at)).append(text);
        rest.remove_prefix(at + place.size());
    }
    return html.append(rest);
}

}  // namespace

std::string page(const PageInput& input) {
    const Source source(input);
    std::vector<std::pair<const Section*, Markup>> shown;
    for (const Section& section : sections()) {
        Markup html = section.write(source);
        if (!html.empty()) shown.emplace_back(&section, std::move(html));
    }
    const std::string title = headline(source);
    Markup content = Markup::format("<header class=\"top\">\n<h1>{}</h1>\n{}</header>\n", title, lead(source));
    for (const auto& [section, html] : shown) {
        content +=
            Markup::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", section->id, section->title, html);
    }
    const std::array<std::pair<std::string_view, std::string>, 4> texts{
        {{"policy", policy()},
         {"title", escaped(title)},
         {"contents", contents(shown).html()},
         {"content", with_firm_percents(content.html())}}};
    return filled(texts);
}

}  // namespace ensemble::report
