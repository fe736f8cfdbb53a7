#include "schedule/message.hpp"

#include <type_traits>

#include "core/contract.hpp"
#include "core/wire.hpp"

namespace ensemble::schedule {
namespace {

constexpr std::uint32_t message_magic = 0x454E5331;  // "ENS1"
constexpr std::uint16_t message_version = 11;
constexpr std::uint32_t member_limit = 1U << 22U;
constexpr std::uint64_t job_limit = std::uint64_t{1} << 40U;

struct Header {
    std::uint32_t magic = message_magic;
    std::uint16_t version = message_version;
    std::uint16_t kind = 0;
    std::uint64_t size = 0;  ///< of the content
};

// One list of fields serves writing and reading: `each` is called with every field in turn.

template <class L, class Each>
requires std::is_empty_v<std::remove_const_t<L>>
void fields(L&, Each&) {}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Progress>
void fields(L& message, Each& each) {
    each(message.member), each(message.epoch), each(message.fraction), each(message.loss), each(message.samples);
    each(message.saved);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, EpochDone>
void fields(L& message, Each& each) {
    auto& r = message.record;
    each(r.member), each(r.epoch), each(r.train_loss), each(r.validation_loss), each(r.validation_score);
    each(r.learning_rate), each(r.seconds), each(r.samples_per_s), each(r.gradient_norm), each(message.restored);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Finished>
void fields(L& message, Each& each) {
    auto& r = message.result;
    each(r.index), each(r.parameters), each(r.epochs), each(r.train_s), each(r.validation_loss);
    each(r.validation_score), each(r.validation), each(r.test), each(r.excluded);
    each(message.samples), each(message.busy_s), each(message.talk_s), each(message.predict_s);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Failed>
void fields(L& message, Each& each) {
    each(message.kind), each(message.message);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Assign>
void fields(L& message, Each& each) {
    each(message.unit.first), each(message.unit.count);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Analyse>
void fields(L& message, Each& each) {
    each(message.job), each(message.context);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Interrupted>
void fields(L& message, Each& each) {
    each(message.why);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Notice>
void fields(L& message, Each& each) {
    each(message.text);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Stop>
void fields(L& message, Each& each) {
    each(message.exit_code), each(message.ranks_lost);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Analysed>
void fields(L& message, Each& each) {
    each(message.job), each(message.result);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Suspend>
void fields(L& message, Each& each) {
    each(message.saves);
}

template <class L, class Each>
requires std::is_same_v<std::remove_const_t<L>, Threads>
void fields(L& message, Each& each) {
    each(message.count);
}

bool is_failure(core::Failure kind) {
    switch (kind) {
        case core::Failure::usage:
        case core::Failure::data:
        case core::Failure::run:
        case core::Failure::stopped:
            return true;
    }
    return false;
}

struct MakesSense {
    bool operator()(const Request&) const { return true; }
    bool operator()(const Progress& p) const {
        return p.member < member_limit && p.epoch > 0 && p.fraction >= 0 && p.fraction <= 1 && p.saved >= 0 &&
               p.saved <= 1;
    }
    bool operator()(const EpochDone& e) const { return e.record.member < member_limit && e.record.epoch > 0; }
    bool operator()(const Finished& f) const {
        return f.result.index < member_limit && f.busy_s >= 0 && f.talk_s >= 0 && f.predict_s >= 0;
    }
    bool operator()(const Failed& f) const { return is_failure(f.kind) && !f.message.empty(); }
    bool operator()(const Assign& a) const {
        return a.unit.count > 0 && a.unit.first < member_limit && a.unit.count <= member_limit - a.unit.first;
    }
    bool operator()(const Analyse& a) const { return a.job == no_job || a.job < job_limit; }
    bool operator()(const Stop& s) const {
        return s.exit_code == 0 || is_failure(static_cast<core::Failure>(s.exit_code));
    }
    bool operator()(const Interrupted& i) const { return !i.why.empty(); }
    bool operator()(const Suspend&) const { return true; }
    bool operator()(const Suspended&) const { return true; }
    bool operator()(const Notice& r) const { return !r.text.empty(); }
    bool operator()(const Analysed& a) const { return a.job < job_limit && !a.result.empty(); }
    bool operator()(const Threads& t) const { return t.count > 0; }
};

/// An empty message of the kind with that number.
template <std::size_t I = 0>
Message make(std::size_t kind) {
    if constexpr (I < std::variant_size_v<Message>) {
        return kind == I ? Message(std::in_place_index<I>) : make<I + 1>(kind);
    } else {
        core::refuse_message("it is of no known kind");
    }
}

}  // namespace

bool is_for_worker(const Message& message) {
    return std::holds_alternative<Assign>(message) || std::holds_alternative<Analyse>(message) ||
           std::holds_alternative<Suspend>(message) || std::holds_alternative<Threads>(message);
}

std::vector<std::byte> encode(const Message& message) {
    core::require(std::visit(MakesSense{}, message), "a message to another rank makes sense");
    core::WireWriter content;
    std::visit([&](const auto& held) { fields(held, content); }, message);
    core::WireWriter whole;
    const Header header{.kind = static_cast<std::uint16_t>(message.index()), .size = content.bytes.size()};
    whole.bytes.reserve(sizeof header + content.bytes.size());
    whole(header.magic), whole(header.version), whole(header.kind), whole(header.size);
    whole.append(content.bytes);
    return std::move(whole.bytes);
}

Message decode(std::span<const std::byte> bytes) {
    core::WireReader reader(bytes);
    Header header;
    reader(header.magic), reader(header.version), reader(header.kind), reader(header.size);
    if (header.magic != message_magic) core::refuse_message("it is not one of ours");
    if (header.version != message_version) core::refuse_message("it is of another version");
    constexpr std::size_t header_bytes = 16;
    if (header.size != bytes.size() - header_bytes) core::refuse_message("its size is wrong");
    Message message = make(header.kind);
    std::visit([&](auto& held) { fields(held, reader); }, message);
    if (!reader.at_end()) core::refuse_message("bytes are left over");
    if (!std::visit(MakesSense{}, message)) core::refuse_message("its content makes no sense");
    return message;
}

}  // namespace ensemble::schedule
