#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "model/network.hpp"

namespace model {
namespace {

using Settings = std::vector<Preset::Setting>;

/// How the lecture trains on the 55,000 images that are left of MNIST's when 5,000 are kept for validation.
Settings lecture(std::string_view init, std::string_view epochs, Settings more = {}) {
    Settings settings{{"init", init},   {"optimizer", "adam"}, {"lr", "0.001"},
                      {"batch", "100"}, {"epochs", epochs},    {"validation-fraction", "0.0833333"},
                      {"members", "5"}};
    for (const Preset::Setting& setting : more) {
        const auto found = std::ranges::find(settings, setting.option, &Preset::Setting::option);
        if (found == settings.end()) {
            settings.push_back(setting);
        } else {
            found->value = setting.value;
        }
    }
    return settings;
}

Settings xor_settings() {
    return {{"data", "xor"}, {"init", "xavier"}, {"optimizer", "sgd"}, {"lr", "0.1"}, {"epochs", "10000"}};
}

std::vector<Preset> general() {
    return {
        {.name = "mlp",
         .text = "dense(256) relu dropout(0.2) dense(128) relu dropout(0.2)",
         .purpose = "two hidden layers with dropout; a good start on images and tables",
         .settings = {}},
        {.name = "mlp-wide",
         .text = "dense(512) relu dropout(0.3) dense(512) relu dropout(0.3)",
         .purpose = "784-512-512-10 on MNIST, dropout 0.3",
         .settings = {{"batch", "128"}}},
        {.name = "logistic", .text = "flatten", .purpose = "no hidden layer: softmax regression", .settings = {}},
        {.name = "lenet5",
         .text = "conv(6, 5) relu maxpool(2) conv(16, 5) relu maxpool(2) conv(120, 5) relu dense(84) relu",
         .purpose = "LeNet-5 with ReLU and same padding, as the uncertainty baselines train it on 50,000 images",
         .settings = {{"init", "xavier"},
                      {"lr", "0.001"},
                      {"batch", "256"},
                      {"epochs", "25"},
                      {"validation-fraction", "0.1666667"},
                      {"members", "10"}}},
        {.name = "residual",
         .text = "conv(32, 3) batchnorm relu maxpool(2) skip[ conv(32, 3) batchnorm relu conv(32, 3) batchnorm ] relu "
                 "skip[ conv(64, 3) batchnorm relu conv(64, 3) batchnorm ] relu maxpool(2) "
                 "skip[ conv(128, 3) batchnorm relu conv(128, 3) batchnorm ] relu avgpool",
         .purpose = "a small residual network for images: three blocks of two convolutions",
         .settings = {{"schedule", "one-cycle"}, {"lr", "0.005"}, {"epochs", "15"}}},
        {.name = "mnist-cnn",
         .text = "conv(32, 3) batchnorm relu maxpool(2) conv(64, 3) batchnorm relu conv(64, 3) batchnorm relu "
                 "maxpool(2) dropout(0.2) conv(128, 3) batchnorm relu avgpool(2) dropout(0.3) "
                 "dense(256) batchnorm relu dropout(0.4)",
         .purpose = "the most accurate network on MNIST here; eight members take about an hour on two cores",
         .settings = {{"augment", "shift:2,rotate:10,scale:0.1"},
                      {"schedule", "one-cycle"},
                      {"lr", "0.004"},
                      {"epochs", "20"},
                      {"validation-fraction", "0.0833333"}}},
        {.name = "mnist-mlp",
         .text = "dense(1024) relu dropout(0.2) dense(1024) relu dropout(0.2)",
         .purpose = "the most accurate without convolutions, on distorted images",
         .settings = {{"augment", "shift:2,rotate:10,scale:0.1,elastic:3"},
                      {"schedule", "one-cycle"},
                      {"lr", "0.002"},
                      {"epochs", "40"},
                      {"validation-fraction", "0.0833333"}}},
        {.name = "fashion-cnn",
         .text = "conv(32, 3) batchnorm relu maxpool(2) dropout(0.1) conv(64, 3) batchnorm relu conv(64, 3) batchnorm "
                 "relu maxpool(2) dropout(0.3) conv(128, 3) batchnorm relu avgpool(2) dropout(0.3) "
                 "dense(256) batchnorm relu dropout(0.5)",
         .purpose = "for Fashion-MNIST",
         .settings = {{"augment", "shift:1,scale:0.1"},
                      {"schedule", "one-cycle"},
                      {"lr", "0.004"},
                      {"epochs", "20"},
                      {"validation-fraction", "0.0833333"}}},
        {.name = "xor-sigmoid",
         .text = "repeat(9)[ dense(10) sigmoid ]",
         .purpose = "nine hidden sigmoid layers on xor: the gradient vanishes, accuracy stays at 50 %",
         .settings = xor_settings()},
        {.name = "xor-relu",
         .text = "repeat(9)[ dense(10) relu ]",
         .purpose = "the same with ReLU: reaches 100 %",
         .settings = xor_settings()},
    };
}

/// The rungs of the lecture's ladder on MNIST; launch/lecture climbs them.
std::vector<Preset> ladder() {
    return {
        {.name = "lecture-softmax",
         .text = "flatten",
         .purpose = "the lecture on MNIST, first rung: softmax regression",
         .settings = lecture("normal", "50")},
        {.name = "lecture-nn",
         .text = "dense(256) relu dense(256) relu",
         .purpose = "two hidden layers, weights from N(0, 1)",
         .settings = lecture("normal", "15")},
        {.name = "lecture-xavier",
         .text = "dense(256) relu dense(256) relu",
         .purpose = "the same with Xavier's weights",
         .settings = lecture("xavier", "15")},
        {.name = "lecture-deep",
         .text = "repeat(4)[ dense(512) relu ]",
         .purpose = "deeper and wider: it overfits",
         .settings = lecture("xavier", "15")},
        {.name = "lecture-dropout",
         .text = "repeat(4)[ dense(512) relu dropout(0.3) ]",
         .purpose = "the same with dropout, keep rate 0.7",
         .settings = lecture("xavier", "15")},
        {.name = "lecture-batchnorm",
         .text = "repeat(4)[ dense(512) batchnorm relu dropout(0.3) ]",
         .purpose = "and with batch normalisation, at ten times the learning rate",
         .settings = lecture("xavier", "15", {{"lr", "0.01"}})},
        {.name = "lecture-cnn",
         .text = "conv(32, 3) relu maxpool(2) conv(64, 3) relu maxpool(2)",
         .purpose = "two convolutions",
         .settings = lecture("xavier", "15")},
        {.name = "lecture-deep-cnn",
         .text = "conv(32, 3) relu maxpool(2) dropout(0.3) conv(64, 3) relu maxpool(2) dropout(0.3) "
                 "conv(128, 3) relu maxpool(2) dropout(0.3) dense(625) relu dropout(0.3)",
         .purpose = "three convolutions and a hidden layer, with dropout",
         .settings = lecture("xavier", "15")},
        {.name = "lecture-ensemble",
         .text = "conv(32, 3) relu maxpool(2) dropout(0.3) conv(64, 3) relu maxpool(2) dropout(0.3) "
                 "conv(128, 3) relu maxpool(2) dropout(0.3) dense(625) relu dropout(0.5)",
         .purpose = "seven of them, averaged: the last rung",
         .settings = lecture("xavier", "20", {{"members", "7"}})},
    };
}

std::vector<Preset> all_presets() {
    std::vector<Preset> all = general();
    std::ranges::move(ladder(), std::back_inserter(all));
    return all;
}

}  // namespace

std::span<const Preset> presets() {
    static const std::vector<Preset> all = all_presets();
    return all;
}

const Preset* find_preset(std::string_view name) {
    const auto all = presets();
    const auto found = std::ranges::find(all, name, &Preset::name);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace model
