#include "config/load_data.hpp"

#include <algorithm>
#include <cstdint>

#include "config/variation.hpp"
#include "core/error.hpp"
#include "data/block.hpp"
#include "model/network.hpp"

namespace ensemble::config {

data::SplitRequest split_request(const Options& options) {
    return {.test_fraction = options.test_fraction,
            .validation_fraction = options.validation_fraction,
            .train_limit = options.train_limit,
            .folds = options.folds,
            .stratify = options.stratify.value_or(true),
            .seed = options.seed};
}

bool augments(const Options& options) {
    for (std::uint32_t member = 0; member < distinct_members(options); ++member) {
        if (options_of_member(options, member).augmentation.any()) return true;
    }
    return false;
}

data::Request data_request(const Options& options) {
    return {.data = options.data,
            .test = options.test,
            .target = options.target,
            .header = options.header.value_or(data::Header::automatic),
            .ignore = options.ignore,
            .categorical = options.categorical,
            .use = options.use,
            .weight = options.weight,
            .group = options.group,
            .missing = options.missing,
            .test_target = options.test_target,
            .sequence = options.preprocessing.sequence_column,
            .task = options.task,
            .image_size = options.image_size,
            .seed = options.seed};
}

data::Source read_data(const Options& options) {
    if (!options.test.empty() && options.test_fraction) {
        core::fail(core::Failure::usage, "--test-fraction {}: has no effect beside --test, which brings all test rows",
                   *options.test_fraction);
    }
    const data::Request request = data_request(options);
    data::Source source = data::load(request);
    if (!options.ood.empty()) {
        source.foreign = data::load_foreign(options.ood, request, source.train);
        source.foreign_sha256 = data::fingerprint(*source.foreign, {});
    }
    return source;
}

data::Source prepare_data(const Options& options, const data::Source& source) {
    const data::Split split = data::split(source, split_request(options));
    data::Preprocessing preprocessing = options.preprocessing;
    preprocessing.images = !preprocessing.sequence && !source.train.description().ragged &&
                           (augments(options) || std::ranges::any_of(options.nets, &model::convolves));
    preprocessing.missing = options.missing.value_or(data::Missing::indicate);
    preprocessing.encodings.clear();
    for (std::uint32_t member = 0; member < distinct_members(options); ++member)
        preprocessing.encodings.insert(options_of_member(options, member).encoding);
    return data::preprocess(source, split.train, preprocessing);
}

data::Source load_data(const Options& options) {
    return prepare_data(options, read_data(options));
}

}  // namespace ensemble::config
