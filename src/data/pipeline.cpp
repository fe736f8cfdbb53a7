#include "data/pipeline.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "compute/gather.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/whole_number.hpp"

namespace ensemble::data {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_elements = std::size_t{1} << 31U;

[[noreturn]] void refuse(const std::string& what) {
    core::fail(core::Failure::data, "the preprocessing {}", what);
}

Json json_of(const core::Shape& shape) {
    Json json = Json::array();
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) json.push_back(shape[axis]);
    return json;
}

core::Shape shape_from(const Json& json) {
    const auto e = whole_numbers<std::size_t>(json);
    std::size_t elements = 1;
    for (const std::size_t extent : e) {
        if (extent == 0 || extent > most_elements / elements) refuse("has a shape that no row can have");
        elements *= extent;
    }
    switch (e.size()) {
        case 1:
            return {e[0]};
        case 2:
            return {e[0], e[1]};
        case 3:
            return {e[0], e[1], e[2]};
        default:
            refuse("has a shape that no row can have");
    }
}

Json json_of(const LinearMap& map) {
    Json json{{"chosen", map.chosen}, {"mean", map.mean}, {"factor", map.factor}};
    if (!map.unit.empty()) json["unit"] = map.unit;
    if (map.components.size() == 0) return json;
    json["centre"] = std::vector<double>(map.centre.begin(), map.centre.end());
    Json components = Json::array();
    for (Eigen::Index i = 0; i < map.components.cols(); ++i) {
        const auto column = map.components.col(i);
        components.push_back(std::vector<double>(column.begin(), column.end()));
    }
    json["components"] = std::move(components);
    return json;
}

LinearMap map_from(const Json& json, std::size_t width) {
    LinearMap map{.chosen = whole_numbers<std::uint32_t>(json.at("chosen")),
                  .unit = {},
                  .mean = json.at("mean").get<std::vector<double>>(),
                  .factor = json.at("factor").get<std::vector<double>>()};
    if (json.contains("unit")) map.unit = json.at("unit").get<std::vector<double>>();
    const std::size_t stay = map.chosen.size();
    const auto is_there = [&](std::uint32_t feature) { return feature < width; };
    if (stay == 0 || map.mean.size() != stay || map.factor.size() != stay ||
        (!map.unit.empty() && map.unit.size() != stay) || !std::ranges::all_of(map.chosen, is_there))
        refuse("has scales that do not fit its features");
    if (!json.contains("components")) return map;
    const auto centre = json.at("centre").get<std::vector<double>>();
    const auto components = json.at("components").get<std::vector<std::vector<double>>>();
    const auto fits = [&](const std::vector<double>& component) { return component.size() == stay; };
    if (centre.size() != stay || components.empty() || !std::ranges::all_of(components, fits))
        refuse("has components that do not fit its features");
    map.centre = Eigen::Map<const Eigen::RowVectorXd>(centre.data(), static_cast<Eigen::Index>(stay));
    map.components.resize(static_cast<Eigen::Index>(stay), static_cast<Eigen::Index>(components.size()));
    for (std::size_t i = 0; i < components.size(); ++i)
        map.components.col(static_cast<Eigen::Index>(i)) =
            Eigen::Map<const Eigen::VectorXd>(components[i].data(), static_cast<Eigen::Index>(stay));
    return map;
}

/// Numbers that leave the map, of those that leave the encoding.
std::size_t width_behind(const Pipeline::Parts& parts) {
    if (!parts.map) return parts.encoding == nullptr ? parts.input.elements() : parts.encoding->seen();
    return static_cast<std::size_t>(parts.map->components.size() > 0
                                        ? parts.map->components.cols()
                                        : static_cast<Eigen::Index>(parts.map->chosen.size()));
}

}  // namespace

