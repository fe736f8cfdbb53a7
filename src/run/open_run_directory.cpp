#include "run/open_run_directory.hpp"

#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/chrono.h>

#include "comm/heartbeat_monitor.hpp"
#include "config/configuration.hpp"
#include "core/error.hpp"
#include "run/resume.hpp"
#include "store/file.hpp"
#include "store/run_state.hpp"

namespace ensemble::run {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Failure;

/// A directory that did not exist before, even if several runs begin within the same second.
fs::path make_default_directory() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    const fs::path path = fs::path("runs") / fmt::format("{:%Y-%m-%dT%H-%M-%SZ}", fmt::gmtime(now));
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    constexpr int tries = 1000;
    for (int number = 1; number <= tries && !error; ++number) {
        const fs::path name = number == 1 ? path : fs::path(fmt::format("{}-{}", path.string(), number));
        if (fs::create_directory(name, error)) return name;
    }
    fail(Failure::usage, "cannot make the directory '{}': {}; choose another with --out", path.string(),
         error.message());
}

store::RunDirectory create_directory(const config::Experiment& experiment) {
    const std::string& out = experiment.options().out;
    if (out.empty()) {
        const fs::path made = make_default_directory();
        try {
            return store::RunDirectory::create(made, experiment.set_names());
        } catch (const core::Error&) {
            std::error_code ignored;
            fs::remove(made, ignored);
            throw;
        }
    }
    try {
        return store::RunDirectory::create(out, experiment.set_names());
    } catch (const core::Error& error) {
        fail(error.kind(), "--out {}: {}", out, error.what());
    }
}

/// For a run that begins: what it is, and last its configuration, by which others know that it is there.
void write_beginning(const store::RunDirectory& directory, const config::Experiment& experiment) {
    store::write_file_atomically(directory.origin(), origin_text(experiment));
    store::write_file_atomically(directory.configuration(), config::to_toml(experiment.options()));
}

/// True if the file is there, or comes within the moment that a network file system may take to show it.
bool appears(const fs::path& file) {
    std::error_code error;
    for (int tries = 0; tries < 20; ++tries) {
        if (fs::exists(file, error)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
}

void require_writable(const comm::Communicator& world, const fs::path& directory) {
    if (::access(directory.c_str(), W_OK | X_OK) == 0) return;
    fail(Failure::usage,
         "rank {} on {} cannot write to the run directory '{}'; choose one with --out that all hosts share",
         world.rank(), world.host(), directory.string());
}

void forget(const fs::path& token) noexcept {
    std::error_code error;
    if (!token.empty()) fs::remove(token, error);
}

}  // namespace

bool goes_on(const config::Options& options) {
    return options.resume && store::state_of_run(options.out) != store::RunState::none;
}

store::RunDirectory open_run_directory(const comm::Communicator& ranks, const config::Experiment& experiment) {
    comm::Communicator world = ranks;
    const config::Options& options = experiment.options();
    const bool several_hosts = world.node_size() < world.size();
    fs::path token;
    std::optional<store::RunDirectory> made;
    std::vector<std::byte> bytes;
    try {
        world.run_everywhere([&] {
            if (!world.is_root()) return;
            if (goes_on(options)) {
                made = store::RunDirectory::resume(options.out, experiment.set_names());
            } else {
                made = create_directory(experiment);
                write_beginning(*made, experiment);
            }
            comm::HeartbeatMonitor::clear(made->logs());
            std::string path = fs::absolute(made->path()).string();
            if (several_hosts) {
                // A directory of this name may be another one there.
                token = made->path() / fmt::format("{}token-{}", store::probe_prefix, ::getpid());
                store::write_file_atomically(token, "seen\n");
                path += '\n' + token.filename().string();
            }
            const auto view = std::as_bytes(std::span(path));
            bytes.assign(view.begin(), view.end());
        });
        world.broadcast(bytes);
        const std::string told(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const std::size_t end = several_hosts ? told.rfind('\n') : told.size();
        const fs::path path(told.substr(0, end));
        world.run_everywhere([&] {
            if (world.is_root()) return;
            const bool is_seen = several_hosts ? appears(path / told.substr(end + 1)) : fs::is_directory(path);
            if (is_seen) return require_writable(world, path);
            fail(Failure::usage,
                 "rank {} on {} does not see the run directory '{}'; choose one with --out that all hosts share",
                 world.rank(), world.host(), path.string());
        });
        forget(token);
        return made ? std::move(*made) : store::RunDirectory::at(path);
    } catch (...) {
        forget(token);
        if (made) made->discard();
        throw;
    }
}

}  // namespace ensemble::run
