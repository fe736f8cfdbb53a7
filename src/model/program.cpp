#include "model/program.hpp"

#include <ranges>
#include <utility>

#include "core/contract.hpp"
#include "model/layers.hpp"

namespace ensemble::model {

Program::Program(const Network& network, std::size_t rows, Purpose purpose, compute::Precision precision,
                 core::ThreadPool* pool) {
    Compiler compiler(network.blocks(), network.statistics(), rows, purpose == Purpose::training, precision, nullptr,
                      pool);
    lay_out(network, compiler);
    parts_.make();
}

std::size_t Program::bytes_of(const Network& network, std::size_t rows, Purpose purpose, compute::Precision precision,
                              SummaryBuilder* summary) {
    Compiler compiler(network.blocks(), network.statistics(), rows, purpose == Purpose::training, precision, summary);
    Program program;
    program.lay_out(network, compiler);
    return program.bytes();
}

void Program::lay_out(const Network& network, Compiler& compiler) {
    // A network that flattens its input has it flat from the beginning.
    const bool flat = network.items().front().name == "flatten";
    input_ =
        &compiler.tensor(flat ? core::Shape{network.input().elements()} : network.input(), Compiler::Gradient::none);
    output_ = compile(network.items(), {.tensor = input_}, compiler).tensor;
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

void Program::forward(const float* parameters, const Pass& pass) {
    for (const auto& operation : parts_.operations) operation->forward(parameters, pass);
}

void Program::backward(const float* parameters, float* gradients, const GradientReady& ready) {
    core::require(output_->has_gradient(), "only programs compiled for training run backward");
    for (const auto& operation : std::views::reverse(parts_.operations)) {
        operation->backward(parameters, gradients, ready);
    }
}

}  // namespace ensemble::model
