#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace ensemble::report {

/// A test row worth looking at. `row` is its number in the data, counted from 0.
struct Example {
    std::uint64_t row = 0;
    std::string truth;
    std::string prediction;
    double probability = 0;                 ///< of the prediction
    double entropy = 0;                     ///< of the ensemble's probabilities, in nats
    std::vector<std::uint8_t> pixels = {};  ///< [height × width × channels], 0 is black; empty where rows are no images
    std::vector<std::string> values = {};  ///< by column; empty where rows are images

    /// A number that is predicted, in place of the class.
    struct Number {
        double truth = 0;
        double mean = 0;
        double deviation = 0;  ///< standard deviation of the ensemble's distribution
    };
    std::vector<Number> numbers = {};  ///< of regression, by target
};

struct Examples {
    static constexpr std::size_t most_columns = 12;  ///< that are shown

    std::size_t width = 0;  ///< of images in pixels
    std::size_t height = 0;
    std::size_t channels = 1;               ///< 1 (grey) or 3 (red, green, blue)
    std::vector<std::string> columns = {};  ///< names of the values of a row that is no image
    std::size_t all_columns = 0;            ///< so many the data have, of which these are the first
    std::vector<std::string> targets = {};  ///< of regression, the names of the numbers
    std::vector<Example> uncertain = {};    ///< of largest entropy, or variance, the largest first
    std::vector<Example> wrong = {};  ///< wrong with the largest probability, or error of a number, the largest first
};

/// A test row of regression: what it is, and what the ensemble says with an interval.
struct PredictedRow {
    std::uint64_t row = 0;
    double truth = 0;
    double mean = 0;
    double low = 0;
    double high = 0;
};

/// One target's predictions.
struct Scatter {
    std::string target;
    double level = 0.95;                    ///< share of rows that should lie in their interval
    std::size_t rows = 0;                   ///< test rows in all
    std::vector<PredictedRow> sample = {};  ///< at most 500 of them
};

/// Probabilities of the classes over the plane of a data set of two features.
struct Regions {
    std::string x;  ///< the features' names
    std::string y;
    double x_low = 0;  ///< the grid's outer edges
    double x_high = 1;
    double y_low = 0;
    double y_high = 1;
    std::size_t columns = 0;  ///< cells of the grid
    std::size_t rows = 0;

    struct Map {
        std::string name;                  ///< "ensemble", "member 3"
        std::vector<float> probabilities;  ///< [rows × columns × classes] at the cells' centres, lowest y first
    };
    std::vector<Map> maps = {};  ///< the first is the ensemble's

    struct Point {
        double x = 0;
        double y = 0;
        std::size_t label = 0;
    };
    std::vector<Point> points = {};  ///< some of the data
};

/// What the ensemble loses where the values of a column are shuffled among the test rows.
struct Importance {
    std::string metric;       ///< name of the metric, "accuracy"; a loss is positive where it becomes worse
    std::size_t repeats = 0;  ///< shufflings a column

    struct Column {
        std::string name;
        double loss = 0;
        double low = 0;  ///< 95 % interval
        double high = 0;
    };
    std::vector<Column> columns = {};
};

/// What the page shows beyond summary.json. Everything may be left out; a section whose data are missing is not shown.
struct Extras {
    std::optional<Examples> examples = {};
    std::vector<Scatter> scatters = {};  ///< one for each target
    std::optional<Regions> regions = {};
    std::optional<Importance> importance = {};
};

struct PageInput {
    const nlohmann::ordered_json& summary;  ///< of summary.json
    std::string_view history = {};          ///< of history.jsonl
    std::string_view timeline = {};         ///< of timeline.jsonl, lines of {"rank", "what", "from", "to"}
    const Extras& extras;
};

/// The content of report.html: one page that needs nothing from outside, UTF-8. Words, numbers and tables are all there
/// without JavaScript; with it D3 draws charts from aggregates that the page holds. A pure function of its input.
/// Errors: core::Error (data) if `summary` is not an object with the name of a task.
[[nodiscard]] std::string page(const PageInput& input);

}  // namespace ensemble::report
