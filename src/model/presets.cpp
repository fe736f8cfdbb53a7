#include <algorithm>
#include <array>

#include "model/network.hpp"

namespace model {

std::span<const Preset> presets() {
    static const std::array all{
        Preset{.name = "mlp",
               .text = "dense(256) relu dropout(0.2) dense(128) relu dropout(0.2)",
               .purpose = "two hidden layers with dropout; a good start on images and tables",
               .settings = {}},
        Preset{.name = "mlp-wide",
               .text = "dense(512) relu dropout(0.3) dense(512) relu dropout(0.3)",
               .purpose = "784-512-512-10 on MNIST, dropout 0.3",
               .settings = {{"batch", "128"}}},
        Preset{.name = "logistic", .text = "flatten", .purpose = "no hidden layer: softmax regression", .settings = {}},
        Preset{.name = "xor-sigmoid",
               .text = "repeat(9)[ dense(10) sigmoid ]",
               .purpose = "nine hidden sigmoid layers on xor: the gradient vanishes, accuracy stays at 50 %",
               .settings =
                   {{"data", "xor"}, {"init", "xavier"}, {"optimizer", "sgd"}, {"lr", "0.1"}, {"epochs", "10000"}}},
        Preset{.name = "xor-relu",
               .text = "repeat(9)[ dense(10) relu ]",
               .purpose = "the same with ReLU: reaches 100 %",
               .settings =
                   {{"data", "xor"}, {"init", "xavier"}, {"optimizer", "sgd"}, {"lr", "0.1"}, {"epochs", "10000"}}},
    };
    return all;
}

const Preset* find_preset(std::string_view name) {
    const auto all = presets();
    const auto found = std::ranges::find(all, name, &Preset::name);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace model
