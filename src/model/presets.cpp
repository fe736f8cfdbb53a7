#include <algorithm>
#include <vector>

#include "model/network.hpp"
#include "model/notation.hpp"

namespace ensemble::model {
namespace {

/// A network of the lecture: Adam at 1e-3, batches of 100, 15 epochs, 5,000 of MNIST's 60,000 rows for validation,
/// unless `settings` say otherwise.
Preset rung(std::string_view name, std::string_view text, std::string_view purpose,
            const std::vector<Preset::Setting>& settings) {
    Preset preset{.name = name, .text = text, .purpose = purpose, .settings = settings};
    const auto add = [&](Preset::Setting setting) {
        const bool given = std::ranges::any_of(settings, [&](const auto& own) { return own.option == setting.option; });
        if (!given) preset.settings.push_back(setting);
    };
    add({"epochs", "15"});
    add({"members", "5"});
    add({"validation-fraction", "0.083334"});
    return preset;
}

/// For images as for tables, and two that show why layers are no longer sigmoids.
std::vector<Preset> dense_networks() {
    return {
        Preset{.name = "mlp",
               .text = "dense(256) relu dropout(0.2) dense(128) relu dropout(0.2)",
               .purpose = "two hidden layers with dropout; a good start on images and tables",
               .settings = {}},
        Preset{
            .name = "slim",
            .text = "repeat(3)[ dense(48) relu dropout(0.1) ]",
            .purpose = "three narrow layers with little dropout: fast, and members differ, so that an ensemble gains",
            .settings = {{"epochs", "50"}}},
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
}

/// The rungs of the lecture's ladder on MNIST: --data needs its directory.
std::vector<Preset> lecture_networks() {
    return {
        rung("mnist-softmax", "flatten", "the lecture's first rung: softmax regression, N(0, 1) weights",
             {{"init", "normal"}, {"epochs", "50"}}),
        rung("mnist-nn", "dense(256) relu dense(256) relu", "256-256 from N(0, 1) weights", {{"init", "normal"}}),
        rung("mnist-xavier", "dense(256) relu dense(256) relu", "the same from Xavier's weights", {{"init", "xavier"}}),
        rung("mnist-deep", "repeat(4)[ dense(512) relu ]", "four layers of 512", {{"init", "xavier"}}),
        rung("mnist-dropout", "repeat(4)[ dense(512) relu dropout(0.3) ]", "the same with dropout",
             {{"init", "xavier"}}),
        rung("mnist-batchnorm", "repeat(4)[ dense(512) batchnorm relu dropout(0.3) ]", "and with batch normalisation",
             {{"init", "xavier"}, {"lr", "0.01"}}),
        rung("mnist-cnn", "conv(32, 3) relu maxpool(2) conv(64, 3) relu maxpool(2)", "two convolutions",
             {{"init", "xavier"}}),
        rung("mnist-deep-cnn",
             "conv(32, 3) relu maxpool(2) dropout(0.3) conv(64, 3) relu maxpool(2) dropout(0.3) "
             "conv(128, 3) relu maxpool(2) dropout(0.3) dense(625) relu dropout(0.3)",
             "three convolutions and a wide layer", {{"init", "xavier"}}),
        rung("mnist-seven-cnns",
             "conv(32, 3) relu maxpool(2) dropout(0.3) conv(64, 3) relu maxpool(2) dropout(0.3) "
             "conv(128, 3) relu maxpool(2) dropout(0.3) dense(625) relu dropout(0.5)",
             "the last rung: an ensemble of seven that votes",
             {{"epochs", "20"}, {"members", "7"}, {"schedule", "cosine"}, {"combine", "vote"}}),
    };
}

/// Convolutions and recurrent layers as the field knows them.
std::vector<Preset> image_networks() {
    return {
        Preset{.name = "lenet5",
               .text = "conv(6, 5) relu maxpool(2) conv(16, 5) relu maxpool(2) conv(120, 5) relu dense(84) relu",
               .purpose = "LeNet-5 as in the uncertainty baselines, ten members",
               .settings = {{"init", "xavier"},
                            {"epochs", "25"},
                            {"batch", "256"},
                            {"members", "10"},
                            {"validation-fraction", "0.166667"}}},
        Preset{.name = "residual",
               .text = "conv(16, 3) batchnorm relu "
                       "repeat(6)[ skip[ conv(16, 3) batchnorm relu conv(16, 3) batchnorm ] relu ] avgpool",
               .purpose = "a small residual network",
               .settings = {{"batch", "128"}, {"schedule", "one-cycle"}, {"lr", "0.01"}}},
        Preset{.name = "gru-rows",
               .text = "gru(128) dropout(0.3)",
               .purpose = "reads images row by row",
               .settings = {{"schedule", "cosine"}, {"lr", "0.003"}}},
    };
}

/// Along the steps of sequences.
std::vector<Preset> series_networks() {
    return {
        Preset{.name = "series",
               .text = "skip[ conv1d(64, 8) batchnorm relu conv1d(64, 5) batchnorm relu conv1d(64, 3) batchnorm ] relu "
                       "repeat(2)[ skip[ conv1d(128, 8) batchnorm relu conv1d(128, 5) batchnorm relu "
                       "conv1d(128, 3) batchnorm ] relu ] avgpool",
               .purpose = "a residual network on time series (Wang et al. 2017); each row of a table can be one",
               .settings = {{"epochs", "200"}, {"batch", "16"}, {"schedule", "cosine"}, {"standardize", "all"}}},
    };
}

/// The most accurate ones, for each data set.
std::vector<Preset> best_networks() {
    return {
        Preset{.name = "best-mnist",
               .text = "conv(32, 3) batchnorm relu conv(32, 3) batchnorm relu maxpool(2) dropout(0.2) "
                       "conv(64, 3) batchnorm relu conv(64, 3) batchnorm relu maxpool(2) dropout(0.3) "
                       "conv(128, 3) batchnorm relu conv(128, 3) batchnorm relu maxpool(2) dropout(0.4)",
               .purpose = "six convolutions with batch normalisation on distorted images, for MNIST",
               .settings = {{"epochs", "34"},
                            {"members", "4"},
                            {"schedule", "one-cycle"},
                            {"lr", "0.003"},
                            {"validation-fraction", "0.05"},
                            {"augment", "shift:2,rotate:10,scale:0.1,elastic:2"}}},
        Preset{.name = "best-fashion",
               .text = "conv(32, 3) batchnorm relu conv(32, 3) batchnorm relu maxpool(2) dropout(0.1) "
                       "conv(64, 3) batchnorm relu conv(64, 3) batchnorm relu maxpool(2) dropout(0.2) "
                       "conv(128, 3) batchnorm relu conv(128, 3) batchnorm relu maxpool(2) dropout(0.3)",
               .purpose = "the same, with less dropout, on mirrored and mildly distorted images, for Fashion-MNIST",
               .settings = {{"epochs", "25"},
                            {"members", "8"},
                            {"schedule", "one-cycle"},
                            {"lr", "0.003"},
                            {"validation-fraction", "0.05"},
                            {"augment", "shift:2,scale:0.05,flip:0.5"},
                            {"tta", "16"}}},
        Preset{.name = "best-mlp",
               .text = "dropout(0.1) dense(1024) relu dropout(0.3) dense(1024) relu dropout(0.3)",
               .purpose = "two dense layers of 1024 on distorted images, for MNIST",
               .settings = {{"epochs", "40"},
                            {"members", "8"},
                            {"schedule", "one-cycle"},
                            {"lr", "0.002"},
                            {"validation-fraction", "0.05"},
                            {"augment", "shift:2,rotate:10,scale:0.1,elastic:3"}}},
    };
}

}  // namespace

std::span<const Preset> presets() {
    static const std::vector<Preset> all = [] {
        std::vector<Preset> joined = dense_networks();
        for (const auto& more : {lecture_networks(), image_networks(), series_networks(), best_networks()}) {
            joined.insert(joined.end(), more.begin(), more.end());
        }
        return joined;
    }();
    return all;
}

const Preset* find_preset(std::string_view name) {
    const auto all = presets();
    const auto found = std::ranges::find(all, trimmed(name), &Preset::name);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace ensemble::model
