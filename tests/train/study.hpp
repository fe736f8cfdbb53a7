#pragma once

#include <cstdint>
#include <string>

#include "data/source.hpp"
#include "data/split.hpp"
#include "train/trainer.hpp"

/// Built-in data, split, and a network for them: what it takes to train members.
struct Study {
    data::Source source;
    data::Split split;
    model::Network network;

    Study(const std::string& what, const std::string& net)
        : source(data::load(what, 1)),
          split(data::split(source, {})),
          network(net, source.train.shape(), source.train.outputs(), model::Objective::classification) {}

    [[nodiscard]] train::Problem problem() const {
        return {
            .train = data::train_view(source, split), .validation = data::validation_view(source, split), .seed = 1};
    }

    [[nodiscard]] train::MemberState train(const train::Hyperparameters& hyperparameters,
                                           std::uint32_t member = 0) const {
        train::Trainer trainer(network, hyperparameters, problem(), member);
        while (!trainer.finished()) static_cast<void>(trainer.step());
        return trainer.state();
    }
};

inline train::Hyperparameters short_training() {
    train::Hyperparameters h;
    h.epochs = 4;
    h.batch = 32;  // 180 rows: five batches and a smaller one
    return h;
}

/// Ends long before its epochs are over.
inline train::Hyperparameters impatient_training(double learning_rate) {
    train::Hyperparameters h = short_training();
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
