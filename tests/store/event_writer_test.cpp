#include "store/event_writer.hpp"

#include <limits>
#include <string>
#include <vector>

#include <messages/tensorboard.pb.h>
#include <boost/test/unit_test.hpp>

#include "model/network.hpp"
#include "store/scratch_directory.hpp"
#include "store/tfrecord.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(event_writer_tests)

namespace {

namespace messages = store::tensorboard;
using store::EventWriter;

constexpr std::int64_t all_steps = std::numeric_limits<std::int64_t>::max();

/// The events in the only file of a directory.
std::vector<messages::Event> events_in(const std::filesystem::path& directory) {
    std::vector<messages::Event> events;
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        BOOST_TEST(entry.path().filename().string().starts_with("events.out.tfevents."));
        ++files;
        const std::string text = text_of(entry.path());
        for (const std::string_view record : store::records_in(text))
            BOOST_TEST(events.emplace_back().ParseFromArray(record.data(), static_cast<int>(record.size())));
    }
    BOOST_TEST(files == 1U);
    return events;
}

/// "1 loss" for a value of step 1, in the order of the file.
std::vector<std::string> names_in(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    for (const messages::Event& event : events_in(directory)) {
        for (const auto& value : event.summary().value())
            names.push_back(std::to_string(event.step()) + " " + value.tag());
    }
    return names;
}

void write_epochs(EventWriter& writer, int first, int last) {
    for (int epoch = first; epoch <= last; ++epoch) {
        writer.add_scalar("loss", 1.0 / epoch);
        writer.add_scalar("rate", 0.5);
        writer.write(epoch);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_record_and_scalars) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    EventWriter writer(scratch / "run", 0, system);
    BOOST_TEST(!std::filesystem::exists(scratch / "run"));
    writer.write(3);  // nothing was added
    BOOST_TEST(!std::filesystem::exists(scratch / "run"));
    write_epochs(writer, 1, 2);
    const auto events = events_in(scratch / "run");
    BOOST_TEST_REQUIRE(events.size() == 3U);
    BOOST_TEST(events[0].file_version() == "brain.Event:2");
    BOOST_TEST(events[0].wall_time() > 1e9);
    BOOST_TEST(events[2].step() == 2);
    BOOST_TEST(events[2].wall_time() >= events[0].wall_time());
    BOOST_TEST_REQUIRE(events[2].summary().value_size() == 2);
    BOOST_TEST(events[2].summary().value(0).tag() == "loss");
    BOOST_TEST(events[2].summary().value(0).simple_value() == 0.5F);
}

BOOST_AUTO_TEST_CASE(nothing_is_there_twice) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    {
        EventWriter writer(scratch / "run", 0, system);
        write_epochs(writer, 1, 5);
        write_epochs(writer, 4, 5);
    }
    EventWriter writer(scratch / "run", 3, system);  // epochs 4 and 5 were lost
    BOOST_TEST(names_in(scratch / "run").size() == 10U);
    writer.add_scalar("loss", 2);
    writer.write(3);
    BOOST_TEST(names_in(scratch / "run").size() == 10U, "a file changes though there is nothing new");
    write_epochs(writer, 1, 4);
    BOOST_TEST(names_in(scratch / "run") == (std::vector<std::string>{"1 loss", "1 rate", "2 loss", "2 rate", "3 loss",
                                                                      "3 rate", "4 loss", "4 rate"}),
               boost::test_tools::per_element());
    writer.add_scalar("rate", 1);
    writer.add_scalar("test", 1);
    writer.write(4);
    BOOST_TEST(names_in(scratch / "run").back() == "4 test");
    const auto events = events_in(scratch / "run");
    BOOST_TEST(events[0].file_version() == "brain.Event:2");
    BOOST_TEST(events.size() == 6U);
}

BOOST_AUTO_TEST_CASE(histograms_with_numbers) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    EventWriter writer(scratch / "run", 0, system);
    writer.add_histogram("none", {});
    compute::HistogramCounter counter;
    counter.add(std::vector<float>{1, 1, -2});
    writer.add_histogram("three", counter.take());
    writer.write(0);
    const auto events = events_in(scratch / "run");
    BOOST_TEST_REQUIRE(events.size() == 2U);
    BOOST_TEST_REQUIRE(events[1].summary().value_size() == 1);
    const messages::Histogram& histogram = events[1].summary().value(0).histo();
    BOOST_TEST(histogram.num() == 3);
    BOOST_TEST(histogram.min() == -2);
    BOOST_TEST(histogram.max() == 1);
    BOOST_TEST(histogram.sum() == 0);
    BOOST_TEST(histogram.sum_squares() == 6);
    const std::vector<double> limits(histogram.bucket_limit().begin(), histogram.bucket_limit().end());
    const std::vector<double> counts(histogram.bucket().begin(), histogram.bucket().end());
    BOOST_TEST(limits == (std::vector<double>{-2.25, -2, 1, 1.125}), boost::test_tools::per_element());
    BOOST_TEST(counts == (std::vector<double>{0, 1, 0, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_graph_once) {
    const ScratchDirectory scratch;
    const model::Network network("dense(4) relu", {3}, 2);
    for (int time = 0; time < 2; ++time) {
        store::FileSystem system;
        EventWriter writer(scratch / "run", 0, system);
        writer.write_graph(model::layer_graph(network));
    }
    const auto events = events_in(scratch / "run");
    BOOST_TEST_REQUIRE(events.size() == 2U);
    messages::GraphDef graph;
    BOOST_TEST_REQUIRE(graph.ParseFromString(events[1].graph_def()));
    BOOST_TEST_REQUIRE(graph.node_size() == 4);
    BOOST_TEST(graph.node(1).name() == "dense1");
    const auto& attributes = graph.node(1).attr();
    BOOST_TEST_REQUIRE(attributes.size() == 3);
    BOOST_TEST(attributes[2].key() == "parameters");
    BOOST_TEST(attributes[2].value().i() == 16);
    BOOST_TEST(graph.node(3).input(0) == "relu1");
}

BOOST_AUTO_TEST_CASE(settings_in_the_order_given) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    EventWriter writer(scratch / "run", 0, system);
    writer.add_beginning("member-0000", {{"lr", 0.1}, {"net", std::string("dense(3)")}, {"bootstrap", true}});
    writer.write(0);
    messages::HyperparameterData data;
    const auto value = events_in(scratch / "run").at(1).summary().value(0);
    BOOST_TEST_REQUIRE(data.ParseFromString(value.metadata().plugin_data().content()));
    const auto& settings = data.session_start_info().hparams();
    BOOST_TEST_REQUIRE(settings.size() == 3);
    BOOST_TEST(settings[0].key() == "lr");
    BOOST_TEST(settings[0].value().number_value() == 0.1);
    BOOST_TEST(settings[1].value().string_value() == "dense(3)");
    BOOST_TEST(settings[2].key() == "bootstrap");
    BOOST_TEST(settings[2].value().bool_value());
}

BOOST_AUTO_TEST_CASE(who_may_not_write_writes_nothing) {
    const ScratchDirectory scratch;
    store::FileSystem system;
    struct Stopped {};
    EventWriter writer(scratch / "run", all_steps, system, [] { throw Stopped(); });
    writer.add_scalar("loss", 1);
    BOOST_CHECK_THROW(writer.write(1), Stopped);
    BOOST_TEST(!std::filesystem::exists(scratch / "run"));
}

BOOST_AUTO_TEST_SUITE_END()
