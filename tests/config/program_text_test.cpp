#include "config/program_text.hpp"

#include <boost/test/unit_test.hpp>

#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(program_text_tests)

using config::Completion;
using config::completion_script;
using config::manual_page;
using config::ProgramText;

namespace {

/// A program whose texts hold what roff and shells would obey.
ProgramText odd() {
    return {.name = "odd_one",
            .purpose = "try what is odd, and more;\neven lines",
            .options = {{.name = "RUN",
                         .type = "",
                         .standard = "",
                         .help = ".not a request",
                         .group = "What",
                         .completion = Completion::directories,
                         .words = {}},
                        {.name = "--how",
                         .type = "NAME",
                         .standard = "a\\b",
                         .help = "it's [this]: \"é\"",
                         .group = "What",
                         .completion = Completion::words,
                         .words = {"one", "two"}},
                        {.name = "--flag",
                         .type = "",
                         .standard = "",
                         .help = "",
                         .group = "Other",
                         .completion = Completion::nothing,
                         .words = {}}},
            .more = "Words of it:\n  'quoted\n\nMore: not a heading\n",
            .see_also = {"a-b", "c"}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_page_obeys_no_text) {
    const std::string page = manual_page(odd());
    for (const char* part :
         {".TH ODD_ONE 1", "odd_one \\- try what is odd\n", "\\fBodd_one\\fR \\fIRUN\\fR [\\fIoption\\fR ...]",
          "odd_one: try what is odd, and more; even lines.\n", "\n\\&.not a request\n", ".SS What\n",
          "\\fB\\-\\-how\\fR \\fINAME\\fR\nit's [this]: \"\\[u00E9]\"\n.br\nDefault: a\\eb\n",
          "\\fB\\-\\-flag\\fR\n\\&\n", ".SH \"WORDS OF IT\"\n.nf\n  'quoted\nMore: not a heading\n.fi\n",
          ".SH \"EXIT STATUS\"\n", "\\fBa\\-b\\fR(1),\n\\fBc\\fR(1)\n"}) {
        BOOST_TEST(contains(page, part), part << " is missing in\n" << page);
    }
}

BOOST_AUTO_TEST_CASE(scripts_quote_what_shells_would_obey) {
    const std::string bash = completion_script(odd(), "bash");
    BOOST_TEST(contains(bash, "--how)\n            offer 'one two'; return ;;\n"), bash);
    BOOST_TEST(contains(bash, "[[ $cur == -* ]] || { files -d; return; }\n    offer '--how --flag'\n"), bash);
    const std::string zsh = completion_script(odd(), "zsh");
    BOOST_TEST(contains(zsh, "':RUN:_files -/'"), zsh);
    BOOST_TEST(contains(zsh, "'*--how=[it'\\''s \\[this\\]]:NAME:(one two)'"), zsh);
    BOOST_TEST(contains(zsh, "'--flag[]'"), zsh);
    const std::string fish = completion_script(odd(), "fish");
    BOOST_TEST(contains(fish, "complete -c odd_one -l how -x -a 'one two' -d 'it\\'s [this]'\n"), fish);
    BOOST_TEST(
        contains(usage_error([] { static_cast<void>(completion_script(odd(), "tcsh")); }), "bash, zsh and fish"));
}

BOOST_AUTO_TEST_SUITE_END()
