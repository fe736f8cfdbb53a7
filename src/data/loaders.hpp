#pragma once

#include <optional>
#include <string>

#include "data/formats.hpp"
#include "data/npy.hpp"

// What entries of the table of formats are made of; see Format for what the functions do.
namespace ensemble::data {

[[nodiscard]] Source make_source(const std::string& name, Table train, std::optional<Table> test);
[[nodiscard]] Source source_of(const std::string& name, NpyTables tables);
[[nodiscard]] Features features_of(NpyFile file);

/// Refuses what only text tables have.
void refuse_text_options(const Request& request);

/// Refuses --`option` where it has a value, which belongs to `kinds` of data.
void refuse_option(const Request& request, std::string_view option, const std::string& value, std::string_view kinds);

[[nodiscard]] Source load_npz(const Request& request);
[[nodiscard]] Features npz_foreign(const std::string& what, const Request& like);
[[nodiscard]] Source load_libsvm(const Request& request);
[[nodiscard]] Source load_image_folders(const Request& request);

/// Whether the file, plain or as .gz, is called so: has_ending("a.npy.gz", ".npy").
[[nodiscard]] bool has_ending(const std::string& file, std::string_view ending);

}  // namespace ensemble::data
