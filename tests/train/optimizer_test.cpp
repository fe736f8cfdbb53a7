#include "train/optimizer.hpp"

#include <array>
#include <cmath>
#include <span>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/precision.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(optimizer_tests)

using train::Hyperparameters;
using train::Optimizer;
using train::OptimizerKind;

namespace {

constexpr std::array all{OptimizerKind::sgd, OptimizerKind::momentum, OptimizerKind::adam, OptimizerKind::adamw,
                         OptimizerKind::rmsprop};
constexpr int steps = 25;
constexpr std::size_t size = 19;  // not a whole number of vector registers

double gradient(std::size_t i, int t) {
    return std::sin(1.7 * double(i) + 0.9 * t) * (i % 3 == 0 ? 0.01 : 1.0);
}

/// The published update rules for one parameter, in double precision.
double reference(const Hyperparameters& h, double w, std::size_t i, bool decays) {
    const double lambda = decays ? h.weight_decay : 0;
    double m = 0;
    double v = 0;
    for (int t = 1; t <= steps; ++t) {
        const double rate = h.learning_rate / t;
        double g = gradient(i, t);
        if (h.optimizer == OptimizerKind::adamw) {
            w -= rate * lambda * w;
        } else {
            g += lambda * w;
        }
        switch (h.optimizer) {
            case OptimizerKind::sgd:
                w -= rate * g;
                break;
            case OptimizerKind::momentum:
                m = h.momentum * m + g;
                w -= rate * m;
                break;
            case OptimizerKind::rmsprop:
                v = h.rho * v + (1 - h.rho) * g * g;
                w -= rate * g / (std::sqrt(v) + h.epsilon);
                break;
            case OptimizerKind::adam:
            case OptimizerKind::adamw:
                m = h.beta1 * m + (1 - h.beta1) * g;
                v = h.beta2 * v + (1 - h.beta2) * g * g;
                w -= rate * (m / (1 - std::pow(h.beta1, t))) / (std::sqrt(v / (1 - std::pow(h.beta2, t))) + h.epsilon);
                break;
        }
    }
    return w;
}

}  // namespace

