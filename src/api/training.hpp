#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <ensemble/ensemble.hpp>

namespace ensemble::api {

/// Trains as ensemble_train does, in this process alone. `write_data` puts data in memory into a directory of its own,
/// which goes away, and returns further words of the command line; empty: the options name the data. `use` gets the run
/// directory while it is there. Throws core::Error.
void train_in_process(const Options& options,
                      const std::function<std::vector<std::string>(const std::filesystem::path& directory)>& write_data,
                      const std::function<void(const std::filesystem::path& run_directory)>& use);

/// Write data as files, and return the options that name them. Throw core::Error.
[[nodiscard]] std::vector<std::string> write_labelled(const std::filesystem::path& directory, const Matrix& rows,
                                                      std::span<const std::int32_t> labels);
[[nodiscard]] std::vector<std::string> write_measured(const std::filesystem::path& directory, const Matrix& rows,
                                                      std::span<const double> targets);
[[nodiscard]] std::vector<std::string> write_table(const std::filesystem::path& directory, const TextTable& table);

}  // namespace ensemble::api
