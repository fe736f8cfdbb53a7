#include "exchange/onnx_pipeline.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <variant>

#include <nlohmann/json.hpp>

#include "core/contract.hpp"
#include "core/names.hpp"

namespace ensemble::exchange {
namespace {

using data::CategoryEncoding;
using data::NumberEncoding;

std::int64_t as_integer(std::size_t size) {
    return static_cast<std::int64_t>(size);
}

const OnnxBuilder::Attributes along_columns{{"axis", std::int64_t{1}}};

/// Collects what the graph makes of a table's columns: features in an order of its own, and where each is wanted.
class TableWriter {
public:
    TableWriter(OnnxBuilder& builder, const data::ColumnEncoding& encoding) : builder_(builder) {
        std::size_t first = 0;
        for (std::size_t place = 0; place < encoding.codes().size(); ++place) {
            if (const auto* number = std::get_if<NumberEncoding>(&encoding.codes()[place])) {
                numbers_.push_back(number);
                number_first_.push_back(first);
            } else {
                categories_.push_back(&std::get<CategoryEncoding>(encoding.codes()[place]));
                category_first_.push_back(first);
            }
            first += encoding.columns()[place].features;
        }
    }

    /// [rows, encoding.seen()], double.
    std::string write() {
        if (!numbers_.empty()) write_numbers();
        if (!categories_.empty()) write_categories();
        const std::string all = builder_.add("Concat", parts_, "columns/features", along_columns);
        std::vector<std::int64_t> place_of(wanted_.size());
        for (std::size_t place = 0; place < wanted_.size(); ++place) place_of.at(wanted_[place]) = as_integer(place);
        return builder_.add("Gather", {all, builder_.integers(place_of)}, "columns/in order", along_columns);
    }

private:
    template <class Get>
    std::string of_numbers(const std::string& name, const Get& get) {
        std::vector<double> values;
        for (const NumberEncoding* number : numbers_) values.push_back(get(*number));
        return builder_.doubles("columns/" + name, {as_integer(values.size())}, values);
    }

    void write_numbers() {
        const std::string x = builder_.add_input("numbers", {numbers_.size()}, OnnxElement::f64);
        const std::string missing = builder_.add("IsNaN", {x}, "columns/missing");
        const std::string filled = builder_.add(
            "Where", {missing, of_numbers("fill", [](const auto& each) { return each.fill; }), x}, "columns/filled");
        write_scaled(filled);
        write_indicators(missing);
        write_bins(filled);
    }

    /// (x − centre) · factor, and of those that are drawn in s / √(1 + (s / 3)²).
    void write_scaled(const std::string& filled) {
        constexpr double reach = 3;  // as data::ColumnEncoding has it
        const std::string centre = of_numbers("centre", [](const auto& each) { return each.centre; });
        const std::string factor = of_numbers("factor", [](const auto& each) { return each.factor; });
        const std::string from_centre = builder_.add("Sub", {filled, centre}, "columns/from centre");
        const std::string scaled = builder_.add("Mul", {from_centre, factor}, "columns/scaled");
        const std::string inverse =
            of_numbers("inverse reach", [](const auto& each) { return each.clips ? 1 / reach : 0.0; });
        const std::string share = builder_.add("Mul", {scaled, inverse}, "columns/share of reach");
        const std::string square = builder_.add("Mul", {share, share}, "columns/square");
        const std::string sum =
            builder_.add("Add", {square, builder_.doubles("columns/one", {}, std::vector{1.0})}, "columns/sum");
        const std::string length = builder_.add("Sqrt", {sum}, "columns/length");
        parts_.push_back(builder_.add("Div", {scaled, length}, "columns/drawn in"));
        for (const std::size_t first : number_first_) wanted_.push_back(first);
    }

    void write_indicators(const std::string& missing) {
        std::vector<std::int64_t> columns;
        for (std::size_t i = 0; i < numbers_.size(); ++i) {
            if (!numbers_[i]->indicates) continue;
            columns.push_back(as_integer(i));
            wanted_.push_back(number_first_[i] + 1);
        }
        if (columns.empty()) return;
        const std::string some =
            builder_.add("Gather", {missing, builder_.integers(columns)}, "columns/indicated", along_columns);
        parts_.push_back(builder_.cast(some, OnnxElement::f64, "columns/indicators"));
    }

