#include "exchange/safetensors.hpp"

#include <cstdint>
#include <cstring>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(safetensors_tests)

namespace {

using exchange::NamedArrays;
using Json = nlohmann::json;
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// The header of a file, and what is behind it.
std::pair<Json, std::string> taken_apart(const std::string& file) {
    std::uint64_t length = 0;
    BOOST_TEST_REQUIRE(file.size() >= sizeof length);
    std::memcpy(&length, file.data(), sizeof length);
    BOOST_TEST_REQUIRE(length <= file.size() - sizeof length);
    BOOST_TEST(length % 8 == 0U);
    return {Json::parse(file.substr(sizeof length, length)), file.substr(sizeof length + length)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_header_says_where_arrays_lie) {
    const NamedArrays arrays{{"b", {.extents = {2}, .values = {1, 2}}},
                             {"a \"quoted\"", {.extents = {1, 3}, .values = {3, 4, 5}}},
                             {"number", {.extents = {}, .values = {6}}}};
    const auto [header, numbers] = taken_apart(exchange::to_safetensors(arrays, Metadata{{"key", "value"}}));
    BOOST_TEST(header == Json::parse(R"({"__metadata__": {"key": "value"},
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "a \"quoted\"": {"dtype": "F32", "shape": [1, 3], "data_offsets": [8, 20]},
        "number": {"dtype": "F32", "shape": [], "data_offsets": [20, 24]}})"));
    const std::vector<float> expected{1, 2, 3, 4, 5, 6};
    BOOST_TEST_REQUIRE(numbers.size() == expected.size() * sizeof(float));
    BOOST_TEST(std::memcmp(numbers.data(), expected.data(), numbers.size()) == 0);
}

BOOST_AUTO_TEST_CASE(a_file_without_arrays_is_a_header) {
    const auto [header, numbers] = taken_apart(exchange::to_safetensors(NamedArrays{}, Metadata{}));
    BOOST_TEST(header == Json::object());
    BOOST_TEST(numbers.empty());
}

BOOST_AUTO_TEST_CASE(members_of_an_ensemble_have_a_number) {
    exchange::TrainedModel model;
    model.task = &task::standard_task(task::Kind::classification);
    model.targets = 2;
    model.networks.emplace_back("dense(4)", core::Shape{3}, 2);
    for (const std::uint32_t index : {1U, 5U}) {
        exchange::TrainedMember member{.index = index, .parameters = {}, .statistics = {}};
        member.parameters.resize(model.networks.front().buffer_size());
        model.members.push_back(member);
    }
    BOOST_TEST(taken_apart(exchange::to_safetensors(model)).first.contains("members.5.dense2.bias"));
    model.members.pop_back();
    const Json alone = taken_apart(exchange::to_safetensors(model)).first;
    BOOST_TEST(alone.contains("dense2.bias"));
    BOOST_TEST(alone["__metadata__"]["members"] == R"_([{"index":1,"net":"dense(4)"}])_");
}

BOOST_AUTO_TEST_SUITE_END()
