#include "data/column_encoding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "compute/piecewise_linear.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/whole_number.hpp"

namespace ensemble::data {
namespace {

using Json = nlohmann::json;

/// Where numbers are drawn in to. Holzmüller et al.: "Better by default", NeurIPS 2024.
constexpr double reach = 3;

std::size_t components(const std::vector<double>& edges) {
    return edges.empty() ? 0 : edges.size() - 1;
}

std::size_t features(const NumberEncoding& code) {
    return 1 + (code.indicates ? 1U : 0U) + components(code.quantile_edges) + components(code.target_edges);
}

std::size_t features(const CategoryEncoding& code) {
    return code.features;
}

/// x / √(1 + (x / reach)²), which lies within ±reach.
double drawn_in(double x) {
    constexpr double far = 1e100;  // whose square is a number, beyond which nothing changes
    const double bounded = std::clamp(x, -far, far);
    const double share = bounded / reach;
    return bounded / std::sqrt(1 + share * share);
}

template <class Real>
Real* encode_value(const NumberEncoding& code, double value, Real* out) {
    const bool is_missing = std::isnan(value);
    const double number = is_missing ? code.fill : value;
    const double scaled = (number - code.centre) * code.factor;
    *out++ = static_cast<Real>(code.clips ? drawn_in(scaled) : scaled);
    if (code.indicates) *out++ = is_missing ? 1 : 0;
    for (const auto* edges : {&code.quantile_edges, &code.target_edges}) {
        if (edges->empty()) continue;
        compute::piecewise_linear(number, *edges, out);
        out += edges->size() - 1;
    }
    return out;
}

template <class Real>
Real* encode_value(const CategoryEncoding& code, double value, Real* out) {
    std::fill(out, out + code.features, Real{0});
    std::int32_t slot = code.missing;
    if (!std::isnan(value)) {
        const bool is_known = value >= 0 && value < static_cast<double>(code.slots.size());
        slot = is_known ? code.slots[static_cast<std::size_t>(value)] : code.other;
    }
    if (slot != CategoryEncoding::none) out[slot] = 1;
    return out + code.features;
}

template <class Real>
void encode_all(const std::vector<ColumnCode>& codes, std::span<const double> row, Real* out) {
    for (std::size_t i = 0; i < codes.size(); ++i)
        out = std::visit([&](const auto& code) { return encode_value(code, row[i], out); }, codes[i]);
}

Json json_of(const NumberEncoding& code) {
    Json json{{"fill", code.fill},
              {"indicates", code.indicates},
              {"centre", code.centre},
              {"factor", code.factor},
              {"clips", code.clips}};
    if (!code.quantile_edges.empty()) json["quantile_edges"] = code.quantile_edges;
    if (!code.target_edges.empty()) json["target_edges"] = code.target_edges;
    return json;
}

Json json_of(const CategoryEncoding& code) {
    return {{"slots", code.slots}, {"missing", code.missing}, {"other", code.other}, {"features", code.features}};
}

[[noreturn]] void refuse(const std::string& what) {
    core::fail(core::Failure::data, "the preprocessing of columns {}", what);
}

std::vector<double> edges_of(const Json& json, const char* name) {
    if (!json.contains(name)) return {};
    auto edges = json.at(name).get<std::vector<double>>();
    const bool rises = std::ranges::adjacent_find(edges, std::ranges::greater_equal()) == edges.end();
    const auto is_finite = [](double edge) { return std::isfinite(edge); };
    if (edges.size() < 2 || !rises || !std::ranges::all_of(edges, is_finite))
        refuse("has edges of bins that do not rise");
    return edges;
}

NumberEncoding number_from(const Json& json) {
    NumberEncoding code{.fill = json.at("fill").get<double>(),
                        .indicates = json.at("indicates").get<bool>(),
                        .centre = json.at("centre").get<double>(),
                        .factor = json.at("factor").get<double>(),
                        .clips = json.at("clips").get<bool>(),
                        .quantile_edges = edges_of(json, "quantile_edges"),
                        .target_edges = edges_of(json, "target_edges")};
    if (!std::isfinite(code.fill) || !std::isfinite(code.centre) || !std::isfinite(code.factor))
        refuse("has a scale that is no number");
    return code;
}

CategoryEncoding category_from(const Json& json, std::size_t levels) {
    CategoryEncoding code{.slots = whole_numbers<std::int32_t>(json.at("slots")),
                          .missing = whole_number<std::int32_t>(json.at("missing")),
                          .other = whole_number<std::int32_t>(json.at("other")),
                          .features = whole_number<std::size_t>(json.at("features"))};
    const auto fits = [&](std::int32_t slot) {
        return slot >= CategoryEncoding::none && slot < static_cast<std::int64_t>(code.features);
    };
    if (code.slots.size() != levels || code.features > levels + 2 || !std::ranges::all_of(code.slots, fits) ||
        !fits(code.missing) || !fits(code.other))
        refuse("has a level whose feature is not there");
    return code;
}

}  // namespace

ColumnEncoding::ColumnEncoding(std::vector<Column> columns, std::vector<ColumnCode> codes)
    : columns_(std::move(columns)), codes_(std::move(codes)) {
    core::require(columns_.size() == codes_.size(), "every column has a code");
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        columns_[i].features = std::visit([](const auto& code) { return features(code); }, codes_[i]);
        seen_ += columns_[i].features;
    }
}