    /// Each bin's share of the number, see compute::piecewise_linear; all bins of all columns side by side.
    void write_bins(const std::string& filled) {
        std::vector<std::int64_t> columns;
        std::vector<double> edges;
        std::vector<double> widths;
        std::vector<double> lowest;
        std::vector<double> highest;
        for (std::size_t i = 0; i < numbers_.size(); ++i) {
            std::size_t place = number_first_[i] + (numbers_[i]->indicates ? 2 : 1);
            for (const auto* bins : {&numbers_[i]->quantile_edges, &numbers_[i]->target_edges}) {
                for (std::size_t bin = 0; bin + 1 < bins->size(); ++bin) {
                    columns.push_back(as_integer(i));
                    edges.push_back((*bins)[bin] / 2);
                    widths.push_back((*bins)[bin + 1] / 2 - (*bins)[bin] / 2);
                    lowest.push_back(bin == 0 ? -1 : 0);
                    highest.push_back(bin + 2 == bins->size() ? 2 : 1);
                    wanted_.push_back(place++);
                }
            }
        }
        if (columns.empty()) return;
        const auto constant = [&](const char* name, const std::vector<double>& values) {
            return builder_.doubles(name, {as_integer(values.size())}, values);
        };
        const std::string of_bin =
            builder_.add("Gather", {filled, builder_.integers(columns)}, "columns/of bins", along_columns);
        const std::string half =
            builder_.add("Mul", {of_bin, builder_.doubles("columns/half", {}, std::vector{0.5})}, "columns/halves");
        const std::string beyond =
            builder_.add("Sub", {half, constant("columns/edges", edges)}, "columns/beyond the edge");
        const std::string part =
            builder_.add("Div", {beyond, constant("columns/widths", widths)}, "columns/part of bin");
        const std::string above = builder_.add("Max", {part, constant("columns/lowest", lowest)}, "columns/at least");
        parts_.push_back(builder_.add("Min", {above, constant("columns/highest", highest)}, "columns/bins"));
    }

    /// From the place of a level to that of its feature by a table of all columns, in which two places come before a
    /// column's levels; what is no place at all is an unknown level.
    void write_categories() {
        const std::string codes = builder_.add_input("categories", {categories_.size()}, OnnxElement::i64);
        std::vector<std::int64_t> slots;
        std::vector<std::int64_t> first_slot;
        std::vector<std::int64_t> levels;
        for (const CategoryEncoding* category : categories_) {
            first_slot.push_back(as_integer(slots.size()) - missing_category);
            levels.push_back(as_integer(category->slots.size()));
            slots.push_back(category->missing);
            slots.push_back(category->other);
            slots.insert(slots.end(), category->slots.begin(), category->slots.end());
        }
        const std::string below =
            builder_.add("Less", {codes, builder_.integers({missing_category})}, "columns/below levels");
        const std::string last = builder_.add("Less", {codes, builder_.integers(levels)}, "columns/within levels");
        const std::string beyond = builder_.add("Not", {last}, "columns/beyond levels");
        const std::string outside = builder_.add("Or", {below, beyond}, "columns/no level");
        const std::string known =
            builder_.add("Where", {outside, builder_.integers({unknown_category}), codes}, "columns/levels");
        const std::string places = builder_.add("Add", {known, builder_.integers(first_slot)}, "columns/places");
        const std::string own = builder_.add("Gather", {builder_.integers(slots), places}, "columns/slots");
        write_one_hot(own);
    }

    void write_one_hot(const std::string& slots) {
        std::vector<std::int64_t> columns;
        std::vector<std::int64_t> slot;
        for (std::size_t i = 0; i < categories_.size(); ++i) {
            for (std::size_t feature = 0; feature < categories_[i]->features; ++feature) {
                columns.push_back(as_integer(i));
                slot.push_back(as_integer(feature));
                wanted_.push_back(category_first_[i] + feature);
            }
        }
        if (columns.empty()) return;
        const std::string of_feature =
            builder_.add("Gather", {slots, builder_.integers(columns)}, "columns/of features", along_columns);
        const std::string is_it = builder_.add("Equal", {of_feature, builder_.integers(slot)}, "columns/is level");
        parts_.push_back(builder_.cast(is_it, OnnxElement::f64, "columns/one of levels"));
    }

