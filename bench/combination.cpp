// How long does it take to combine what many members predict, from their files, and how much of it is the sums? Writes
// files as a run leaves them, combines them block by block on one core with warm caches, and prints one line of JSON.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <span>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "analysis/row_results.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"
#include "core/stopwatch.hpp"
#include "store/prediction_files.hpp"

using namespace ensemble;

namespace {

struct Settings {
    std::size_t members = 64;
    std::size_t rows = 10'000;
    std::size_t classes = 10;
    std::size_t repeats = 11;
    std::string directory = "combination-scratch";
};

/// Probabilities of one member, each row in favour of some class.
std::vector<float> probabilities(const Settings& settings, std::uint32_t member) {
    core::RandomStream random({.seed = 1, .member = member});
    std::vector<float> all(settings.rows * settings.classes);
    for (std::size_t row = 0; row < settings.rows; ++row) {
        const auto out = std::span(all).subspan(row * settings.classes, settings.classes);
        float sum = 0;
        for (float& p : out) sum += p = static_cast<float>(random.uniform(0.01, 1));
        for (float& p : out) p /= sum;
    }
    return all;
}

/// Truth in equal shares.
std::vector<std::int32_t> labels_of(const Settings& settings) {
    std::vector<std::int32_t> labels(settings.rows);
    for (std::size_t row = 0; row < labels.size(); ++row)
        labels[row] = static_cast<std::int32_t>(row % settings.classes);
    return labels;
}

std::size_t block_rows(const Settings& settings) {
    constexpr std::size_t block_numbers = std::size_t{1} << 20U;  // as schedule::Coordinator cuts them
    return std::clamp<std::size_t>(block_numbers / (settings.members * settings.classes), 1, settings.rows);
}

/// Of all blocks together.
struct Seconds {
    double read = 0;
    double combine = 0;
    double read_and_analyse = 0;
};

/// Reads all blocks of rows from the files, and combines and analyses each. `predictions` is room for a block.
Seconds combine_all(const Settings& settings, const store::PredictionFiles& files, std::span<const std::int32_t> labels,
                    std::vector<float>& predictions) {
    const task::Task& task = task::standard_task(task::Kind::classification);
    const std::size_t block = block_rows(settings);
    Seconds seconds;
    const core::Stopwatch whole;
    for (std::size_t first = 0; first < settings.rows; first += block) {
        const std::size_t count = std::min(block, settings.rows - first);
        const std::size_t each = count * settings.classes;
        predictions.resize(settings.members * each);
        core::Stopwatch watch;
        for (std::uint32_t member = 0; member < settings.members; ++member)
            files.read_rows(member, first, count, std::span(predictions).subspan(member * each, each));
        seconds.read += watch.seconds();
        watch.restart();
        const analysis::Block rows{.task = task,
                                   .targets = settings.classes,
                                   .members = settings.members,
                                   .rows = count,
                                   .predictions = predictions,
                                   .truth = {.labels = labels.subspan(first, count)}};
        for (const analysis::Combination* each_way : analysis::combinations_of(task.kind)) {
            core::require(each_way->apply(rows, {}).predictions.size() == each, "every row is combined");
        }
        seconds.combine += watch.seconds();
        static_cast<void>(analysis::analyse(rows, 0));
    }
    seconds.read_and_analyse = whole.seconds() - seconds.combine;
    return seconds;
}

double median_ms(const std::vector<Seconds>& repeats, double Seconds::*part) {
    std::vector<double> values;
    for (const Seconds& seconds : repeats) values.push_back(1e3 * (seconds.*part));
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Measures the combination of members' prediction files on one core");
    app.add_option("--members", settings.members)->capture_default_str();
    app.add_option("--rows", settings.rows)->capture_default_str();
    app.add_option("--classes", settings.classes)->capture_default_str();
    app.add_option("--repeats", settings.repeats)->capture_default_str();
    app.add_option("--directory", settings.directory, "made for the files, and removed")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    std::filesystem::create_directories(settings.directory);
    const store::PredictionFiles files(settings.directory, settings.rows, settings.classes);
    for (std::uint32_t member = 0; member < settings.members; ++member)
        files.write(member, probabilities(settings, member));
    const std::vector<std::int32_t> labels = labels_of(settings);
    std::vector<float> predictions;
    std::vector<Seconds> repeats(settings.repeats);
    for (Seconds& repeat : repeats) repeat = combine_all(settings, files, labels, predictions);
    std::filesystem::remove_all(settings.directory);
    std::printf("%s\n",
                fmt::format("{{\"members\": {}, \"rows\": {}, \"classes\": {}, \"block_rows\": {}, \"read_ms\": "
                            "{:.1f}, \"combine_ms\": {:.1f}, \"read_and_analyse_ms\": {:.1f}}}",
                            settings.members, settings.rows, settings.classes, block_rows(settings),
                            median_ms(repeats, &Seconds::read), median_ms(repeats, &Seconds::combine),
                            median_ms(repeats, &Seconds::read_and_analyse))
                    .c_str());
    return 0;
}
