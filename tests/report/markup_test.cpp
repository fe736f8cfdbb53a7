#include "report/page/markup.hpp"

#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>

#include "report/page/base64.hpp"
#include "report/page/elements.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(markup_tests)

using report::Json;
using report::Markup;

namespace {

std::string encoded(std::string_view text) {
    return report::base64(std::as_bytes(std::span(text)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(text_is_escaped_and_markup_is_not) {
    const std::string text = "</script><b>\"R&D\" 'x'";
    const Markup inner = Markup::format("<i>{}</i>", text);
    BOOST_TEST(inner.html() == "<i>&lt;/script&gt;&lt;b&gt;&quot;R&amp;D&quot; &#39;x&#39;</i>");
    BOOST_TEST(Markup::format("<p>{} {} {:.1f}</p>", inner, 12, 0.25).html() == "<p>" + inner.html() + " 12 0.2</p>");
}

BOOST_AUTO_TEST_CASE(what_is_no_text_becomes_visible) {
    BOOST_TEST(report::escaped("a\x1b[31m\xff") == "a\\x1B[31m\\xFF");
    BOOST_TEST(report::escaped("\u202ecba") == "\\xE2\\x80\\xAEcba");
    BOOST_TEST(report::escaped("dense(8)\nrelu — ü") == "dense(8)\nrelu — ü");
}

BOOST_AUTO_TEST_CASE(data_of_charts_cannot_end_their_element) {
    const Json data{{"name", "</script><!--<script>"}};
    const std::string html = Markup::json(data.dump()).html();
    BOOST_TEST(html ==
               "<script type=\"application/json\">{\"name\":\"\\u003c/script>\\u003c!--\\u003cscript>\"}</script>\n");
}

/// RFC 4648, section 10.
BOOST_AUTO_TEST_CASE(base64_is_that_of_the_rfc) {
    BOOST_TEST(encoded("") == "");
    BOOST_TEST(encoded("f") == "Zg==");
    BOOST_TEST(encoded("fo") == "Zm8=");
    BOOST_TEST(encoded("foo") == "Zm9v");
    BOOST_TEST(encoded("foob") == "Zm9vYg==");
    BOOST_TEST(encoded("fooba") == "Zm9vYmE=");
    BOOST_TEST(encoded("foobar") == "Zm9vYmFy");
}

BOOST_AUTO_TEST_CASE(numbers_of_charts_are_short_or_null) {
    BOOST_TEST(report::rounded(0.123456789).dump() == "0.12346");
    BOOST_TEST(report::rounded(12345678.0).dump() == "12346000.0");
    BOOST_TEST(report::rounded(std::numeric_limits<double>::quiet_NaN()).dump() == "null");
    BOOST_TEST(report::rounded(std::numeric_limits<double>::infinity()).dump() == "null");
}

BOOST_AUTO_TEST_CASE(cells_of_tables_are_text) {
    const std::string html =
        element(report::Table{.caption = "<x>", .columns = {"a<b", "c"}, .rows = {{"<i>", {"2", true}}}}).html();
    BOOST_TEST(html.find("<x>") == std::string::npos);
    BOOST_TEST(html.find("<i>") == std::string::npos);
    BOOST_TEST(html.find("<th scope=row>&lt;i&gt;<td><b>2</b>") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
