#include <exception>
#include <utility>

#include <ensemble/ensemble.hpp>

#include "api/loaded_model.hpp"
#include "api/training.hpp"
#include "compute/precision.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "run/machine.hpp"

namespace ensemble {
namespace {

/// Does `work`; what it throws becomes the one exception of the header.
template <class Work>
auto translating(const Work& work) {
    try {
        return work();
    } catch (const core::Error& error) {
        throw Error(static_cast<ErrorKind>(error.kind()), error.what());
    } catch (const std::exception& error) {  // no memory, no thread
        throw Error(ErrorKind::run, core::reason(error));
    }
}

std::shared_ptr<const api::LoadedModel> load_run(const std::filesystem::path& directory, std::size_t threads,
                                                 compute::Precision precision) {
    if (threads == 0) core::fail(core::Failure::usage, "a model predicts on at least one thread, not on 0");
    run::require_precision(precision, compute::multiplies_bf16(), "this host");
    return std::make_shared<const api::LoadedModel>(directory, threads, precision);
}

using WriteData = std::function<std::vector<std::string>(const std::filesystem::path& directory)>;

std::shared_ptr<const api::LoadedModel> train_model(const Options& options, const WriteData& write_data) {
    return translating([&] {
        std::shared_ptr<const api::LoadedModel> loaded;
        api::train_in_process(options, write_data,
                              [&](const auto& directory) { loaded = load_run(directory, 1, compute::Precision::f32); });
        return loaded;
    });
}

}  // namespace

static_assert(static_cast<int>(ErrorKind::usage) == static_cast<int>(core::Failure::usage) &&
              static_cast<int>(ErrorKind::data) == static_cast<int>(core::Failure::data) &&
              static_cast<int>(ErrorKind::run) == static_cast<int>(core::Failure::run) &&
              static_cast<int>(ErrorKind::stopped) == static_cast<int>(core::Failure::stopped));
static_assert(static_cast<int>(Precision::f32) == static_cast<int>(compute::Precision::f32) &&
              static_cast<int>(Precision::bf16) == static_cast<int>(compute::Precision::bf16));

Model Model::load(const std::filesystem::path& run_directory, std::size_t threads, Precision precision) {
    return Model(
        translating([&] { return load_run(run_directory, threads, static_cast<compute::Precision>(precision)); }));
}

Model Model::train(const Options& options) {
    return Model(train_model(options, {}));
}

Model Model::train(const Options& options, const Matrix& rows, std::span<const std::int32_t> labels) {
    return Model(
        train_model(options, [&](const auto& directory) { return api::write_labelled(directory, rows, labels); }));
}

Model Model::train(const Options& options, const Matrix& rows, std::span<const double> targets) {
    return Model(
        train_model(options, [&](const auto& directory) { return api::write_measured(directory, rows, targets); }));
}

Model Model::train(const Options& options, const TextTable& table) {
    return Model(train_model(options, [&](const auto& directory) { return api::write_table(directory, table); }));
}

std::string Model::task() const {
    return std::string(core::name_of(loaded_->trained().ensemble().task->kind));
}

const std::vector<std::string>& Model::class_names() const noexcept {
    return loaded_->class_names();
}

const std::vector<std::string>& Model::target_names() const noexcept {
    return loaded_->trained().target_names();
}

const std::vector<std::string>& Model::columns() const noexcept {
    return loaded_->columns();
}

std::size_t Model::members() const noexcept {
    return loaded_->trained().ensemble().members.size();
}

Predictions Model::predict(const Matrix& rows, const PredictOptions& options) const {
    return translating([&] { return loaded_->predict(rows, options); });
}

Predictions Model::predict(const TextTable& rows, const PredictOptions& options) const {
    return translating([&] { return loaded_->predict(rows, options); });
}

}  // namespace ensemble
