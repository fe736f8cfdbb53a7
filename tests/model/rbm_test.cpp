#include "model/rbm.hpp"

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(rbm_tests)

using model::DivergenceStep;
using model::Rbm;

namespace {

using Matrix = std::vector<std::vector<double>>;

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

core::RandomStream stream(std::uint32_t step) {
    return core::RandomStream({.seed = 5, .purpose = core::Purpose::pretrain, .step = step});
}

/// Contrastive divergence word for word, in double precision and loops.
struct Reference {
    Matrix w;  ///< [visible][hidden]
    std::vector<double> b;
    std::vector<double> c;
    Matrix w_change;
    std::vector<double> b_change;
    std::vector<double> c_change;

    Reference(std::size_t visible, std::size_t hidden)
        : w(visible, std::vector<double>(hidden)),
          b(visible),
          c(hidden),
          w_change(w),
          b_change(visible),
          c_change(hidden) {}

    [[nodiscard]] std::vector<double> up(const std::vector<double>& v) const {
        std::vector<double> h = c;
        for (std::size_t j = 0; j < h.size(); ++j) {
            for (std::size_t i = 0; i < v.size(); ++i) h[j] += v[i] * w[i][j];
            h[j] = sigmoid(h[j]);
        }
        return h;
    }

    [[nodiscard]] std::vector<double> down(const std::vector<double>& h) const {
        std::vector<double> v = b;
        for (std::size_t i = 0; i < v.size(); ++i) {
            for (std::size_t j = 0; j < h.size(); ++j) v[i] += h[j] * w[i][j];
            v[i] = sigmoid(v[i]);
        }
        return v;
    }

