#include "exchange/safetensors.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/contract.hpp"
#include "exchange/networks.hpp"

namespace ensemble::exchange {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers in a file are little-endian");

using Json = nlohmann::ordered_json;

constexpr std::size_t boundary = 8;

std::string header_of(std::span<const NamedArray> arrays,
                      std::span<const std::pair<std::string, std::string>> metadata) {
    Json header = Json::object();
    for (const auto& [key, value] : metadata) header["__metadata__"][key] = value;
    std::size_t begin = 0;
    for (const NamedArray& each : arrays) {
        core::require(!header.contains(each.name), "every array has a name of its own");
        const std::size_t end = begin + each.array.values.size() * sizeof(float);
        header[each.name] = {{"dtype", "F32"}, {"shape", each.array.extents}, {"data_offsets", {begin, end}}};
        begin = end;
    }
    std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.resize((text.size() + boundary - 1) / boundary * boundary, ' ');
    return text;
}

}  // namespace

std::string to_safetensors(std::span<const NamedArray> arrays,
                           std::span<const std::pair<std::string, std::string>> metadata) {
    const std::string header = header_of(arrays, metadata);
    std::size_t size = sizeof(std::uint64_t) + header.size();
    for (const NamedArray& each : arrays) size += each.array.values.size() * sizeof(float);
    std::string file(sizeof(std::uint64_t), '\0');
    file.reserve(size);
    const std::uint64_t length = header.size();
    std::memcpy(file.data(), &length, sizeof length);
    file += header;
    for (const NamedArray& each : arrays) {
        file.append(reinterpret_cast<const char*>(each.array.values.data()), each.array.values.size() * sizeof(float));
    }
    return file;
}

std::string to_safetensors(const TrainedModel& model) {
    NamedArrays all;
    for (const TrainedMember& member : model.members) {
        const std::string prefix = model.members.size() > 1 ? fmt::format("members.{}.", member.index) : "";
        for (NamedArray& each : torch_parameters(model.networks.at(member.network), member.weights()))
            all.push_back({.name = prefix + each.name, .array = std::move(each.array)});
    }
    return to_safetensors(all, metadata_of(model, RowsGiven::as_seen));
}

}  // namespace ensemble::exchange
