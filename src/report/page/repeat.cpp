#include "core/text.hpp"
#include "report/page/sections.hpp"

namespace ensemble::report {

Markup repeat_section(const Source& source) {
    const Json& config = source.at("config");
    if (!config.is_object()) return {};
    Markup html = paragraph(Markup::format(
        "The run directory’s <code>config.toml</code> repeats the run to the same bytes, on any number of ranks, with "
        "the same program on the same kind of processor:"));
    html += Markup::format("<pre><code>ensemble_train --config config.toml --out again</code></pre>\n");
    Table origin{.columns = {"", ""}, .texts = 2};
    const auto add = [&](const char* name, std::string value) {
        if (!value.empty()) origin.rows.push_back({name, std::move(value)});
    };
    add("program", text_of(source.at("program/version")));
    add("built by", text_of(source.at("program/build")));
    add("processor", text_of(source.at("program/cpu")));
    add("data", text_of(source.at("data/name")));
    add("SHA-256 of the data", text_of(source.at("data/sha256")));
    add("seed", text_of(source.at("config/seed")));
    add("ranks", text_of(source.at("timing/ranks")));
    add("wall time", core::duration(number_of(source.at("timing/wall_s"))));
    html += element(origin);
    Table settings{.caption = "Every setting of the run", .columns = {"setting", "value"}, .texts = 2};
    for (const auto& [name, value] : config.items()) settings.rows.push_back({"--" + name, text_of(value)});
    return html + Markup::format("<details><summary>Configuration</summary>\n{}</details>\n", element(settings));
}

}  // namespace ensemble::report
