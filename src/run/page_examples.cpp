#include "run/page_examples.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/as_read.hpp"
#include "data/augmentation.hpp"
#include "run/read_json.hpp"
#include "store/file.hpp"

namespace ensemble::run {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_examples = 16;  ///< of each kind

/// What the page says of test rows is of this combination, so that it needs the same rows whichever is chosen.
constexpr std::size_t shown_combination = 0;

/// Places among the test rows.
struct ExampleRows {
    std::vector<std::size_t> uncertain;  ///< of the largest entropy, or variance, the largest first
    std::vector<std::size_t> wrong;      ///< wrong with the largest probability, or error, the largest first
};

/// What the ensemble says of the test rows.
class Said {
public:
    explicit Said(const analysis::Analysis& analysis)
        : study_(analysis.study()),
          rows_(analysis.rows(study_.test)),
          combined_(rows_.combined.at(shown_combination)),
          truth_(analysis.truth(study_.test)) {}

    [[nodiscard]] bool classifies() const noexcept { return study_.task->kind == task::Kind::classification; }
    [[nodiscard]] std::size_t rows() const noexcept { return rows_.rows; }

    // Of classes.
    [[nodiscard]] std::size_t label(std::size_t row) const { return static_cast<std::size_t>(truth_.labels[row]); }
    [[nodiscard]] std::size_t chosen(std::size_t row) const { return static_cast<std::size_t>(combined_.chosen[row]); }
    [[nodiscard]] double probability(std::size_t row) const {
        return double{combined_.predictions[row * study_.width() + chosen(row)]};
    }
    /// The first measure of uncertainty of classes is the entropy of the mean.
    [[nodiscard]] double entropy(std::size_t row) const {
        return double{rows_.uncertainty[row * (rows_.uncertainty.size() / rows_.rows)]};
    }

    // Of numbers.
    [[nodiscard]] report::Example::Number number(std::size_t row, std::size_t target) const {
        const float* said = combined_.predictions.data() + row * study_.width() + 2 * target;
        return {.truth = double{truth_.numbers[row * study_.targets + target]},
                .mean = double{said[0]},
                .deviation = std::sqrt(double{said[1]})};
    }
    [[nodiscard]] std::vector<report::Example::Number> numbers(std::size_t row) const {
        std::vector<report::Example::Number> numbers;
        for (std::size_t target = 0; target < study_.targets; ++target) numbers.push_back(number(row, target));
        return numbers;
    }
    /// Mean square over the rows of how far a target's truth lies from its mean: what several targets are told in.
    [[nodiscard]] double spread(std::size_t target) const {
        double sum = 0;
        double squares = 0;
        for (std::size_t row = 0; row < rows(); ++row) sum += number(row, target).truth;
        for (std::size_t row = 0; row < rows(); ++row)
            squares += std::pow(number(row, target).truth - sum / static_cast<double>(rows()), 2);
        return squares > 0 ? squares / static_cast<double>(rows()) : 1;
    }

private:
    const analysis::Study& study_;
    const analysis::RowResults& rows_;
    const analysis::Combined& combined_;
    task::Truth truth_;
};

/// Places of the largest values, the largest first, of equal ones the first; those below 0 do not count.
std::vector<std::size_t> largest_of(const std::vector<double>& values) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] >= 0) places.push_back(i);
    }
    std::ranges::stable_sort(places, std::ranges::greater(), [&](std::size_t place) { return values[place]; });
    places.resize(std::min(places.size(), most_examples));
    return places;
}

ExampleRows example_rows(const Said& said, std::size_t targets) {
    constexpr double never = -1;
    std::vector<double> doubt(said.rows());
    std::vector<double> fault(said.rows());
    if (said.classifies()) {
        for (std::size_t row = 0; row < said.rows(); ++row) {
            doubt[row] = said.entropy(row);
            fault[row] = said.chosen(row) == said.label(row) ? never : said.probability(row);
        }
        return {.uncertain = largest_of(doubt), .wrong = largest_of(fault)};
    }
    for (std::size_t target = 0; target < targets; ++target) {
        const double unit = said.spread(target);
        for (std::size_t row = 0; row < said.rows(); ++row) {
            const report::Example::Number number = said.number(row, target);
            doubt[row] += number.deviation * number.deviation / unit;
            fault[row] += std::pow(number.mean - number.truth, 2) / unit;
        }
    }
    return {.uncertain = largest_of(doubt), .wrong = largest_of(fault)};
}

