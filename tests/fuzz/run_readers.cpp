#include <span>
#include <utility>

#include "config/configuration.hpp"
#include "config/options.hpp"
#include "fuzz/readers.hpp"
#include "model/network.hpp"
#include "store/envelope.hpp"
#include "store/example_summary.hpp"
#include "store/kept_state.hpp"
#include "store/member_file.hpp"
#include "store/summary.hpp"
#include "store/summary_reader.hpp"

namespace ensemble::fuzz {
namespace {

namespace fs = std::filesystem;

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

std::string_view text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes as_bytes(std::span<const std::byte> bytes) {
    Bytes made;
    for (const std::byte byte : bytes) made.push_back(std::to_integer<std::uint8_t>(byte));
    return made;
}

/// The payload of a member's file: its checksum is made anew, so that changes reach what is behind it.
std::vector<Bytes> payloads() {
    std::vector<Bytes> made;
    for (const std::uint32_t epoch : {1U, 4U}) {
        const std::vector<std::byte> file = store::pack_member(state_after(epoch), configuration);
        made.push_back(as_bytes(store::open(file, store::Payload::member, "seed")));
    }
    return made;
}

void read_payload(const Bytes& input, const fs::path&) {
    const std::vector<std::byte> file = store::seal(store::Payload::member, std::as_bytes(std::span(input)));
    static_cast<void>(store::unpack_member(file, configuration, "x.ckpt"));
}

void read_network(const Bytes& input, const fs::path&) {
    for (const core::Shape& shape : {core::Shape{6}, core::Shape{5, 4}, core::Shape{6, 5, 3}})
        static_cast<void>(model::Network(text_of(input), shape, 2));
}

}  // namespace

std::vector<Reader> run_readers() {
    const std::vector<std::string> toml_words{"=",     "[",  "]",       "\"",  "'''",  "\n",      "true",
                                              "1e999", "-1", "\\u0000", "net", "vary", "members", "lr",
                                              "[[",    "#",  "{",       "}",   "inf",  "nan"};
    const std::vector<std::string> json_words{"{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "1e999", "\\u"};
    const std::vector<std::string> layers{"dense(3)", "conv(4, 3)", "conv1d(4, 3)", "skip[",   "split[", "|",
                                          "]",        "repeat(2)",  "relu",         "maxpool", "lstm(",  "valid",
                                          ")",        "avgpool1d"};
    const std::vector<std::byte> member = store::pack_member(state_after(2), configuration);
    return {
        {"configuration",
         [](const Bytes& input, const fs::path&) {
             config::Options options;
             static_cast<void>(config::apply_configuration(options, text_of(input), "config.toml"));
         },
         {bytes_of(config::to_complete_toml({})), bytes_of("members = 3\nnet = [\"dense(3)\", \"relu\"]\nlr = 1e-3\n")},
         toml_words},
        {"network",
         read_network,
         {bytes_of("conv(4, 3) relu maxpool(2) skip[ conv(4, 3) ] flatten dense(5)"),
          bytes_of("repeat(2)[ dense(4) tanh ] split[ dense(2) | maxout(3, 2) ] # end"),
          bytes_of("conv1d(4, 3, 2, valid) batchnorm avgpool1d(2) lstm(3, sequence) gru(2)")},
         layers},
        {"member-file",
         [](const Bytes& input, const fs::path&) {
             static_cast<void>(store::unpack_member(std::as_bytes(std::span(input)), configuration, "x.ckpt"));
         },
         {as_bytes(member)}},
        {"member-payload", read_payload, payloads()},
        {"summary",
         [](const Bytes& input, const fs::path&) {
             static_cast<void>(store::summary_from_json(text_of(input), "summary.json"));
         },
         {bytes_of(store::to_json(testing::example())), bytes_of(store::to_json(testing::example_of_numbers()))},
         json_words}};
}

}  // namespace ensemble::fuzz
