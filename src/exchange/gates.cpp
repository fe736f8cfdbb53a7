#include "exchange/gates.hpp"

#include <algorithm>

#include "core/contract.hpp"
#include "exchange/array.hpp"

namespace ensemble::exchange {
namespace {

using Three = std::array<std::size_t, 3>;
using Four = std::array<std::size_t, 4>;

constexpr std::array<std::size_t, 1> single{0};
constexpr std::array<std::size_t, 1> none_of_rnn{no_gate};
constexpr Four none_of_lstm{no_gate, no_gate, no_gate, no_gate};

// Ours: lstm i f g o; gru n r z of x, r z m of h, and biases n r z m.
constexpr Four onnx_lstm{0, 3, 1, 2};
constexpr Four torch_lstm{0, 1, 2, 3};
constexpr Three onnx_gru_of_x{2, 1, 0};
constexpr Three onnx_gru_of_h{1, 0, 2};
constexpr Three torch_gru_of_x{1, 2, 0};
constexpr Three torch_gru_of_h{0, 1, 2};
constexpr Three gru_memory{no_gate, no_gate, 3};

struct Entry {
    std::string_view kind;
    GateOrder onnx;
    GateOrder torch;
};

constexpr GateOrder rnn{single, single, single, none_of_rnn};

constexpr std::array<Entry, 3> gates_table{{
    {"rnn", rnn, rnn},
    {"lstm", {onnx_lstm, onnx_lstm, onnx_lstm, none_of_lstm}, {torch_lstm, torch_lstm, torch_lstm, none_of_lstm}},
    {"gru",
     {onnx_gru_of_x, onnx_gru_of_h, onnx_gru_of_x, gru_memory},
     {torch_gru_of_x, torch_gru_of_h, torch_gru_of_x, gru_memory}},
}};

const Entry& entry_of(std::string_view kind) {
    const auto* const found = std::ranges::find(gates_table, kind, &Entry::kind);
    core::require(found != gates_table.end(), "every recurrent layer has gates");
    return *found;
}

}  // namespace

GateOrder onnx_gates(std::string_view kind) {
    return entry_of(kind).onnx;
}

GateOrder torch_gates(std::string_view kind) {
    return entry_of(kind).torch;
}

}  // namespace ensemble::exchange
