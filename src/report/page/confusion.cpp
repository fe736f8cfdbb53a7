#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "report/page/sections.hpp"

namespace ensemble::report {
namespace {

using Matrix = std::vector<std::vector<double>>;

/// Rows: truth, columns: prediction. Empty unless it is square with a row for every class.
Matrix confusion_of(const Source& source) {
    const Json& json = source.at("confusion").is_array() ? source.at("confusion") : source.at("ensemble/confusion");
    const std::size_t classes = source.class_names().size();
    Matrix matrix;
    if (!json.is_array() || json.size() != classes) return {};
    for (const Json& row : json) {
        matrix.push_back(numbers_of(row));
        const bool is_whole = std::ranges::all_of(matrix.back(), [](double value) { return value >= 0; });
        if (matrix.back().size() != classes || !is_whole) return {};
    }
    return matrix;
}

std::string shown_count(double value) {
    return core::grouped(static_cast<std::uint64_t>(value));
}

/// One kind of mistake.
struct Mistake {
    std::size_t truth = 0;
    std::size_t taken = 0;
    double rows = 0;
};

/// Those that have occurred, the most frequent first.
std::vector<Mistake> mistakes_of(const Matrix& matrix) {
    std::vector<Mistake> mistakes;
    for (std::size_t truth = 0; truth < matrix.size(); ++truth) {
        for (std::size_t taken = 0; taken < matrix.size(); ++taken) {
            if (truth != taken && matrix[truth][taken] > 0) mistakes.push_back({truth, taken, matrix[truth][taken]});
        }
    }
    std::ranges::stable_sort(mistakes, std::greater{}, &Mistake::rows);
    return mistakes;
}

/// The matrix itself, of up to so many classes; of more a list of the mistakes.
constexpr std::size_t most_in_matrix = 26;

Table confusion_table(const Matrix& matrix, const std::vector<Mistake>& mistakes,
                      const std::vector<std::string>& names) {
    if (matrix.size() > most_in_matrix) {
        constexpr std::size_t most = 500;
        Table table{
            .caption = "Mistakes, the most frequent first", .columns = {"truth", "taken for", "rows"}, .texts = 2};
        for (const Mistake& each : mistakes) {
            if (table.rows.size() == most) break;
            table.rows.push_back({names[each.truth], names[each.taken], shown_count(each.rows)});
        }
        return table;
    }
    Table table{.caption = "Test rows by truth (down) and prediction (across)", .columns = {"truth"}};
    for (const std::string& name : names) table.columns.push_back(name);
    table.columns.emplace_back("recall");
    for (std::size_t truth = 0; truth < matrix.size(); ++truth) {
        std::vector<Cell> row{names[truth]};
        double all = 0;
        for (std::size_t taken = 0; taken < matrix.size(); ++taken) {
            all += matrix[truth][taken];
            row.emplace_back(shown_count(matrix[truth][taken]), truth == taken);
        }
        row.emplace_back(all > 0 ? core::percent(matrix[truth][truth] / all, 1) : "–");
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

Markup confusion_section(const Source& source) {
    const Matrix matrix = confusion_of(source);
    if (matrix.size() < 2) return {};
    const std::vector<std::string>& names = source.class_names();
    const std::vector<Mistake> mistakes = mistakes_of(matrix);
    Json data{{"names", Json::array()}, {"rows", Json::array()}};
    for (const std::string& name : names) data["names"].push_back(label(name));
    for (const std::vector<double>& row : matrix) data["rows"].push_back(rounded(row, 9));
    std::string title = "No test row is taken for another class";
    if (!mistakes.empty()) {
        const Mistake& first = mistakes.front();
        title = fmt::format("The most frequent mistake: {} taken for {}, {} times", names[first.truth],
                            names[first.taken], shown_count(first.rows));
    }
    return element(Figure{
        .chart = "confusion",
        .title = std::move(title),
        .note = Markup::format("Each line is what the test rows of one class were taken for, in per cent of "
                               "the line. Frames mark what is right; colour shows mistakes only, the fuller the more."),
        .data = std::move(data),
        .table = confusion_table(matrix, mistakes, names)});
}

}  // namespace ensemble::report