std::vector<bool> ColumnEncoding::measures() const {
    std::vector<bool> measure;
    for (const Column& column : columns_) measure.push_back(column.kind == ColumnKind::number);
    return measure;
}

void ColumnEncoding::encode(std::span<const double> row, float* out) const {
    encode_all(codes_, row, out);
}

void ColumnEncoding::encode(std::span<const double> row, double* out) const {
    encode_all(codes_, row, out);
}

std::vector<FeatureRange> ColumnEncoding::features_of(Encoding encoding) const {
    std::vector<FeatureRange> ranges;
    std::size_t first = 0;
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        if (const auto* code = std::get_if<NumberEncoding>(&codes_[i])) {
            const std::size_t quantile = components(code->quantile_edges);
            const std::size_t target = components(code->target_edges);
            const std::size_t end = first + columns_[i].features;
            if (encoding == Encoding::ple && quantile > 0)
                ranges.push_back({.first = end - target - quantile, .count = quantile});
            if (encoding == Encoding::ple_target && target > 0)
                ranges.push_back({.first = end - target, .count = target});
        }
        first += columns_[i].features;
    }
    return ranges;
}

Json ColumnEncoding::to_json() const {
    Json all = Json::array();
    for (std::size_t i = 0; i < codes_.size(); ++i) {
        Json json = std::visit([](const auto& code) { return json_of(code); }, codes_[i]);
        json["name"] = columns_[i].name;
        json["kind"] = core::name_of(columns_[i].kind);
        if (columns_[i].kind == ColumnKind::category) json["levels"] = columns_[i].levels;
        all.push_back(std::move(json));
    }
    return all;
}

std::shared_ptr<const ColumnEncoding> ColumnEncoding::from_json(const Json& json) {
    std::vector<Column> columns;
    std::vector<ColumnCode> codes;
    try {
        for (const Json& each : json) {
            Column column{.name = each.at("name").get<std::string>()};
            if (each.at("kind").get<std::string>() == core::name_of(ColumnKind::category)) {
                column.kind = ColumnKind::category;
                column.levels = each.at("levels").get<std::vector<std::string>>();
                codes.emplace_back(category_from(each, column.levels.size()));
            } else {
                if (each.at("kind").get<std::string>() != core::name_of(ColumnKind::number))
                    refuse("has a column of a kind that is not known");
                codes.emplace_back(number_from(each));
            }
            columns.push_back(std::move(column));
        }
    } catch (const Json::exception&) {
        refuse("is not as a run writes it");
    }
    if (columns.empty()) refuse("has no column");
    return std::make_shared<const ColumnEncoding>(std::move(columns), std::move(codes));
}

}  // namespace ensemble::data
