#include "data/header.hpp"

#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(header_tests)

namespace {

using Kind = data::Verdict::Kind;

struct Case {
    const char* what;
    const char* first;
    std::vector<const char*> below;
    Kind kind;
    std::vector<std::size_t> ignored = {};
};

/// Fields by commas; also an empty one at the end.
data::Fields fields(std::string_view line) {
    data::Fields made;
    for (;;) {
        const std::size_t comma = line.find(',');
        made.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return made;
        line.remove_prefix(comma + 1);
    }
}

Kind verdict(const Case& c) {
    std::vector<data::Fields> below;
    for (const char* line : c.below) below.push_back(fields(line));
    const data::Fields first = fields(c.first);
    std::vector<bool> ignored(first.size(), false);
    for (const std::size_t place : c.ignored) ignored[place] = true;
    return data::judge_first_line(first, below, first.size() - 1, ignored).kind;
}

const std::vector<const char*> decimals{"5.1,3.5,a", "4.9,3.0,b", "4.7,3.2,a", "4.6,3.1,b", "5.0,3.6,a", "5.4,3.9,b"};
const std::vector<const char*> wholes{"3,17,a", "9,4,b", "6,33,a", "2,8,b", "7,1,a", "5,9,b"};
const std::vector<const char*> coded{"3,17,0", "9,4,1", "6,33,0", "2,8,1", "7,1,0", "5,9,1"};
const std::vector<const char*> wide{"3,17,0,4,a", "9,4,1,0,b", "6,33,0,0,a", "2,8,1,7,b", "7,1,0,1,a", "5,9,1,2,b"};

const std::vector<Case> cases{
    {"words over numbers", "a,b,c", decimals, Kind::header},
    {"words over numbers and codes", "a,b,kind", coded, Kind::header},
    {"a word that is missing a value", "a,NA,kind", decimals, Kind::header},
    {"R's names", "V1,V2,V3", wholes, Kind::header},
    {"one row below", "a,b,c", {"1,2,x"}, Kind::header},
    {"numbers of pandas over decimals", "0,1,label", decimals, Kind::header},
    {"numbers of pandas, all",
     "0,1,2",
     {"5.1,3.5,0", "4.9,3.0,1", "4.7,3.2,0", "4.6,3.1,1", "5.0,3.6,0"},
     Kind::header},
    {"years over decimals", "2019,2020,kind", decimals, Kind::header},
    {"years that skip, over decimals", "1990,1997,kind", decimals, Kind::header},
    {"numbers of pandas over whole numbers", "0,1,2,3,label", wide, Kind::header},
    {"an index without a name", ",a,kind", {"0,3,x", "1,5,y"}, Kind::header},
    {"an index without a name beside numbers",
     ",0,1,2",
     {"0,5.1,3.5,0", "1,4.9,3.0,1", "2,4.7,3.2,0", "3,4.6,3.1,1", "4,5.0,3.6,0"},
     Kind::header},
    {"wavelengths", "400.5,401.0,401.5,402.0,kind", wide, Kind::header},
    {"a name and years", "age,2019,2020,2021,kind", {"3,17,0,4,a", "9,4,1,0,b", "6,33,0,0,a"}, Kind::header},
    {"numbers of pandas, the target's among them, over whole numbers", "1,2,3", coded, Kind::doubt},
    {"numbers of pandas far below the numbers",
     "1,2,3",
     {"300,700,2", "400,100,1", "900,200,3", "100,500,3"},
     Kind::doubt},
    {"two numbers over whole numbers and classes that recur", "0,1,label", wholes, Kind::doubt},
    {"two numbers over whole numbers, named as a class", "4,7,a", wholes, Kind::row},
    {"one number", "0,label", {"3,a", "5,b", "9,a", "5,b"}, Kind::doubt},
    {"a word over the codes of the target", "5.1,3.5,x", coded, Kind::doubt},
    {"a name and numbers that are no run", "age,1999,2004,b", {"3,17,0,a", "9,4,1,b", "6,33,0,c"}, Kind::doubt},
    {"a row of numbers over decimals, of a known class", "5,3,a", decimals, Kind::doubt},
    {"a row", "5.3,3.1,a", decimals, Kind::row},
    {"a row of a class that comes once", "5.3,3.1,c", decimals, Kind::row},
    {"a row of whole numbers", "4,12,b", wholes, Kind::row},
    {"a row of codes", "4,12,0", coded, Kind::row},
    {"equal numbers name no columns", "1,1,c", wholes, Kind::row},
    {"two rows alone", "1,2,x", {"3,4,y"}, Kind::row},
    {"rows that all rise by one", "1,2,0", {"3,4,1", "5,6,0", "7,8,1"}, Kind::row},
    {"a gap in the first row", "1.5,?,x", decimals, Kind::row},
    {"a mistake in the first row", "5.1,dog,2.5,x", {"3.1,1.7,0.5,a", "9,4,1,b", "6,3.3,0,a"}, Kind::row},
    {"a number that is written oddly", "12%,2,x", {"3,4,y", "5,9,x", "8,7,y"}, Kind::row},
    {"decimal names that rise by one step",
     "0.5,1.0,1.5,kind",
     {"3,17,0,a", "9,4,1,b", "6,33,0,a", "2,8,1,b", "7,1,0,a"},
     Kind::header},
    {"years that skip, over small numbers",
     "2000,2005,2012,2.5",
     {"3,17,0,1.1", "9,4,1,1.2", "6,33,0,1.3", "2,8,1,1.4", "7,1,0,1.5"},
     Kind::doubt},
    {"the first of columns that rise",
     "1,100,2.5",
     {"2,90,1.1", "3,80,1.2", "4,70,1.3", "5,60,1.4", "6,50,1.5"},
     Kind::row},
    {"a whole number over the decimals of the only feature",
     "0,b",
     {"0.5,a", "1.5,b", "2.5,a", "0.7,b", "0.2,a"},
     Kind::doubt},
    {"places of one whole feature and a target of 0 and 1", "0,1", {"5,0", "3,1", "5,1", "8,0"}, Kind::doubt},
    {"places over one feature of 0 and 1", "0,1", {"1,0", "0,1", "1,1", "0,0"}, Kind::doubt},
    {"places from 1", "1,2", {"5,0", "3,1", "5,1", "8,0"}, Kind::doubt},
    {"places from 1 that are values, too", "1,2", {"3,4", "1,2", "5,1"}, Kind::row},
    {"places over words to be learnt", "0,1", {"5,x", "3,y", "5,y", "8,x"}, Kind::doubt},
    {"places over decimals, in few rows", "0,1", {"5.5,0", "3.5,1", "1.5,1"}, Kind::doubt},
    {"places of what is left", "0,1,2", {"5,7,0", "3,8,1", "5,9,1", "8,9,0"}, Kind::doubt, {1}},
    {"one feature and a target that are no places", "4,1", {"5,0", "3,1", "5,1", "8,0"}, Kind::row},
    {"decimals are no places", "0.0,1", {"5.5,0", "3.5,1", "1.5,1"}, Kind::row},
    {"True and False are values", "True,2,x", {"False,5,y", "True,7,x", "False,1,y"}, Kind::row},
    {"columns left out say nothing", "a,b,5.1,x", {"p,q,4.9,y", "r,s,4.7,x"}, Kind::row, {0, 1}},
    {"words over words, numbers over numbers", "oak,5.1,x", {"elm,4.9,y", "fir,4.7,x"}, Kind::row},
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_line_is_held_against_those_below) {
    for (const Case& c : cases) {
        BOOST_TEST_CONTEXT(c.what) BOOST_TEST(static_cast<int>(verdict(c)) == static_cast<int>(c.kind));
    }
}

BOOST_AUTO_TEST_CASE(a_class_that_only_the_first_of_many_lines_has_is_doubtful) {
    std::vector<const char*> below;
    for (int row = 0; row < 12; ++row) below.insert(below.end(), {"5.1,3.5,a", "4.9,3.0,b"});
    BOOST_TEST((verdict({"", "0.5,1.0,kind", below, Kind::doubt}) == Kind::doubt));
    BOOST_TEST((verdict({"", "0.5,1.0,b", below, Kind::row}) == Kind::row));
    BOOST_TEST((verdict({"", "0.5,1.0,NA", below, Kind::row}) == Kind::row));
}

BOOST_AUTO_TEST_CASE(a_line_alone_is_a_header_if_most_of_it_are_words) {
    BOOST_TEST((verdict({"", "a,b,c", {}, {}}) == Kind::header));
    BOOST_TEST((verdict({"", "1,2,c", {}, {}}) == Kind::row));
}

BOOST_AUTO_TEST_SUITE_END()