/// Whether a test row can be drawn: grey or coloured bytes.
bool are_pictures(const config::Experiment& experiment) {
    const data::Table& table = *experiment.test_set().rows.table;
    const core::Shape& shape = table.shape();
    if (!data::is_image(shape) || table.description().element != data::Element::u8) return false;
    const std::size_t channels = shape.rank() == 3 ? shape[2] : 1;
    return channels == 1 || channels == 3;
}

/// One of the test rows, in a form that keeps it.
class RowWriter {
public:
    explicit RowWriter(const config::Experiment& experiment)
        : source_(experiment.source()), test_(experiment.test_set().rows), pictures_(are_pictures(experiment)) {
        // Components are no columns, nor is what is left of them numbered as the data are.
        if (!pictures_ && experiment.options().preprocessing.reduction == data::Reduction::none)
            columns_ = data::columns_of(source_);
        all_columns_ = columns_.size();
        columns_.resize(std::min(columns_.size(), report::Examples::most_columns));
    }

    /// What holds for all rows.
    [[nodiscard]] Json head() const {
        const core::Shape& shape = test_.table->shape();
        if (pictures_)
            return {{"width", shape[1]}, {"height", shape[0]}, {"channels", shape.rank() == 3 ? shape[2] : 1}};
        Json names = Json::array();
        for (const data::Column& column : columns_) names.push_back(column.name);
        return {{"columns", std::move(names)}, {"all_columns", all_columns_}};
    }

    [[nodiscard]] Json of(std::size_t row) const {
        const std::size_t number = test_.rows[row];
        Json json{{"row", number}};
        const std::size_t elements = test_.table->shape().elements();
        if (pictures_) {
            Json& pixels = json["pixels"] = Json::array();
            for (const std::byte byte : test_.table->feature_bytes().subspan(number * elements, elements))
                pixels.push_back(std::to_integer<unsigned>(byte));
            return json;
        }
        Json& values = json["values"] = Json::array();
        std::size_t first = 0;
        for (std::size_t place = 0; place < columns_.size(); ++place) {
            values.push_back(data::value_as_read(source_, *test_.table, place, first, test_.rows[row]));
            first += columns_[place].features;
        }
        return json;
    }

private:
    const data::Source& source_;
    const data::View& test_;
    bool pictures_;
    std::vector<data::Column> columns_;  ///< that are kept
    std::size_t all_columns_ = 0;
};

report::Example example_of(const store::Summary& summary, const Said& said, std::size_t row, const Json& saved) {
    report::Example example;
    example.row = saved.at("row").get<std::uint64_t>();
    if (said.classifies()) {
        example.truth = summary.data.class_name(said.label(row));
        example.prediction = summary.data.class_name(said.chosen(row));
        example.probability = said.probability(row);
        example.entropy = said.entropy(row);
    } else {
        example.numbers = said.numbers(row);
    }
    if (saved.contains("pixels")) example.pixels = saved.at("pixels").get<std::vector<std::uint8_t>>();
    if (saved.contains("values")) example.values = saved.at("values").get<std::vector<std::string>>();
    return example;
}

}  // namespace

void write_examples(const config::Experiment& experiment, const analysis::Analysis& analysis,
                    const store::RunDirectory& directory) {
    const RowWriter writer(experiment);
    Json json = writer.head();
    json["rows"] = Json::object();
    const ExampleRows examples = example_rows(Said(analysis), analysis.study().targets);
    for (const auto& rows : {examples.uncertain, examples.wrong}) {
        for (const std::size_t row : rows) json["rows"][std::to_string(row)] = writer.of(row);
    }
    store::write_file_atomically(directory.examples(),
                                 json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<report::Examples> read_examples(const store::Summary& summary, const analysis::Analysis& analysis,
                                              const store::RunDirectory& directory) {
    std::error_code none;
    if (!std::filesystem::exists(directory.examples(), none)) return std::nullopt;
    return read_json(directory.examples(), [&](const Json& json) {
        report::Examples examples{.width = json.value("width", std::size_t{0}),
                                  .height = json.value("height", std::size_t{0}),
                                  .channels = json.value("channels", std::size_t{1}),
                                  .columns = json.value("columns", std::vector<std::string>{}),
                                  .all_columns = json.value("all_columns", std::size_t{0}),
                                  .targets = summary.data.target_names};
        const Said said(analysis);
        const ExampleRows rows = example_rows(said, analysis.study().targets);
        const auto add = [&](const std::vector<std::size_t>& places, std::vector<report::Example>& list) {
            for (const std::size_t place : places)
                list.push_back(example_of(summary, said, place, json.at("rows").at(std::to_string(place))));
        };
        add(rows.uncertain, examples.uncertain);
        add(rows.wrong, examples.wrong);
        return std::optional(std::move(examples));
    });
}

}  // namespace ensemble::run
