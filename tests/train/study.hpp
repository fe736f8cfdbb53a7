#pragma once

#include <cstdint>
#include <string>

#include "data/source.hpp"
#include "data/split.hpp"
#include "train/trainer.hpp"

/// Built-in data, split, and a network for them: what it takes to train members.
struct Study {
    ensemble::data::Source source;
    ensemble::data::Split split;
    ensemble::model::Network network;

    Study(const std::string& what, const std::string& net)
        : source(ensemble::data::load(what, 1)),
          split(ensemble::data::split(source, {})),
          network(net, source.train.shape(), source.train.outputs()) {}

    [[nodiscard]] ensemble::train::Problem problem() const {
        return {.train = ensemble::data::train_view(source, split),
                .validation = ensemble::data::validation_view(source, split),
                .seed = 1};
    }

    [[nodiscard]] ensemble::train::MemberState train(const ensemble::train::Hyperparameters& hyperparameters,
                                                     std::uint32_t member = 0) const {
        ensemble::train::Trainer trainer(network, hyperparameters, problem(), member);
        while (!trainer.finished()) static_cast<void>(trainer.step());
        return trainer.state();
    }
};

inline ensemble::train::Hyperparameters short_training() {
    ensemble::train::Hyperparameters h;
    h.epochs = 4;
    h.batch = 32;  // 180 rows: five batches and a smaller one
    return h;
}

/// Ends long before its epochs are over.
inline ensemble::train::Hyperparameters impatient_training(double learning_rate) {
    ensemble::train::Hyperparameters h = short_training();
    h.epochs = 200;
    h.learning_rate = learning_rate;
    h.patience = 3;
    return h;
}

inline const Study& moons() {
    static const Study study("moons:train=200,test=100", "dense(16) relu dropout(0.2) dense(16) tanh");
    return study;
}

/// A network with running statistics; four batches an epoch, the last one smaller.
inline const Study& images() {
    static const Study study("digits:train=120,test=20",
                             "conv(4, 3) batchnorm relu maxpool(4) dense(8) batchnorm relu");
    return study;
}
