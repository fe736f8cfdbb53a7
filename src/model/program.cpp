#include "model/program.hpp"

#include <optional>
#include <ranges>
#include <utility>

#include "core/contract.hpp"
#include "model/layers.hpp"

namespace ensemble::model {
namespace {

/// Several threads want more to do at a time than a slice of a batch.
bool is_shared(const core::ThreadPool* pool) {
    return pool != nullptr && pool->size() > 1;
}

}  // namespace

Program::Program(const Network& network, std::size_t rows, Purpose purpose, compute::Precision precision,
                 core::ThreadPool* pool)
    : pool_(pool) {
    Compiler compiler(network.blocks(), network.statistics(), rows, purpose != Purpose::inference, precision, nullptr,
                      pool);
    lay_out(network, purpose, compiler);
    parts_.prepare();
    if (!is_shared(pool_)) slices_ = Slices(parts_.operations);
    parts_.allocate_gradients(slices_);
}

std::size_t Program::bytes_of(const Network& network, std::size_t rows, Purpose purpose, compute::Precision precision,
                              SummaryBuilder* summary) {
    Compiler compiler(network.blocks(), network.statistics(), rows, purpose != Purpose::inference, precision, summary);
    Program program;
    program.lay_out(network, purpose, compiler);
    return program.bytes();
}

std::vector<KeptLayer> Program::layers_of(const Network& network) {
    Compiler compiler(network.blocks(), network.statistics(), 1, true, compute::Precision::f32);
    Program program;
    program.lay_out(network, Purpose::observation, compiler);
    for (KeptLayer& layer : program.layers_) layer.values = nullptr;
    return std::move(program.layers_);
}

void Program::lay_out(const Network& network, Purpose purpose, Compiler& compiler) {
    // A network that flattens its input has it flat from the beginning.
    const bool ragged = network.lengths() == Lengths::different;
    const bool flat = !ragged && network.items().front().name == "flatten";
    const bool reaches_input = purpose == Purpose::adversarial_training;
    input_ = &compiler.tensor(flat ? core::Shape{network.input().elements()} : network.input(),
                              reaches_input ? Compiler::Gradient::as_compiled : Compiler::Gradient::none);
    std::optional<LayerRecorder> recorder;
    const Value first = ragged ? compiler.read_ends(*input_) : Value{.tensor = input_};
    if (purpose == Purpose::observation) compiler.record(recorder.emplace(network.input(), *first.tensor));
    output_ = compile(network.items(), first, compiler).tensor;
    if (recorder) layers_ = recorder->finish();
    parts_ = compiler.finish(*output_);
}

Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

std::size_t Program::rows() const noexcept {
    return input_->rows;
}

compute::Rows Program::input() noexcept {
    return input_->value_rows();
}

compute::Rows Program::output() noexcept {
    return output_->value_rows();
}

compute::Rows Program::output_gradient() noexcept {
    return output_->gradient_rows();
}

compute::Rows Program::input_gradient() noexcept {
    return input_->gradient_rows();
}

void Program::forward(const float* parameters, const Pass& pass) {
    if (!is_shared(pool_)) return slices_.forward(parameters, pass);
    for (const auto& operation : parts_.operations) operation->forward(parameters, pass);
}

void Program::backward(const float* parameters, float* gradients, const GradientReady& ready) {
    core::require(output_->has_gradient(), "only programs compiled for training run backward");
    if (!is_shared(pool_)) return slices_.backward(parameters, gradients, ready);
    for (const auto& operation : std::views::reverse(parts_.operations)) {
        operation->backward(parameters, gradients, ready);
    }
}

}  // namespace ensemble::model
