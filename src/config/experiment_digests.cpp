#include <functional>
#include <optional>
#include <span>
#include <string>

#include "config/experiment.hpp"
#include "core/hash.hpp"

// What an Experiment's members are functions of.
namespace ensemble::config {

std::string Experiment::digest_of(std::uint32_t member) const {
    // A member does not depend on how many others there are, how it is used and combined, or where its data lay.
    const Options options = options_of(member);
    return digest_where(
        [&](const Setting& setting) { return makes_members(setting.role) ? setting.get(options) : std::nullopt; });
}

std::string Experiment::digest() const {
    if (!members_differ(options_)) return digest_of(0);
    const Setting& vary = *find_setting("vary");
    return digest_where([&](const Setting& setting) {
        return makes_members(setting.role) || &setting == &vary ? value_in_use(setting, options_) : std::nullopt;
    });
}

std::string Experiment::digest_where(const std::function<std::optional<Value>(const Setting&)>& value_of) const {
    std::string text = "data sha256 = " + source_.sha256 + "\n";
    for (const Setting& setting : settings()) {
        if (const auto value = value_of(setting)) text += setting.lasting_name() + " = " + text_of(*value) + "\n";
    }
    return core::hex(core::sha256(std::as_bytes(std::span(text))));
}

}  // namespace ensemble::config
