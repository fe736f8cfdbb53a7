#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "report/page/sections.hpp"

namespace ensemble::report {
namespace {

/// What a map says at a cell: the most probable class and its probability.
struct Decision {
    std::size_t label = 0;
    float probability = 0;
};

std::vector<Decision> decisions_of(const Regions& regions, const Regions::Map& map, std::size_t classes) {
    std::vector<Decision> decisions;
    for (std::size_t cell = 0; cell < regions.columns * regions.rows; ++cell) {
        const float* begin = map.probabilities.data() + cell * classes;
        const float* largest = std::max_element(begin, begin + classes);
        decisions.push_back({static_cast<std::size_t>(largest - begin), *largest});
    }
    return decisions;
}

/// Share of the plane on which two maps choose the same class.
double agreement(const std::vector<Decision>& one, const std::vector<Decision>& other) {
    double same = 0;
    for (std::size_t i = 0; i < one.size(); ++i) same += one[i].label == other[i].label ? 1 : 0;
    return same / static_cast<double>(one.size());
}

/// A grid of the right size with a class in every cell.
bool is_whole(const Regions& regions, std::size_t classes) {
    const std::size_t cells = regions.columns * regions.rows;
    const auto fits = [&](const Regions::Map& map) { return map.probabilities.size() == cells * classes; };
    return cells > 0 && classes > 1 && !regions.maps.empty() && std::ranges::all_of(regions.maps, fits);
}

Json map_data(const Regions::Map& map, const std::vector<Decision>& decisions) {
    Json labels = Json::array();
    Json percents = Json::array();
    for (const Decision& each : decisions) {
        labels.push_back(each.label);
        percents.push_back(std::lround(100 * each.probability));
    }
    return {{"name", label(map.name)}, {"labels", labels}, {"percents", percents}};
}

Table regions_table(const Regions& regions, const std::vector<std::vector<Decision>>& maps,
                    const std::vector<std::string>& names) {
    Table table{.caption = "Share of the plane that each class gets", .columns = {"network"}};
    for (const std::string& name : names) table.columns.push_back(name);
    table.columns.emplace_back("mean probability");
    table.columns.emplace_back("same class as the ensemble");
    for (std::size_t i = 0; i < maps.size(); ++i) {
        std::vector<double> shares(names.size());
        double sum = 0;
        for (const Decision& each : maps[i]) {
            shares.at(each.label) += 1 / static_cast<double>(maps[i].size());
            sum += each.probability;
        }
        std::vector<Cell> row{regions.maps[i].name};
        for (const double share : shares) row.emplace_back(core::percent(share, 1));
        row.emplace_back(core::percent(sum / static_cast<double>(maps[i].size()), 1));
        row.emplace_back(core::percent(agreement(maps.front(), maps[i]), 1));
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

Markup regions_section(const Source& source) {
    const std::optional<Regions>& regions = source.extras().regions;
    const std::vector<std::string>& names = source.class_names();
    if (!regions || !is_whole(*regions, names.size())) return {};
    Json data{{"x", label(regions->x)},
              {"y", label(regions->y)},
              {"x_domain", rounded({regions->x_low, regions->x_high})},
              {"y_domain", rounded({regions->y_low, regions->y_high})},
              {"columns", regions->columns},
              {"rows", regions->rows},
              {"classes", Json::array()},
              {"maps", Json::array()},
              {"points", Json::array()}};
    for (const std::string& name : names) data["classes"].push_back(label(name));
    std::vector<std::vector<Decision>> maps;
    for (const Regions::Map& map : regions->maps) {
        maps.push_back(decisions_of(*regions, map, names.size()));
        data["maps"].push_back(map_data(map, maps.back()));
    }
    for (const Regions::Point& point : regions->points) {
        if (point.label < names.size())
            data["points"].push_back({rounded(point.x, 4), rounded(point.y, 4), point.label});
    }
    double least = 1;
    for (const std::vector<Decision>& map : maps) least = std::min(least, agreement(maps.front(), map));
    std::string title = "Where the network decides for which class";
    if (maps.size() > 1) {
        title = fmt::format(
            "Members draw the line in different places: they agree with the ensemble on {} of the plane and more",
            core::percent(least, 0));
    }
    return element(
        Figure{.chart = "regions",
               .title = std::move(title),
               .note = Markup::format("Colour is the class that is chosen, the paler the less certain; lines are where "
                                      "it changes. Symbols are rows of the data, each class with one of its own."),
               .data = std::move(data),
               .table = regions_table(*regions, maps, names)});
}

}  // namespace ensemble::report
