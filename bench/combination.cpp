// How long does it take to combine what many members predict, from their files, and how much of it is the sums? Writes
// files as a run leaves them, combines them block by block on one core with warm caches, and prints one line of JSON.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "analysis/row_results.hpp"
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

double median(std::vector<double> values) {
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
    std::vector<std::int32_t> labels(settings.rows);
    for (std::size_t row = 0; row < labels.size(); ++row)
        labels[row] = static_cast<std::int32_t>(row % settings.classes);

    const task::Task& task = task::standard_task(task::Kind::classification);
    constexpr std::size_t block_numbers = std::size_t{1} << 20U;  // as schedule::Coordinator cuts them
    const std::size_t block =
        std::clamp<std::size_t>(block_numbers / (settings.members * settings.classes), 1, settings.rows);
    std::vector<float> predictions;
    std::vector<double> read_s;
    std::vector<double> combine_s;
    std::vector<double> whole_s;
    for (std::size_t repeat = 0; repeat < settings.repeats; ++repeat) {
        double read = 0;
        double combine = 0;
        const core::Stopwatch whole;
        for (std::size_t first = 0; first < settings.rows; first += block) {
            const std::size_t count = std::min(block, settings.rows - first);
            const std::size_t each = count * settings.classes;
            predictions.resize(settings.members * each);
            core::Stopwatch watch;
            for (std::uint32_t member = 0; member < settings.members; ++member)
                files.read_rows(member, first, count, std::span(predictions).subspan(member * each, each));
            read += watch.seconds();
            watch.restart();
            const analysis::Block rows{.task = task,
                                       .targets = settings.classes,
                                       .members = settings.members,
                                       .rows = count,
                                       .predictions = predictions,
                                       .truth = {.labels = std::span(labels).subspan(first, count)}};
            for (const analysis::Combination* each_way : analysis::combinations_of(task.kind)) {
                if (each_way->apply(rows).predictions.size() != each) return 1;
            }
            combine += watch.seconds();
            static_cast<void>(analysis::analyse(rows, 0));
        }
        read_s.push_back(read);
        combine_s.push_back(combine);
        whole_s.push_back(whole.seconds() - combine);
    }
    std::filesystem::remove_all(settings.directory);
    std::printf("%s\n",
                fmt::format("{{\"members\": {}, \"rows\": {}, \"classes\": {}, \"block_rows\": {}, \"read_ms\": "
                            "{:.1f}, \"combine_ms\": {:.1f}, \"read_and_analyse_ms\": {:.1f}}}",
                            settings.members, settings.rows, settings.classes, block, 1e3 * median(read_s),
                            1e3 * median(combine_s), 1e3 * median(whole_s))
                    .c_str());
    return 0;
}
