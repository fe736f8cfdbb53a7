#include "run/network_table.hpp"

#include <algorithm>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "core/text.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(network_table_tests)

using model::Network;
using report::Terminal;
using run::network_table;

namespace {

std::string table_of(const char* text, const core::Shape& input, const Terminal& terminal) {
    return network_table(model::summarise(Network(text, input, 10), 100), terminal);
}

constexpr Terminal log{.live = false, .columns = 80, .rows = 24, .color = false, .utf8 = true};
constexpr const char* deep =
    "conv(8, 3) repeat(2)[ skip[ conv(8, 3) batchnorm relu ] ] split[ avgpool | maxpool(2) avgpool ]";

}  // namespace

BOOST_AUTO_TEST_CASE(a_stack_of_layers) {
    const std::string expected = R"(
                       shape        parameters   FLOPs  training   memory
─────────────────────────────────────────────────────────────────────────
input                  28×28                                      306 KiB
dense(300)             28×28 → 300     235,500   471 k     941 k  119 KiB
relu                   300                         300       600     none
dropout(0.5)           300                                           none
dense(10), the output  300 → 10          3,010  6.01 k    18.0 k  6.2 KiB
gradients                                                         125 KiB
─────────────────────────────────────────────────────────────────────────
together               28×28 → 10      238,510   477 k     960 k  556 KiB
)";
    BOOST_TEST(table_of("dense(300) relu dropout(0.5)", {28, 28}, log) == expected.substr(1));
}

BOOST_AUTO_TEST_CASE(nesting_is_visible) {
    const std::string text = table_of(deep, {8, 8}, log);
    for (const char* row : {"\nrepeat(2) ", "\n  no. 1 to 2, each\n", "\n    skip ", "\n      conv(8, 3) ", "\nsplit ",
                            "\n  branch 1\n", "\n    avgpool ", "\n  branch 2\n", "\n    maxpool(2) "}) {
        BOOST_TEST_CONTEXT(row) BOOST_TEST(text.find(row) != std::string::npos, text);
    }
    const std::string wide = table_of("dense(9) skip[ dense(4) ]", {3}, log);
    BOOST_TEST(wide.find("\nskip with projection ") != std::string::npos, wide);
}

BOOST_AUTO_TEST_CASE(narrow_terminals_get_fewer_columns) {
    for (std::size_t columns = 1; columns <= 120; ++columns) {
        const Terminal terminal{.live = true, .columns = columns, .rows = 24, .color = false, .utf8 = true};
        std::istringstream lines(table_of(deep, {8, 8}, terminal));
        for (std::string line; std::getline(lines, line);) {
            BOOST_TEST(core::columns(line) <= std::max<std::size_t>(columns, 13) - 1, columns << ": " << line);
        }
    }
    const Terminal forty{.live = true, .columns = 40, .rows = 24, .color = false, .utf8 = true};
    const std::string text = table_of(deep, {8, 8}, forty);
    BOOST_TEST(text.find("parameters") != std::string::npos);
    BOOST_TEST(text.find("training") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
