#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/csv.hpp"
#include "data/dataset.hpp"
#include "data/header.hpp"
#include "data/image_size.hpp"

namespace ensemble::data {

/// Which data, and how their files are to be understood.
struct Request {
    /// A built-in name with optional counts (`digits`, `digits:train=60000,test=1000`, `xor`, `moons`, `spirals`), or a
    /// path of one of the kinds in formats().
    std::string data;
    std::string test = {};                ///< a file of the same kind with the test rows; empty: none of its own
    std::string target = {};              ///< text table: column, as TextRequest has it; .npy: file with the targets
    Header header = Header::automatic;    ///< of text tables
    std::string ignore = {};              ///< text table: columns left out, as TextRequest has them
    std::string categorical = {};         ///< text table: as TextRequest has it
    std::string use = {};                 ///< text table: as TextRequest has it
    std::string weight = {};              ///< text table: as TextRequest has it
    std::string group = {};               ///< text table: as TextRequest has it
    std::optional<Missing> missing = {};  ///< text table: unset: as TextRequest has it
    std::string test_target = {};         ///< .npy: file with the targets of the test rows
    std::string sequence = {};            ///< text table: the column by which rows are steps of sequences
    std::optional<task::Kind> task = {};
    std::optional<ImageSize> image_size = {};  ///< pictures in folders: what they are brought to
    std::uint64_t seed = 1;                    ///< what built-in data depend on
};

/// What is asked of a text table. Throws core::Error (usage) where the request names other data, or asks for what text
/// tables do not have.
[[nodiscard]] TextRequest text_request(const Request& request);

/// Generates or reads a data set. Local. Throws core::Error: usage for an unknown name, bad counts, or what the kind of
/// data does not have; data for files.
[[nodiscard]] Source load(const Request& request);

/// As above, with nothing but a name or path.
[[nodiscard]] Source load(const std::string& what, std::uint64_t seed);

/// Rows from elsewhere: `what` is a name or path as Request::data has it, of built-in data and IDX files the test rows,
/// of a .npy its features, of a text table those of columns like those of `like`. Their labels or targets are not read.
/// `train` says what kind of rows a network expects. Local. Throws core::Error as load() does, and usage for rows of
/// another shape.
[[nodiscard]] Table load_foreign(const std::string& what, const Request& like, const Table& train);

/// The same request with every path absolute, so that it holds wherever it is read again. A file of targets that is not
/// where it says is looked for beside its features.
[[nodiscard]] Request resolved(Request request);

/// The whole of `source` as one block of bytes, to be placed in memory shared by a node.
[[nodiscard]] std::vector<std::byte> pack(const Source& source);

/// A source whose tables view `block`, to be taken as it is: without arbitrary_units and notes. REQUIRES: block was
/// made by pack() and is 64-byte aligned.
[[nodiscard]] Source unpack(const SharedBytes& block);

}  // namespace ensemble::data
