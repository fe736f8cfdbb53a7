#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/column_encoding.hpp"
#include "data/pipeline.hpp"
#include "task/task.hpp"
#include "task/truth.hpp"

namespace ensemble::store {

/// A member of a finished run that predicts.
struct ModelMember {
    std::uint32_t index = 0;
    std::size_t network = 0;                      ///< place among the model's networks
    std::string sha256;                           ///< of its file, members/NNNN.ckpt
    std::string digest;                           ///< of what it is a function of, which its file names as well
    std::vector<data::FeatureRange> hidden = {};  ///< features that read zero, since it never saw them
};

/// Of a number of a row as it is read, what training rows reach; NaN where none has one, or where it is a category.
struct ValueRange {
    double low = 0;
    double high = 0;
};

/// What there is to know of a finished run to predict with it, without its data: RUN/model.json. How members are
/// combined stands in summary.json, which an analysis may write anew.
struct Model {
    std::string program;  ///< version of the one that wrote it
    const task::Task* task = nullptr;
    std::size_t targets = 0;                      ///< classes, or numbers to be predicted
    std::vector<std::string> class_names = {};    ///< empty where they are the numbers of the labels
    std::vector<std::string> target_names = {};   ///< of what is predicted, as columns are called; may be empty
    std::vector<std::string> columns_aside = {};  ///< that had a part in training alone: weights and groups of rows
    task::Scale target_scale = {};
    std::size_t evaluation_batch = 0;   ///< rows that are predicted at a time, part of every result
    std::vector<std::string> networks;  ///< in the notation, without the output layer
    data::Pipeline pipeline;
    std::vector<ValueRange> ranges = {};  ///< of each number of a row; of images one of all
    std::vector<ModelMember> members;     ///< by index
};

/// Writes the file, durably and atomically. Throws core::Error (run).
void write_model(const std::filesystem::path& path, const Model& model);

/// Reads the file. Nothing in it is believed before it is checked. Throws core::Error (data) where it is missing,
/// damaged, no model, or of a newer format than this program knows.
[[nodiscard]] Model read_model(const std::filesystem::path& path);

}  // namespace ensemble::store