    /// `capacity`: rows that the machine draws numbers for. Returns the summed error of the reconstruction.
    double learn(const Matrix& data, const DivergenceStep& step, core::RandomStream random, std::size_t capacity) {
        const std::size_t stride = core::row_stride(c.size());
        Matrix w_gradient(w.size(), std::vector<double>(c.size(), 0));
        std::vector<double> b_gradient(b.size(), 0);
        std::vector<double> c_gradient(c.size(), 0);
        double error = 0;
        Matrix reconstruction(data.size());
        Matrix first(data.size());
        Matrix last(data.size());
        for (std::size_t n = 0; n < data.size(); ++n) last[n] = first[n] = up(data[n]);
        for (std::size_t k = 0; k < step.gibbs_steps; ++k) {
            std::vector<std::uint32_t> words(capacity * stride);
            random.fill(words);
            for (std::size_t n = 0; n < data.size(); ++n) {
                std::vector<double> sample(c.size());
                for (std::size_t j = 0; j < c.size(); ++j) {
                    sample[j] = (words[n * stride + j] >> 8U) * 0x1p-24 < last[n][j] ? 1 : 0;
                }
                reconstruction[n] = down(sample);
                last[n] = up(reconstruction[n]);
            }
        }
        const double share = 1.0 / double(data.size());
        for (std::size_t n = 0; n < data.size(); ++n) {
            for (std::size_t i = 0; i < b.size(); ++i) {
                const double difference = data[n][i] - reconstruction[n][i];
                error += difference * difference / double(b.size());
                b_gradient[i] += share * difference;
                for (std::size_t j = 0; j < c.size(); ++j) {
                    w_gradient[i][j] += share * (data[n][i] * first[n][j] - reconstruction[n][i] * last[n][j]);
                }
            }
            for (std::size_t j = 0; j < c.size(); ++j) c_gradient[j] += share * (first[n][j] - last[n][j]);
        }
        const auto change = [&](double& value, double& delta, double gradient, double decay) {
            delta = step.momentum * delta + step.learning_rate * (gradient - decay * value);
            value += delta;
        };
        for (std::size_t i = 0; i < b.size(); ++i) {
            change(b[i], b_change[i], b_gradient[i], 0);
            for (std::size_t j = 0; j < c.size(); ++j) {
                change(w[i][j], w_change[i][j], w_gradient[i][j], step.weight_decay);
            }
        }
        for (std::size_t j = 0; j < c.size(); ++j) change(c[j], c_change[j], c_gradient[j], 0);
        return error;
    }
};

/// The same start for both: numbers of size one.
void begin(Rbm& machine, Reference& reference) {
    const std::size_t stride = core::row_stride(reference.c.size());
    for (std::size_t i = 0; i < reference.b.size(); ++i) {
        for (std::size_t j = 0; j < reference.c.size(); ++j) {
            machine.weights()[i * stride + j] = static_cast<float>(std::sin(1.0 + double(3 * i + 7 * j)));
            reference.w[i][j] = machine.weights()[i * stride + j];
        }
        machine.visible_bias()[i] = static_cast<float>(std::cos(double(i)) * 0.5);
        reference.b[i] = machine.visible_bias()[i];
    }
    for (std::size_t j = 0; j < reference.c.size(); ++j) {
        machine.hidden_bias()[j] = static_cast<float>(std::sin(double(2 * j)) * 0.5);
        reference.c[j] = machine.hidden_bias()[j];
    }
}

void give(Rbm& machine, const Matrix& data) {
    for (std::size_t n = 0; n < data.size(); ++n) {
        for (std::size_t i = 0; i < data[n].size(); ++i) machine.visible()[n][i] = static_cast<float>(data[n][i]);
    }
}

Matrix some_rows(std::size_t rows, std::size_t width, std::uint32_t number) {
    core::RandomStream random = stream(1000 + number);
    Matrix data(rows, std::vector<double>(width));
    for (auto& row : data) {
        for (double& value : row) value = static_cast<float>(random.uniform());
    }
    return data;
}

void check_against_reference(std::size_t capacity, std::size_t rows, const DivergenceStep& step) {
    constexpr std::size_t visible = 5;
    constexpr std::size_t hidden = 3;
    Rbm machine(capacity, visible, hidden);
    Reference reference(visible, hidden);
    begin(machine, reference);
    give(machine, some_rows(capacity, visible, 99));  // what stands behind a short batch must not matter
    for (std::uint32_t number = 0; number < 4; ++number) {
        const Matrix data = some_rows(rows, visible, number);
        give(machine, data);
        core::RandomStream random = stream(number);
        const double error = machine.learn(rows, step, random);
        BOOST_TEST(std::abs(error - reference.learn(data, step, stream(number), capacity)) < 1e-5);
    }
    const std::size_t stride = core::row_stride(hidden);
    for (std::size_t i = 0; i < visible; ++i) {
        for (std::size_t j = 0; j < stride; ++j) {
            const double expected = j < hidden ? reference.w[i][j] : 0.0;
            BOOST_TEST(std::abs(machine.weights()[i * stride + j] - expected) < 5e-6);
        }
        BOOST_TEST(std::abs(machine.visible_bias()[i] - reference.b[i]) < 5e-6);
    }
    for (std::size_t j = 0; j < hidden; ++j) BOOST_TEST(std::abs(machine.hidden_bias()[j] - reference.c[j]) < 5e-6);
}

/// −ln Σ_h e^(b·v + c·h + v·W·h), in closed form.
double free_energy(Rbm& machine, const std::vector<double>& v) {
    const std::size_t hidden = machine.hidden_bias().size();
    const std::size_t stride = core::row_stride(hidden);
    double energy = 0;
    for (std::size_t i = 0; i < v.size(); ++i) energy -= v[i] * double(machine.visible_bias()[i]);
    for (std::size_t j = 0; j < hidden; ++j) {
        double x = machine.hidden_bias()[j];
        for (std::size_t i = 0; i < v.size(); ++i) x += v[i] * double(machine.weights()[i * stride + j]);
        energy -= std::log1p(std::exp(x));
    }
    return energy;
}

double mean_free_energy(Rbm& machine, const Matrix& data) {
    double sum = 0;
    for (const auto& row : data) sum += free_energy(machine, row) / double(data.size());
    return sum;
}

/// Pictures of 3×3 with one to two full columns: six of the 512 there are.
Matrix bars() {
    Matrix data;
    for (unsigned columns = 1; columns < 7; ++columns) {
        std::vector<double> picture(9);
        for (std::size_t i = 0; i < 9; ++i) picture[i] = (columns >> (i % 3)) & 1U;
        data.push_back(picture);
    }
    return data;
}

Matrix all_pictures() {
    Matrix data;
    for (unsigned bits = 0; bits < 512; ++bits) {
        std::vector<double> picture(9);
        for (std::size_t i = 0; i < 9; ++i) picture[i] = (bits >> i) & 1U;
        data.push_back(picture);
    }
    return data;
}

/// Mean of ln p(v) over the bars; the sum over all 512 pictures makes p exact.
double log_likelihood(Rbm& machine) {
    double partition = 0;
    for (const auto& picture : all_pictures()) partition += std::exp(-free_energy(machine, picture));
    return -mean_free_energy(machine, bars()) - std::log(partition);
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_step_of_cd_1_is_the_plain_gradient) {
    check_against_reference(4, 4, {.learning_rate = 1, .momentum = 0, .weight_decay = 0});
}

BOOST_AUTO_TEST_CASE(momentum_decay_and_more_steps_follow_the_recipe) {
    check_against_reference(4, 4, {.learning_rate = 0.5, .momentum = 0.7, .weight_decay = 0.02});
    check_against_reference(4, 4, {.learning_rate = 0.5, .momentum = 0.7, .weight_decay = 0.02, .gibbs_steps = 3});
}

BOOST_AUTO_TEST_CASE(a_short_batch_is_a_batch_of_its_own) {
    check_against_reference(9, 4, {.learning_rate = 0.5, .momentum = 0.7, .weight_decay = 0.02, .gibbs_steps = 2});
}

BOOST_AUTO_TEST_CASE(a_machine_learns_what_its_data_look_like) {
    Rbm machine(6, 9, 12);
    core::RandomStream random = stream(7);
    for (float& weight : machine.weights()) weight = static_cast<float>(0.01 * random.normal());
    const double chance = -std::log(512.0);
    BOOST_TEST(std::abs(log_likelihood(machine) - chance) < 0.1);
    BOOST_TEST(std::abs(mean_free_energy(machine, all_pictures()) - mean_free_energy(machine, bars())) < 0.1);
    give(machine, bars());
    double first_error = 0;
    double error = 0;
    constexpr std::uint32_t steps = 3000;
    for (std::uint32_t number = 0; number < steps; ++number) {
        core::RandomStream draws = stream(number);
        error = machine.learn(6, {.learning_rate = 0.1, .momentum = 0.5, .gibbs_steps = 5}, draws) / 6;
        if (number == 0) first_error = error;
    }
    BOOST_TEST(first_error > 0.2);  // of a coin: 0.25
    BOOST_TEST(error < first_error / 10);
    // The six pictures had 6/512 of the probability and have most of it: at best −ln 6 = −1.79 each.
    BOOST_TEST(log_likelihood(machine) > -2.3);
    BOOST_TEST(log_likelihood(machine) < -std::log(6.0));
    BOOST_TEST(mean_free_energy(machine, bars()) < mean_free_energy(machine, all_pictures()) - 4);
}

BOOST_AUTO_TEST_CASE(the_same_draws_give_the_same_bits) {
    std::vector<std::vector<float>> results;
    for (const std::uint32_t draws : {3U, 3U, 4U}) {
        Rbm machine(6, 9, 12);
        machine.weights()[0] = 1;
        give(machine, bars());
        core::RandomStream random = stream(draws);
        for (int i = 0; i < 3; ++i) machine.learn(6, {}, random);
        results.emplace_back(machine.weights().begin(), machine.weights().end());
    }
    BOOST_TEST((results[0] == results[1]));
    BOOST_TEST((results[0] != results[2]));
}

BOOST_AUTO_TEST_SUITE_END()
