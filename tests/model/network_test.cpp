#include "model/network.hpp"
#include "model/layers.hpp"

#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(network_tests)

using model::Network;

BOOST_AUTO_TEST_CASE(counts_the_parameters_of_a_known_network) {
    const Network network("dense(512) relu dense(512) relu", {28, 28}, 10);
    BOOST_TEST(network.parameter_count() == 784U * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10);
    BOOST_TEST(network.blocks().size() == 6U);
    BOOST_TEST(network.blocks()[0].name == "dense1.weight");
    BOOST_TEST(network.blocks()[5].name == "dense3.bias");
    BOOST_TEST(!network.blocks()[5].is_weight);
}

BOOST_AUTO_TEST_CASE(blocks_do_not_overlap_and_begin_on_cache_lines) {
    const Network network("dense(13) skip[ dense(5) tanh dense(7) ] repeat(2)[ dense(3) ]", {5}, 2);
    std::size_t end = 0;
    for (const auto& block : network.blocks()) {
        BOOST_TEST(block.offset == end);
        BOOST_TEST(block.offset % 16 == 0U);
        BOOST_TEST(block.stride >= block.columns);
        end = block.offset + block.size();
    }
    BOOST_TEST(network.buffer_size() == end);
}

BOOST_AUTO_TEST_CASE(a_skip_projects_only_where_sizes_differ) {
    const auto count = [](const char* text) { return Network(text, {6}, 2).parameter_count(); };
    BOOST_TEST(count("skip[ dense(6) ]") == 6U * 6 + 6 + 6 * 2 + 2);
    BOOST_TEST(count("skip[ dense(4) ]") == 6U * 4 + 4 + 6 * 4 + 4 * 2 + 2);
}

BOOST_AUTO_TEST_CASE(repeat_makes_new_parameters_each_time) {
    const Network network("repeat(3)[ dense(4) ]", {4}, 2);
    std::set<std::string> names;
    for (const auto& block : network.blocks()) names.insert(block.name);
    BOOST_TEST(names.size() == 8U);
}

BOOST_AUTO_TEST_CASE(every_preset_is_a_network_under_its_name) {
    for (const model::Preset& preset : model::presets()) {
        const Network by_name(preset.name, {28, 28}, 10);
        const Network by_text(preset.text, {28, 28}, 10);
        BOOST_TEST(by_name.text() == by_text.text());
        BOOST_TEST(model::find_layer(preset.name) == nullptr, preset.name << " is a layer too");
        BOOST_TEST(!preset.purpose.empty());
    }
}

BOOST_AUTO_TEST_CASE(its_text_gives_the_same_network) {
    const Network network("mlp", {28, 28}, 10);
    const Network again(network.text(), {28, 28}, 10);
    BOOST_TEST(again.text() == network.text());
    BOOST_TEST(again.buffer_size() == network.buffer_size());
}

BOOST_AUTO_TEST_CASE(a_misspelt_preset_is_answered_with_the_names_there_are) {
    for (const std::string name : {"xor-rellu", " mpl\n", "resnet"}) {
        BOOST_CHECK_EXCEPTION(Network(name, {2}, 2), core::Error, [](const core::Error& e) {
            const std::string message = e.what();
            return e.exit_code() == 2 && message.find("mlp-wide") != std::string::npos &&
                   message.find("dense") != std::string::npos;
        });
    }
}

BOOST_AUTO_TEST_CASE(absurd_sizes_are_refused_before_memory_is_taken) {
    try {
        const Network network("dense(1000000) dense(1000000)", {28, 28}, 10);
        BOOST_FAIL("accepted");
    } catch (const core::Error& error) {
        BOOST_TEST(error.exit_code() == 2);
        BOOST_TEST(std::string(error.what()).find("column 16") != std::string::npos, error.what());
    }
}

BOOST_AUTO_TEST_SUITE_END()
