#include "report/page/generic_charts.hpp"

#include <array>
#include <string_view>

namespace ensemble::report {
namespace {

constexpr std::array<std::string_view, 4> kind_names{"line", "marked", "marks", "steps"};

}  // namespace

Json curves_data(const std::vector<Panel>& panels) {
    Json data = Json::array();
    for (const Panel& panel : panels) {
        Json curves = Json::array();
        for (const Curve& curve : panel.curves) {
            Json points = Json::array();
            for (const std::vector<double>& point : curve.points) points.push_back(rounded(point));
            curves.push_back({{"name", label(curve.name)},
                              {"look", curve.look},
                              {"kind", kind_names.at(static_cast<std::size_t>(curve.kind))},
                              {"points", points}});
        }
        data.push_back({{"x", label(panel.x)},
                        {"y", label(panel.y)},
                        {"x_share", panel.x_is_share},
                        {"y_share", panel.y_is_share},
                        {"curves", curves}});
    }
    return {{"panels", data}};
}

Json intervals_data(std::string x, bool x_is_share, double reference, const std::vector<IntervalRow>& rows) {
    Json data = Json::array();
    for (const IntervalRow& row : rows) {
        data.push_back({{"name", label(row.name)},
                        {"value", rounded(row.value)},
                        {"low", rounded(row.low)},
                        {"high", rounded(row.high)},
                        {"target", rounded(row.target)},
                        {"stands_out", row.stands_out}});
    }
    return {{"x", label(x)}, {"share", x_is_share}, {"reference", rounded(reference)}, {"rows", data}};
}

}  // namespace ensemble::report
