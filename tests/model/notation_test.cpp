#include "model/notation.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "model/complaint.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(notation_tests)

using model::parse;
using testing::mentions;

namespace {

std::string complaint(const std::string& text) {
    return testing::complaint_of([&] { static_cast<void>(parse(text)); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_layers_arguments_and_comments) {
    const auto items = parse("dense(512) relu # hidden\n\n  dropout( 0.3 )");
    BOOST_TEST_REQUIRE(items.size() == 3U);
    BOOST_TEST(items[0].name == "dense");
    BOOST_TEST(items[0].arguments.at(0) == 512);
    BOOST_TEST(items[1].arguments.empty());
    BOOST_TEST(items[2].arguments.at(0) == 0.3);
    BOOST_TEST(items[2].line == 3U);
    BOOST_TEST(items[2].column == 3U);
}

BOOST_AUTO_TEST_CASE(reads_nested_blocks) {
    const auto items = parse("repeat(2)[skip[dense(8)relu dense(8)] tanh]");
    BOOST_TEST_REQUIRE(items.size() == 1U);
    BOOST_TEST(items[0].branches.at(0).size() == 2U);
    BOOST_TEST(items[0].branches[0][0].branches.at(0).size() == 3U);
}

BOOST_AUTO_TEST_CASE(writes_what_it_reads) {
    for (const std::string text : {"dense(512) relu dropout(0.3)", "repeat(3)[ skip[ dense(7) gelu ] ]"}) {
        BOOST_TEST(model::to_text(parse(text)) == text);
    }
    BOOST_TEST(model::to_text(parse("dropout(0.1234567890123)")) == "dropout(0.1234567890123)");
}

BOOST_AUTO_TEST_CASE(reads_what_editors_leave) {
    const auto items = parse(
        "\xef\xbb\xbf"
        "dense(\xc2\xa0"
        "512)\xc2\xa0relu\r\ndropout(0.3)\r\n\xe3\x80\x80");
    BOOST_TEST(model::to_text(items) == "dense(512) relu dropout(0.3)");
    BOOST_TEST(model::trimmed("\xef\xbb\xbf mlp\xc2\xa0\r\n") == "mlp");
    BOOST_TEST(model::trimmed(" \xc2\xa0").empty());
    BOOST_TEST(mentions(complaint("dense(5), relu"), "blanks are enough between items"));
}

BOOST_AUTO_TEST_CASE(says_what_may_have_been_meant) {
    BOOST_TEST(mentions(complaint("desne(3)"), "did you mean dense(units)?"));
    BOOST_TEST(mentions(complaint("Dense(3)"), "did you mean dense(units)?"));
    BOOST_TEST(mentions(complaint("dense(3) ReLU"), "did you mean relu?"));
    BOOST_TEST(mentions(complaint("conv2d(32, 3)"), "did you mean conv("));
    BOOST_TEST(mentions(complaint("batch_norm"), "did you mean batchnorm?"));
    BOOST_TEST(mentions(complaint("quantum(3)"), "known: dense"));
}

BOOST_AUTO_TEST_CASE(says_where_and_what_is_wrong) {
    BOOST_TEST(mentions(complaint("dense(5)\nrelu desne(3)"), "line 2, column 6"));
    BOOST_TEST(mentions(complaint("dense(5)\nrelu desne(3)"), "'desne'"));
    BOOST_TEST(mentions(complaint("dense"), "dense(units)"));
    BOOST_TEST(mentions(complaint("dense(1,2)"), "2 arguments"));
    BOOST_TEST(mentions(complaint("relu(1)"), "1 argument;"));
    BOOST_TEST(mentions(complaint("dense(0)"), "units"));
    BOOST_TEST(mentions(complaint("dense(2.5)"), "units"));
    BOOST_TEST(mentions(complaint("dense(-3)"), "units"));
    BOOST_TEST(mentions(complaint("dense(1e30)"), "units"));
    BOOST_TEST(mentions(complaint("dropout(1)"), "below 1"));
    BOOST_TEST(mentions(complaint("dropout(-0.1)"), "at least 0"));
    BOOST_TEST(mentions(complaint("dropout(nan)"), "dropout"));
    BOOST_TEST(mentions(complaint("repeat(0)[ relu ]"), "repeat(0)"));
    BOOST_TEST(mentions(complaint("skip[ relu | tanh ]"), "holds one network"));
    BOOST_TEST(mentions(complaint("relu[ tanh ]"), "takes no [ ]"));
    BOOST_TEST(mentions(complaint("skip relu"), "needs a network"));
    BOOST_TEST(mentions(complaint("skip[ ]"), "at least one item"));
    BOOST_TEST(mentions(complaint("skip[ relu"), "not closed"));
    BOOST_TEST(mentions(complaint("relu ]"), "no matching"));
    BOOST_TEST(mentions(complaint("dense(5"), "not closed"));
    BOOST_TEST(mentions(complaint("dense()"), "expected a number"));
    BOOST_TEST(mentions(complaint("dense(x)"), "expected a number"));
    BOOST_TEST(mentions(complaint("dense(5;)"), "expected ',' or ')'"));
    BOOST_TEST(mentions(complaint("%"), "expected a layer"));
    BOOST_TEST(mentions(complaint(""), "at least one item"));
    BOOST_TEST(mentions(complaint("# only a comment"), "at least one item"));
}

BOOST_AUTO_TEST_CASE(survives_hostile_text) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "skip[";
    BOOST_TEST(mentions(complaint(deep), "too deeply"));
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "relu ";
    BOOST_TEST(mentions(complaint(many), "too many items"));
    for (int byte = 1; byte < 256; ++byte) {
        const std::string text{'r', 'e', 'l', 'u', ' ', static_cast<char>(byte)};
        static_cast<void>(complaint(text));
    }
    BOOST_TEST(mentions(complaint("relu \x1b[2J"), "found '\\x1b'"));
    BOOST_TEST(mentions(complaint("relu \n\n ]"), "after \"relu \\x0a\\x0a \""));
}

BOOST_AUTO_TEST_CASE(quotes_whole_characters) {
    BOOST_TEST(mentions(complaint("relu é"), "found 'é' (at \"é\", after \"relu \")"));
    // An é on the edge on either side, for one of the two lengths.
    for (const std::string before : {"# é234567890123456789\n", "# é23456789012345678\n"}) {
        for (const std::string after : {"]1234567890é", "]12345678901é"}) {
            const std::string message = complaint(before + after);
            BOOST_TEST(mentions(message, "(at \"]1234567890"));
            BOOST_TEST(message.find("\"\xa9") == std::string::npos, message);
            BOOST_TEST(message.find("\xc3\"") == std::string::npos, message);
        }
    }
}

BOOST_AUTO_TEST_CASE(repeats_count_towards_the_number_of_items) {
    BOOST_TEST(complaint("repeat(1000)[ dense(3) relu skip[ relu ] ]") == "");
    BOOST_TEST(complaint("repeat(100)[ repeat(50)[ relu ] ] repeat(1000)[ relu ]") == "");
    BOOST_TEST(mentions(complaint("repeat(1000)[ repeat(1000)[ relu ] ]"), "too many items"));
    BOOST_TEST(mentions(complaint("repeat(10)[ repeat(1000)[ relu ] ]"), "column 27"));
    BOOST_TEST(mentions(complaint("repeat(1000)[ repeat(1000)[ repeat(1000)[ dropout(0.1) ] ] ]"), "too many items"));
}

BOOST_AUTO_TEST_SUITE_END()