    OnnxBuilder& builder_;
    std::vector<const NumberEncoding*> numbers_;
    std::vector<const CategoryEncoding*> categories_;
    std::vector<std::size_t> number_first_;    ///< the first feature of each in what a network sees
    std::vector<std::size_t> category_first_;  ///< likewise
    OnnxBuilder::Names parts_;                 ///< of the features, side by side
    std::vector<std::size_t> wanted_;          ///< where each of these is wanted
};

/// What is done to all numbers of a row [rows, features], double.
std::string add_map(OnnxBuilder& builder, std::string value, const data::LinearMap& map, std::size_t width) {
    const auto constant = [&](const char* name, std::span<const double> values) {
        return builder.doubles(name, {as_integer(values.size())}, values);
    };
    std::vector<std::int64_t> chosen(map.chosen.begin(), map.chosen.end());
    std::vector<std::int64_t> all(width);
    std::iota(all.begin(), all.end(), std::int64_t{0});
    if (chosen != all)
        value = builder.add("Gather", {value, builder.integers(chosen)}, "features/chosen", along_columns);
    if (!map.unit.empty()) value = builder.add("Mul", {value, constant("features/unit", map.unit)}, "features/in unit");
    value = builder.add("Sub", {value, constant("features/mean", map.mean)}, "features/from mean");
    value = builder.add("Mul", {value, constant("features/factor", map.factor)}, "features/scaled");
    if (map.components.size() == 0) return value;
    const std::vector<double> centre(map.centre.begin(), map.centre.end());
    value = builder.add("Sub", {value, constant("features/centre", centre)}, "features/from centre");
    std::vector<double> components;
    for (Eigen::Index row = 0; row < map.components.rows(); ++row)
        for (Eigen::Index column = 0; column < map.components.cols(); ++column)
            components.push_back(map.components(row, column));
    const std::string weights =
        builder.doubles("features/component weights", {map.components.rows(), map.components.cols()}, components);
    return builder.add("MatMul", {value, weights}, "features/components");
}

/// [rows, shape …] of a value of so many numbers a row.
std::string shaped(OnnxBuilder& builder, const std::string& value, const core::Shape& shape, const std::string& name) {
    std::vector<std::int64_t> extents{-1};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) extents.push_back(as_integer(shape[axis]));
    return builder.add("Reshape", {value, builder.integers(extents)}, name);
}

/// number · scale + offset, in single precision.
std::string in_units(OnnxBuilder& builder, const std::string& value, const data::Pipeline::Parts& parts) {
    if (parts.scale == 1.0F && parts.offset == 0.0F) return value;
    const std::string scaled = builder.add("Mul", {value, builder.scalar(parts.scale)}, "features/scaled as read");
    return builder.add("Add", {scaled, builder.scalar(parts.offset)}, "features/as read");
}

}  // namespace

bool reads_steps_of_table(const data::Pipeline& pipeline) {
    const data::Pipeline::Parts& parts = pipeline.parts();
    const bool result = !parts.channels.empty();
    core::require(!result || (parts.scale == 1.0F && parts.offset == 0.0F), "columns of a table have no unit");
    return result;
}

std::string add_pipeline(OnnxBuilder& builder, const data::Pipeline& pipeline) {
    const data::Pipeline::Parts& parts = pipeline.parts();
    const OnnxElement element = reads_steps_of_table(pipeline) ? OnnxElement::f64 : OnnxElement::f32;
    if (parts.encoding == nullptr && !parts.map && element == OnnxElement::f32)
        return in_units(builder, builder.add_input(features_input, parts.input), parts);
    std::string value;
    std::size_t width = parts.input.elements();
    if (parts.encoding != nullptr) {
        value = TableWriter(builder, *parts.encoding).write();
        width = parts.encoding->seen();
    } else {
        const std::string read = in_units(builder, builder.add_input(features_input, parts.input, element), parts);
        value = parts.input.rank() > 1 ? shaped(builder, read, {width}, "features/flat") : read;
        if (element == OnnxElement::f32) value = builder.cast(value, OnnxElement::f64, "features/double");
    }
    if (parts.map) value = add_map(builder, value, *parts.map, width);
    value = builder.cast(value, OnnxElement::f32, "features/seen");
    return parts.shape.rank() > 1 ? shaped(builder, value, parts.shape, "features/shaped") : value;
}

std::string columns_text(const data::Pipeline& pipeline) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    std::size_t numbers = 0;
    std::size_t categories = 0;
    for (const data::Column& column : pipeline.columns()) {
        const bool is_number = column.kind == data::ColumnKind::number;
        nlohmann::ordered_json json{{"name", column.name},
                                    {"input", is_number ? "numbers" : "categories"},
                                    {"place", is_number ? numbers++ : categories++}};
        if (!is_number) json["levels"] = column.levels;
        all.push_back(std::move(json));
    }
    if (all.empty()) return "";
    return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace ensemble::exchange
