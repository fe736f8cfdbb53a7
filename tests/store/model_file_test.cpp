#include "store/model_file.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "store/file.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(model_file_tests)

namespace {

using Json = nlohmann::json;

/// A model of two columns, a number and a category of two levels.
Json example() {
    const auto category = std::make_shared<const data::ColumnEncoding>(
        std::vector<data::Column>{{.name = "size"},
                                  {.name = "kind", .kind = data::ColumnKind::category, .levels = {"a", "b"}}},
        std::vector<data::ColumnCode>{
            data::NumberEncoding{}, data::CategoryEncoding{.slots = {0, 1}, .missing = 2, .other = 2, .features = 3}});
    const ScratchDirectory scratch;
    const store::Model model{
        .program = "0",
        .task = task::find_task(task::Kind::classification, ""),
        .targets = 2,
        .evaluation_batch = 64,
        .networks = {"relu"},
        .pipeline = data::Pipeline({.input = {2}, .shape = {4}, .encoding = category}),
        .members = {{.index = 3, .network = 0, .sha256 = "s", .digest = "d", .hidden = {{.first = 1, .count = 2}}}}};
    store::write_model(scratch.path() / "model.json", model);
    const auto bytes = store::read_file(scratch.path() / "model.json");
    return Json::parse(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

store::Model read(const Json& json) {
    const ScratchDirectory scratch;
    store::write_file_atomically(scratch.path() / "model.json", json.dump());
    return store::read_model(scratch.path() / "model.json");
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    const store::Model model = read(example());
    BOOST_TEST(model.members.at(0).index == 3U);
    BOOST_TEST(model.pipeline.columns().size() == 2U);
    BOOST_TEST(model.evaluation_batch == 64U);
}

BOOST_AUTO_TEST_CASE(whole_numbers_are_whole_and_fit) {
    const Json whole = example();
    for (const char* place : {"/format", "/evaluation_batch", "/task/targets", "/members/0/index", "/members/0/network",
                              "/members/0/hidden/0/0", "/members/0/hidden/0/1", "/pipeline/shape/0",
                              "/pipeline/input_shape/0", "/pipeline/columns/1/slots/0", "/pipeline/columns/1/missing",
                              "/pipeline/columns/1/other", "/pipeline/columns/1/features"}) {
        const Json::json_pointer at(place);
        const auto number = whole.at(at).get<std::int64_t>();
        // What is left where the rest is cut off is what was there.
        for (const Json& other : {Json(number + (std::int64_t{1} << 32U)), Json(static_cast<double>(number) + 0.25),
                                  Json(-1 - (std::int64_t{1} << 33U)), Json(1e300), Json("1"), Json()}) {
            Json damaged = whole;
            damaged.at(at) = other;
            try {
                static_cast<void>(read(damaged));
                BOOST_ERROR(place << " may be " << other);
            } catch (const core::Error& error) {
                BOOST_TEST((error.kind() == core::Failure::data));
                BOOST_TEST(std::string(error.what()).find("model.json") != std::string::npos, error.what());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
