#include "store/trust_json.hpp"

namespace ensemble::store {
namespace {

using Json = nlohmann::ordered_json;

Json ends_of(const analysis::Interval& interval) {
    return Json::array({interval.low, interval.high});
}

}  // namespace

Json spread_json(const analysis::SpreadResult& spread) {
    return {{"levels", spread.levels}, {"coverage", spread.coverage}, {"variance_factor", spread.variance_factor}};
}

Json conformal_json(const std::vector<analysis::ConformalResult>& conformal) {
    Json list = Json::array();
    for (const analysis::ConformalResult& each : conformal) {
        Json json;
        if (!each.target.empty()) json["target"] = each.target;
        json.update({{"method", each.method},
                     {"text", each.text},
                     {"level", each.level},
                     {"calibration_rows", each.calibration_rows},
                     {"guaranteed", each.guaranteed ? Json(*each.guaranteed) : Json(nullptr)},
                     {"coverage", each.coverage.share()},
                     {"ci95", ends_of(each.coverage.ci95)},
                     {each.target.empty() ? "mean_size" : "mean_width", each.mean_size}});
        for (const analysis::GroupCoverage& group : each.groups) {
            json["groups"].push_back({{"name", group.name},
                                      {"rows", group.coverage.rows},
                                      {"coverage", group.coverage.share()},
                                      {"ci95", ends_of(group.coverage.ci95)}});
        }
        list.push_back(std::move(json));
    }
    return list;
}

Json uncertainty_json(const analysis::TrustResult& trust) {
    Json curve = Json::array();
    for (const analysis::RiskCoverage::Point& point : trust.selective.curve)
        curve.push_back(Json::array({point.coverage, point.risk}));
    Json mean;
    for (std::size_t i = 0; i < trust.measures.size(); ++i) mean[trust.measures[i]] = trust.mean.at(i);
    Json selective{{"curve", curve},
                   {"aurc", trust.selective.aurc},
                   {"augrc", trust.selective.augrc},
                   {"risk_at_80", trust.selective.risk_at_80}};
    if (trust.calibration) selective["coverage_at_5"] = trust.selective.coverage_at_5;
    return {{"measures", trust.measures}, {"mean", mean}, {"selective", selective}};
}

}  // namespace ensemble::store
