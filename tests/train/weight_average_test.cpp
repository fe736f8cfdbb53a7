#include "train/weight_average.hpp"

#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/elementwise.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(weight_average_tests)

using train::AverageKind;
using train::Hyperparameters;
using train::WeightAverage;

namespace {

constexpr std::size_t size = 19;  // not a whole number of vector registers

float value(std::size_t i, std::uint64_t t) {
    return static_cast<float>(std::sin(1.7 * double(i) + 0.9 * double(t)) + 3);
}

std::vector<float> values(std::uint64_t t) {
    std::vector<float> w(size);
    for (std::size_t i = 0; i < size; ++i) w[i] = value(i, t);
    return w;
}

}  // namespace

BOOST_AUTO_TEST_CASE(swa_is_the_plain_mean_of_the_last_epochs) {
    Hyperparameters h;
    h.average = AverageKind::swa;
    h.epochs = 20;
    for (const auto& [start, first] : std::vector<std::pair<double, std::uint32_t>>{{0.75, 16}, {0.0, 1}, {0.99, 20}}) {
        h.average_start = start;
        BOOST_TEST(train::first_averaged_epoch(h) == first);
        const WeightAverage average(h);
        std::vector<float> mean(size, 0.0F);
        std::uint64_t taken = 0;
        for (std::uint32_t epoch = 1; epoch <= 20; ++epoch) {
            BOOST_TEST(!average.after_update(taken).has_value());
            const auto share = average.after_epoch(epoch, taken);
            BOOST_TEST(share.has_value() == (epoch >= first));
            if (!share) continue;
            compute::blend(values(epoch), *share, mean);
            ++taken;
        }
        BOOST_TEST(taken == 20 - first + 1);
        for (std::size_t i = 0; i < size; ++i) {
            double expected = 0;
            for (std::uint32_t epoch = first; epoch <= 20; ++epoch) expected += value(i, epoch) / double(taken);
            BOOST_TEST(std::abs(mean[i] - expected) < 2e-6);
        }
    }
}

BOOST_AUTO_TEST_CASE(ema_is_the_exponential_mean_without_its_start) {
    for (const double decay : {0.5, 0.9, 0.999}) {
        Hyperparameters h;
        h.average = AverageKind::ema;
        h.average_decay = decay;
        const WeightAverage average(h);
        std::vector<float> mean(size, 77.0F);
        double weight_of_all = 0;
        std::vector<double> sum(size, 0);
        for (std::uint64_t t = 1; t <= 50; ++t) {
            BOOST_TEST(!average.after_epoch(1, t).has_value());
            compute::blend(values(t), average.after_update(t - 1).value(), mean);
            weight_of_all = decay * weight_of_all + (1 - decay);
            for (std::size_t i = 0; i < size; ++i) {
                sum[i] = decay * sum[i] + (1 - decay) * double(value(i, t));
                BOOST_TEST(std::abs(mean[i] - sum[i] / weight_of_all) < 2e-5);
            }
            BOOST_TEST(std::abs(weight_of_all - (1 - std::pow(decay, double(t)))) < 1e-12);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_mean_of_what_stays_is_what_stays) {
    Hyperparameters h;
    h.average = AverageKind::ema;
    const WeightAverage average(h);
    std::vector<float> mean(size, 0.0F);
    for (std::uint64_t t = 0; t < 100; ++t) compute::blend(values(1), average.after_update(t).value(), mean);
    BOOST_TEST((mean == values(1)));
}

BOOST_AUTO_TEST_CASE(off_takes_nothing) {
    const WeightAverage average{Hyperparameters{}};
    BOOST_TEST(!average.after_update(0).has_value());
    BOOST_TEST(!average.after_epoch(20, 0).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
