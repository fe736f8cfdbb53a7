#pragma once

#include <string_view>

#include "exchange/onnx_writer.hpp"

// How each layer is written into a graph: the entries of the table in layer_formats.cpp.
namespace ensemble::exchange {

/// An operation of ONNX that takes every number by itself.
OnnxValue write_elementwise(OnnxWriter& writer, std::string_view operation,
                            const OnnxBuilder::Attributes& attributes = {});
OnnxValue write_gelu(OnnxWriter& writer);
OnnxValue write_silu(OnnxWriter& writer);

/// Of dropout, which does nothing in evaluation.
OnnxValue write_nothing(OnnxWriter& writer);

OnnxValue write_dense(OnnxWriter& writer);
OnnxValue write_columns(OnnxWriter& writer);
OnnxValue write_maxout(OnnxWriter& writer);
OnnxValue write_flatten(OnnxWriter& writer);
OnnxValue write_conv(OnnxWriter& writer);
OnnxValue write_maxpool(OnnxWriter& writer);
OnnxValue write_avgpool(OnnxWriter& writer);
OnnxValue write_conv1d(OnnxWriter& writer);
OnnxValue write_maxpool1d(OnnxWriter& writer);
OnnxValue write_avgpool1d(OnnxWriter& writer);

/// With running statistics.
OnnxValue write_batchnorm(OnnxWriter& writer);

/// rnn, lstm and gru, by the layer's name.
OnnxValue write_recurrent(OnnxWriter& writer);

OnnxValue write_skip(OnnxWriter& writer);
OnnxValue write_split(OnnxWriter& writer);

}  // namespace ensemble::exchange