BOOST_AUTO_TEST_CASE(follows_the_published_rules) {
    for (const OptimizerKind kind : all) {
        for (const auto decay : {Optimizer::Decay::no, Optimizer::Decay::yes}) {
            Hyperparameters h;
            h.optimizer = kind;
            h.learning_rate = 0.05;
            h.weight_decay = 0.1;
            h.epsilon = 1e-3;
            Optimizer optimizer(h);
            std::vector<float> w(size);
            for (std::size_t i = 0; i < size; ++i) w[i] = 1.0F + 0.1F * static_cast<float>(i);
            const auto start = w;
            std::vector<float> m(optimizer.has_first_moment() ? size : 0);
            std::vector<float> v(optimizer.has_second_moment() ? size : 0);
            for (int t = 1; t <= steps; ++t) {
                std::vector<float> g(size);
                for (std::size_t i = 0; i < size; ++i) g[i] = static_cast<float>(gradient(i, t));
                optimizer.begin_update(h.learning_rate / t, static_cast<std::uint64_t>(t));
                // In two stretches: elements do not see each other.
                const auto part = [](std::vector<float>& all_of, std::size_t from, std::size_t count) {
                    return all_of.empty() ? std::span<float>{} : std::span(all_of).subspan(from, count);
                };
                for (const auto& [from, count] : {std::pair<std::size_t, std::size_t>{0, 7}, {7, size - 7}}) {
                    optimizer.update(
                        {part(w, from, count), part(g, from, count), part(m, from, count), part(v, from, count)},
                        decay);
                }
            }
            for (std::size_t i = 0; i < size; ++i) {
                const double expected = reference(h, start[i], i, decay == Optimizer::Decay::yes);
                BOOST_TEST_REQUIRE(std::abs(w[i] - expected) < 2e-5, "optimizer " << int(kind) << ", element " << i
                                                                                  << ": " << w[i] << " instead of "
                                                                                  << expected);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(decay_rates_close_to_1_leave_something) {
    // The first step of Adam has the size of the learning rate, whatever the rates are.
    for (const double beta2 : {0.999, 0.999999, 0.99999999}) {
        Hyperparameters h;
        h.optimizer = OptimizerKind::adam;
        h.beta2 = beta2;
        Optimizer optimizer(h);
        std::vector<float> w{0};
        std::vector<float> g{3};
        std::vector<float> m(1);
        std::vector<float> v(1);
        optimizer.begin_update(0.01, 1);
        optimizer.update({w, g, m, v}, Optimizer::Decay::no);
        BOOST_TEST(w[0] == -0.01F, boost::test_tools::tolerance(1e-4F));
    }
}

BOOST_AUTO_TEST_CASE(finds_the_minimum_of_a_quadratic) {
    for (const OptimizerKind kind : all) {
        Hyperparameters h;
        h.optimizer = kind;
        Optimizer optimizer(h);
        std::vector<float> w{5.0F};
        std::vector<float> m(optimizer.has_first_moment() ? 1 : 0);
        std::vector<float> v(optimizer.has_second_moment() ? 1 : 0);
        for (int t = 1; t <= 4000; ++t) {
            const std::vector<float> g{2 * (w[0] - 3)};
            optimizer.begin_update(0.05 / std::sqrt(t), static_cast<std::uint64_t>(t));
            optimizer.update({w, g, m, v}, Optimizer::Decay::no);
        }
        BOOST_TEST(std::abs(w[0] - 3) < 0.02, "optimizer " << int(kind) << " stands at " << w[0]);
    }
}

BOOST_AUTO_TEST_CASE(decoupled_decay_is_not_rounded_away) {
    Hyperparameters h;
    h.optimizer = OptimizerKind::adamw;
    h.weight_decay = 2e-5;
    Optimizer optimizer(h);
    std::array<float, 1> w{1e-3F};
    std::array<float, 1> g{0.0F};
    std::array<float, 1> m{0.0F};
    std::array<float, 1> v{1.0F};
    const int updates = 1000;
    for (int t = 1; t <= updates; ++t) {
        optimizer.begin_update(1e-2, static_cast<std::uint64_t>(t));
        optimizer.update({.parameters = w, .gradients = g, .first_moment = m, .second_moment = v},
                         Optimizer::Decay::yes);
    }
    const double asked = 1e-3 * std::exp(-updates * 1e-2 * 2e-5);
    BOOST_TEST(std::abs(double(w[0]) - asked) < 0.3 * (1e-3 - asked));
}

BOOST_AUTO_TEST_CASE(a_copy_in_bf16_changes_no_bit_and_follows) {
    constexpr std::size_t many = 2500;  // more than is updated at a time
    for (const OptimizerKind kind : all) {
        Hyperparameters h;
        h.optimizer = kind;
        h.weight_decay = 0.1;
        Optimizer optimizer(h);
        std::vector<float> g(many);
        for (std::size_t i = 0; i < many; ++i) g[i] = static_cast<float>(gradient(i, 1));
        struct {
            std::vector<float> w = std::vector<float>(many, 0.7F);
            std::vector<float> m = std::vector<float>(many);
            std::vector<float> v = std::vector<float>(many);
        } with, without;
        std::vector<compute::Bfloat16> narrow(many);
        const auto update = [&](auto& state, std::span<compute::Bfloat16> copy) {
            compute::Stretch stretch{
                .parameters = state.w, .gradients = g, .first_moment = {}, .second_moment = {}, .narrow = copy};
            if (optimizer.has_first_moment()) stretch.first_moment = state.m;
            if (optimizer.has_second_moment()) stretch.second_moment = state.v;
            optimizer.update(stretch, Optimizer::Decay::yes);
        };
        for (std::uint64_t t = 1; t <= 3; ++t) {
            optimizer.begin_update(0.05, t);
            update(with, narrow);
            update(without, {});
            BOOST_TEST((with.w == without.w && with.m == without.m && with.v == without.v));
            for (std::size_t i = 0; i < many; ++i)
                BOOST_TEST_REQUIRE(narrow[i].bits == compute::narrowed(with.w[i]).bits);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
