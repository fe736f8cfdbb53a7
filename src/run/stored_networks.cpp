#include "run/stored_networks.hpp"

#include <string>

#include "core/error.hpp"

namespace ensemble::run {

std::vector<model::Network> stored_networks(const store::Model& model, const std::filesystem::path& file) {
    const auto lengths = model.pipeline.is_ragged() ? model::Lengths::different : model::Lengths::equal;
    std::vector<model::Network> networks;
    for (const std::string& text : model.networks) {
        try {
            networks.emplace_back(text, model.pipeline.shape(), model.task->output_width(model.targets), lengths);
        } catch (const core::Error& error) {
            core::fail(core::Failure::data, "'{}' is damaged: {}", file.string(), error.what());
        }
    }
    return networks;
}

}  // namespace ensemble::run
