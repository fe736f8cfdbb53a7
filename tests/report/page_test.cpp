#include "report/page.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "page_sample.hpp"
#include "report/page/shell.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(page_tests)

using nlohmann::ordered_json;
using report::PageSample;

namespace {

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

/// Whether it stands there; a space of `part` before % stands for the one that does not break.
bool has(const std::string& text, std::string part) {
    for (std::size_t at = part.find(" %"); at != std::string::npos; at = part.find(" %")) part.replace(at, 1, "\u00a0");
    return text.find(part) != std::string::npos;
}

/// What stands on the page without scripts: neither those nor what they get.
std::string without_scripts(std::string html) {
    for (std::size_t begin = html.find("<script"); begin != std::string::npos; begin = html.find("<script", begin)) {
        html.erase(begin, html.find("</script>", begin) + 9 - begin);
    }
    return html;
}

/// Puts `text` wherever `json` holds a text, but for the names that say what kind of task it is.
void put_everywhere(ordered_json& json, const std::string& text) {
    if (json.is_string()) json = text + json.get<std::string>();
    if (!json.is_structured()) return;
    for (ordered_json& part : json) put_everywhere(part, text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_headline_says_what_has_come_out) {
    const std::string html = report::classification_sample(8, 20).page();
    BOOST_TEST(has(html, "<h1>Eight members are right on 95.42 % of the test rows, one alone on 93.06 %</h1>"));
    BOOST_TEST(has(html, "<b>+2.36 points</b> over the mean member (95 % interval +2.15 to +2.57)"));
    BOOST_TEST(has(html,
                   "<b>+2.14 points</b> over member 1, the best on validation data (95 % interval +1.93 to +2.35; "
                   "p &lt; 0.0001, McNemar’s exact test)"));
    const std::string numbers = report::regression_sample(5, 20).page();
    BOOST_TEST(has(numbers, "<h1>Five members together predict with RMSE 1.840, one alone with 2.300</h1>"));
    BOOST_TEST(has(numbers, "p = 0.0004, paired t test"));
}

BOOST_AUTO_TEST_CASE(one_member_has_no_gain) {
    PageSample sample = report::classification_sample(1, 5);
    sample.summary["gain"] = {{"combine", "average"}};
    const std::string html = sample.page();
    BOOST_TEST(has(html, "<h1>One member is right on 95.42 % of the test rows</h1>"));
    BOOST_TEST(!has(html, "over the mean member"));
}

BOOST_AUTO_TEST_CASE(a_baseline_by_dropout_stands_beside_the_ensemble) {
    PageSample sample = report::classification_sample(8, 20);
    const std::string without = sample.page();
    BOOST_TEST(!has(without, "For comparison, MC dropout"));
    sample.summary["mc_dropout"] = {{"member", 3}, {"passes", 50}, {"accuracy", 0.625}, {"nll", 1.5}};
    const std::string page = sample.page();
    BOOST_TEST(has(page, "the mean of 50 passes of member 3 with dropout on reaches accuracy 62.50 % (ensemble "));
    // And the table of combinations has a line more.
    const auto lines = [](const std::string& html) {
        std::size_t count = 0;
        for (std::size_t at = 0; (at = html.find("MC dropout of one member", at)) != std::string::npos; ++at) ++count;
        return count;
    };
    BOOST_TEST(lines(page) == lines(without) + 1);
}

BOOST_AUTO_TEST_CASE(that_members_were_enough_stands_beside_their_number) {
    PageSample sample = report::classification_sample(8, 20);
    sample.summary["stop_when"] = {{"gain", 0.01}, {"planned", 40}, {"stopped", false}};
    BOOST_TEST(!has(sample.page(), "would have added"));
    sample.summary["stop_when"]["stopped"] = true;
    BOOST_TEST(has(sample.page(), "8 members of 40, since more would have added less than 0.01 each"));
}

/// Rows of tables stand with their columns, those of regression with what is said of each target.
BOOST_AUTO_TEST_CASE(rows_worth_looking_at_are_shown_with_their_columns) {
    const std::string classes = report::plane_sample().page();
    BOOST_TEST(
        has(classes, "<th scope=row>11<td class=t>yes<td class=t>no<td>98.0 %<td>0.100<td>31<td>1200.5<td>Köln"));
    const std::string numbers = report::regression_sample(5, 20).page();
    BOOST_TEST(has(numbers, "<caption>The first 2 of 8 columns</caption>"));
    BOOST_TEST(has(numbers, "<th scope=col>cooling: standard deviation<th scope=col>height<th scope=col>area"));
    BOOST_TEST(has(numbers, "<th scope=row>7<td>21.00<td>28.12<td>7.125<td>"));
    BOOST_TEST(has(numbers, "<h3>Furthest from the truth</h3>"));
    BOOST_TEST(!has(numbers, "<h3>Confident and wrong</h3>"));
}

BOOST_AUTO_TEST_CASE(coverage_by_group_says_where_it_is_lower) {
    const std::string numbers = report::regression_sample(5, 20).page();
    BOOST_TEST(has(numbers, "<caption>Coverage by height, with 95 % intervals</caption>"));
    // CV+ guarantees 80 % and not 90 %, so that it misses nothing.
    BOOST_TEST(has(numbers, "<tr><th scope=row>first<td>1,018<td><b>86.80 % (84.8 to 88.8)</b>"));
    BOOST_TEST(has(numbers, "<td>87.90 % (85.9 to 89.9)"));
    BOOST_TEST(has(numbers, "In 1 of 3 groups"));
    BOOST_TEST(has(numbers, "<tr><th scope=row>none<td>0<td>–<td>–<td>–"));
    BOOST_TEST(has(report::classification_sample(8, 20).page(), "Coverage by the true class"));
    PageSample without = report::regression_sample(5, 20);
    for (ordered_json& entry : without.summary["conformal"]) entry.erase("groups");
    BOOST_TEST(!has(without.page(), "By group"));
}

BOOST_AUTO_TEST_CASE(intervals_from_training_rows_say_what_they_guarantee) {
    PageSample sample = report::regression_sample(5, 20);
    const std::string words = "Intervals made for 90 % are guaranteed to hold the truth of 80.0 % of new rows";
    BOOST_TEST(has(sample.page(), "CV+ takes its residuals"));
    BOOST_TEST(has(sample.page(), words));
    sample.summary["conformal"][2]["guaranteed"] = nullptr;
    BOOST_TEST(has(sample.page(), "Of intervals made for 90 % nothing is guaranteed here, since members stopped"));
    BOOST_TEST(!has(sample.page(), "Here rows come in groups"));
    sample.summary["config"]["group"] = "patient";
    BOOST_TEST(has(sample.page(), "nothing is guaranteed here, since rows of a group are alike"));
    BOOST_TEST(has(sample.page(), "Here rows come in groups, by patient"));
    sample.summary["conformal"].erase(2);
    BOOST_TEST(!has(sample.page(), words));
}

BOOST_AUTO_TEST_CASE(one_target_needs_no_name) {
    PageSample sample = report::regression_sample(5, 20);
    for (ordered_json& entry : sample.summary["conformal"]) entry["target"] = "heating";
    BOOST_TEST(has(sample.page(), "<th scope=col>heating: CQR, 90 %"));
    sample.summary["data"]["targets"] = {"heating"};
    BOOST_TEST(has(sample.page(), "<th scope=col>CQR, 90 %"));
}

BOOST_AUTO_TEST_CASE(what_a_temperature_changes_stands_beside_what_is) {
    PageSample sample = report::classification_sample(8, 20);
    const std::string html = sample.page();
    BOOST_TEST(has(html, "<th scope=col>at temperature 1.137"));
    BOOST_TEST(has(html, "<tr><th scope=row>NLL<td>0.1528<td><b>0.1471</b>"));
    BOOST_TEST(has(html, "fitted to 600 validation rows"));
    BOOST_TEST(has(html, "ensemble_report --calibrate temperature writes those"));
    sample.summary["config"]["calibrate"] = "temperature";
    BOOST_TEST(has(sample.page(), "predictions.npy holds those"));
    sample.summary["calibration"].erase("at_temperature");
    BOOST_TEST(!has(sample.page(), "What a temperature changes"));
}

BOOST_AUTO_TEST_CASE(intervals_of_numbers_are_held_against_what_they_are_made_for) {
    PageSample sample = report::regression_sample(5, 20);
    BOOST_TEST(
        has(sample.page(), "Intervals of cooling are too narrow: those made for 90 % of the truths hold 84.6 %"));
    BOOST_TEST(has(sample.page(), "<tr><th scope=row>90 %<td>90.5 %<td>84.6 %"));
    BOOST_TEST(has(sample.page(), "<tr><th scope=row>cooling<td>1.620"));
    sample.summary["data"]["test"] = 100;  // chance allows more
    BOOST_TEST(
        has(sample.page(), "Intervals hold what they say: those made for 90 % of the truths hold 84.6 % of cooling"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_whole_says_so) {
    PageSample sample = report::classification_sample(4, 5);
    sample.summary["partial"] = true;
    sample.summary["members"][2]["excluded"] = "the loss of epoch 3 is not finite";
    const std::string html = sample.page();
    BOOST_TEST(has(html, "stopped before its end"));
    BOOST_TEST(has(html, "Member 2 is no part of the ensemble: the loss of epoch 3 is not finite."));
    BOOST_TEST(has(html, "<h1>Three members are right"));
}

/// Class names, networks, names of settings and data: whatever a text of the input holds, it ends no tag and begins
/// none.
BOOST_AUTO_TEST_CASE(texts_of_data_and_options_are_never_markup) {
    const std::string attack = "</script></table><b onmouseover=x>\"'<!--";
    for (PageSample sample : {report::classification_sample(7, 5), report::regression_sample(7, 5)}) {
        const std::string before = sample.page();
        const auto task = sample.summary["task"];
        const auto combine = sample.summary["gain"]["combine"];
        put_everywhere(sample.summary, attack);
        sample.summary["task"] = task;
        sample.summary["gain"]["combine"] = combine;
        for (ordered_json& each : sample.summary["members"]) each["excluded"] = nullptr;
        sample.summary["config"][attack] = attack;
        const std::string html = sample.page();
        BOOST_TEST(!has(html, attack));
        BOOST_TEST(!has(html, "<b onmouseover"));
        BOOST_TEST(has(html, "&lt;b onmouseover=x&gt;"));
        for (const char* tag :
             {"<script", "</script>", "<table", "</table>", "<section", "</section>", "<!--", "<figure", "</figure>"}) {
            BOOST_TEST(count_of(html, tag) == count_of(before, tag), tag);
        }
    }
}

/// The policy lets exactly the shell's scripts run: their digests by OpenSSL's command line, see the test of the
/// browser.
BOOST_AUTO_TEST_CASE(nothing_is_fetched_and_only_own_scripts_run) {
    const std::string html = report::classification_sample(4, 5).page();
    BOOST_TEST(has(html, "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-"));
    BOOST_TEST(count_of(html, "'sha256-") == count_of(html, "<script>"));
    BOOST_TEST(count_of(html, " src=\"http") + count_of(html, "url(http") + count_of(html, "@import") == 0U);
    BOOST_TEST(has(html, "Redistribution and use in source and binary forms"));
    BOOST_TEST(has(html, "https://d3js.org v5."));
}

/// Every figure has a title, words and a table that stands open.
BOOST_AUTO_TEST_CASE(complete_without_scripts) {
    for (const PageSample& sample : {report::classification_sample(8, 20), report::regression_sample(5, 20)}) {
        const std::string html = without_scripts(sample.page());
        const std::size_t figures = count_of(html, "<figure ");
        BOOST_TEST(figures >= 2U);
        BOOST_TEST(count_of(html, "<details class=\"behind\" open>") == figures);
        BOOST_TEST(count_of(html, "<figcaption></figcaption>") == 0U);
        BOOST_TEST(count_of(html, "<h3></h3>") == 0U);
        BOOST_TEST(count_of(html, "<tbody></tbody>") == 0U);
        for (std::size_t i = 0; i < sample.summary["members"].size(); ++i) {
            BOOST_TEST(has(html, "<tr><th scope=row>" + std::to_string(i) + "<td"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_page_is_a_function_of_its_input) {
    BOOST_TEST(report::classification_sample(8, 20).page() == report::classification_sample(8, 20).page());
}

BOOST_AUTO_TEST_CASE(pages_are_small) {
    BOOST_TEST(report::classification_sample(8, 50).page().size() <= 600'000U);
    BOOST_TEST(report::classification_sample(64, 50).page().size() <= 1'000'000U);
}

/// A summary of an older program, of another hand, or damaged: what cannot be shown is left out.
BOOST_AUTO_TEST_CASE(values_of_the_wrong_kind_are_left_out) {
    const std::vector<ordered_json> wrong{nullptr,
                                          true,
                                          -1,
                                          "text",
                                          ordered_json::array(),
                                          ordered_json::object(),
                                          ordered_json::array({nullptr, "text", ordered_json::array()}),
                                          1e300};
    for (const PageSample& whole : {report::classification_sample(4, 5), report::regression_sample(4, 5)}) {
        for (const auto& [key, value] : whole.summary.items()) {
            for (const ordered_json& other : wrong) {
                if (key == "task") continue;
                PageSample sample = whole;
                sample.summary[key] = other;
                BOOST_TEST_CONTEXT(key << " = " << other) BOOST_CHECK_NO_THROW(static_cast<void>(sample.page()));
                if (!value.is_object()) continue;
                for (const auto& [name, part] : value.items()) {
                    sample.summary = whole.summary;
                    sample.summary[key][name] = other;
                    BOOST_TEST_CONTEXT(key << "/" << name << " = " << other)
                    BOOST_CHECK_NO_THROW(static_cast<void>(sample.page()));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(lines_that_are_not_whole_are_left_out) {
    PageSample sample = report::classification_sample(2, 3);
    const std::string before = sample.page();
    sample.history += "{\"member\":0,\"epo\n[1,2]\nnull\n{\"member\":-1,\"epoch\":1}\n{\"member\":0}\n";
    sample.timeline += "{\"rank\":0,\"what\":\"train\",\"from\":5,\"to\":1}\n\xff\n";
    BOOST_TEST(sample.page() == before);
}

BOOST_AUTO_TEST_CASE(without_a_task_there_is_no_page) {
    PageSample sample = report::classification_sample(2, 3);
    for (const ordered_json& task : {ordered_json("clustering"), ordered_json(nullptr), ordered_json(3)}) {
        sample.summary["task"] = task;
        BOOST_CHECK_THROW(static_cast<void>(sample.page()), core::Error);
    }
    sample.summary = ordered_json::array();
    BOOST_CHECK_THROW(static_cast<void>(sample.page()), core::Error);
}

BOOST_AUTO_TEST_SUITE_END()