Pipeline::Pipeline(Parts parts) : parts_(std::move(parts)) {
    core::require(parts_.encoding == nullptr || parts_.encoding->stored() == parts_.input.elements(),
                  "a pipeline encodes the columns of its rows");
    core::require(width_behind(parts_) == parts_.shape.elements(), "a pipeline makes rows of its shape");
}

std::span<const Column> Pipeline::columns() const noexcept {
    if (parts_.encoding == nullptr) return {};
    return parts_.encoding->columns();
}

void Pipeline::apply(std::span<const double> raw, float* out, std::size_t stride) const {
    const std::size_t width = parts_.input.elements();
    const std::size_t rows = raw.size() / width;
    if (parts_.encoding != nullptr && !parts_.map) {
        for (std::size_t row = 0; row < rows; ++row)
            parts_.encoding->encode(raw.subspan(row * width, width), out + row * stride);
        return;
    }
    std::vector<std::uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0U);
    if (!parts_.map) return compute::gather(all, raw.data(), width, parts_.scale, parts_.offset, out, stride);
    std::vector<double> values(rows * (parts_.encoding == nullptr ? width : parts_.encoding->seen()));
    if (parts_.encoding == nullptr) {
        compute::gather(all, raw.data(), width, double{parts_.scale}, double{parts_.offset}, values.data(), width);
    } else {
        const std::size_t seen = parts_.encoding->seen();
        for (std::size_t row = 0; row < rows; ++row)
            parts_.encoding->encode(raw.subspan(row * width, width), values.data() + row * seen);
    }
    const RowMatrix made = parts_.map->apply(values, values.size() / std::max<std::size_t>(rows, 1));
    for (Eigen::Index row = 0; row < made.rows(); ++row) {
        for (Eigen::Index i = 0; i < made.cols(); ++i)
            out[static_cast<std::size_t>(row) * stride + static_cast<std::size_t>(i)] =
                static_cast<float>(made(row, i));
    }
}

Json Pipeline::to_json() const {
    Json json{{"input_shape", json_of(parts_.input)}, {"shape", json_of(parts_.shape)}};
    if (parts_.scale != 1.0F || parts_.offset != 0.0F) {
        json["scale"] = parts_.scale;
        json["offset"] = parts_.offset;
    }
    if (parts_.ragged) json["lengths"] = "different";
    if (!parts_.channels.empty()) {
        json["channels"] = parts_.channels;
        json["sequence"] = parts_.sequence;
    }
    if (parts_.encoding != nullptr) json["columns"] = parts_.encoding->to_json();
    if (parts_.map) json["map"] = json_of(*parts_.map);
    return json;
}

Pipeline Pipeline::from_json(const Json& json) {
    try {
        Parts parts{.input = shape_from(json.at("input_shape")),
                    .shape = shape_from(json.at("shape")),
                    .scale = json.value("scale", 1.0F),
                    .offset = json.value("offset", 0.0F),
                    .ragged = json.contains("lengths")};
        if (parts.ragged &&
            (json.at("lengths") != "different" || parts.input.rank() != 2 || !(parts.shape == parts.input)))
            refuse("has lengths of what are no sequences");
        if (json.contains("channels")) {
            parts.channels = json.at("channels").get<std::vector<std::string>>();
            parts.sequence = json.at("sequence").get<std::string>();
            if (!parts.ragged || parts.channels.size() != parts.input[1])
                refuse("has names of other features than its sequences");
        }
        std::size_t width = parts.input.elements();
        if (json.contains("columns")) {
            parts.encoding = ColumnEncoding::from_json(json.at("columns"));
            if (parts.encoding->stored() != width) refuse("has another number of columns than its rows");
            width = parts.encoding->seen();
        }
        if (json.contains("map")) parts.map = map_from(json.at("map"), width);
        if (width_behind(parts) != parts.shape.elements()) refuse("makes rows of another shape than it says");
        return Pipeline(std::move(parts));
    } catch (const Json::exception&) {
        refuse("is not as a run writes it");
    }
}

}  // namespace ensemble::data
