#include "schedule/message.hpp"

#include <cstring>
#include <type_traits>

#include "core/contract.hpp"

namespace ensemble::schedule {
namespace {

constexpr std::uint32_t message_magic = 0x454E5331;  // "ENS1"
constexpr std::uint16_t message_version = 8;
constexpr std::uint32_t member_limit = 1U << 22U;
constexpr std::uint64_t most_combinations = 100;

struct Header {
    std::uint32_t magic = message_magic;
    std::uint16_t version = message_version;
    std::uint16_t kind = 0;
    std::uint64_t size = 0;  ///< of the content
};

[[noreturn]] void refuse(const char* why) {
    core::fail(core::Failure::run, "a message between ranks is damaged ({}); do all ranks run the same program?", why);
}

template <class T>
constexpr bool is_numbers =
    std::is_same_v<T, std::vector<double>> || std::is_same_v<T, std::vector<float>> ||
    std::is_same_v<T, std::vector<std::int32_t>> || std::is_same_v<T, std::vector<std::uint32_t>>;

class Writer {
public:
    template <class T>
    void operator()(const T& value) {
        if constexpr (std::is_same_v<T, std::string> || is_numbers<T>) {
            (*this)(std::uint64_t{value.size()});
            append(std::as_bytes(std::span(value)));
        } else {
            static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
            append(std::as_bytes(std::span(&value, 1)));
        }
    }
    std::vector<std::byte> bytes;

private:
    void append(std::span<const std::byte> more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
};

class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <class T>
    void operator()(T& value) {
        if constexpr (std::is_same_v<T, std::string>) {
            std::uint64_t size = 0;
            (*this)(size);
            const auto text = take(size);
            value.assign(reinterpret_cast<const char*>(text.data()), text.size());
        } else if constexpr (is_numbers<T>) {
            constexpr std::size_t each = sizeof(typename T::value_type);
            std::uint64_t size = 0;
            (*this)(size);
            if (size > rest_.size() / each) refuse("it ends early");
            value.resize(size);
            const auto numbers = take(size * each);
            if (!numbers.empty()) std::memcpy(value.data(), numbers.data(), numbers.size());
        } else {
            static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
            const auto bytes = take(sizeof(T));
            if (std::is_same_v<T, bool> && std::to_integer<int>(bytes[0]) > 1) refuse("a truth value is neither");
            std::memcpy(&value, bytes.data(), sizeof(T));
        }
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    std::span<const std::byte> take(std::uint64_t size) {
        if (size > rest_.size()) refuse("it ends early");
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    std::span<const std::byte> rest_;
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
    each(message.samples), each(message.busy_s), each(message.talk_s);
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
    each(message.first), each(message.rows), each(message.best), each(message.left_out);
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
    auto& r = message.results;
    std::uint64_t combinations = r.combined.size();
    each(message.first), each(r.rows), each(combinations);
    if constexpr (!std::is_const_v<L>) {
        if (combinations > most_combinations) refuse("it has more combinations than there are");
        r.combined.resize(combinations);
        r.combined_values.resize(combinations);
    }
    for (auto& combined : r.combined) each(combined.predictions), each(combined.chosen);
    for (auto& values : r.combined_values) each(values);
    each(r.votes), each(r.member_sums), each(r.best);
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
    bool operator()(const Finished& f) const { return f.result.index < member_limit && f.busy_s >= 0 && f.talk_s >= 0; }
    bool operator()(const Failed& f) const { return is_failure(f.kind) && !f.message.empty(); }
    bool operator()(const Assign& a) const {
        return a.unit.count > 0 && a.unit.first < member_limit && a.unit.count <= member_limit - a.unit.first;
    }
    bool operator()(const Analyse& a) const { return a.best < member_limit; }
    bool operator()(const Stop& s) const {
        return s.exit_code == 0 || is_failure(static_cast<core::Failure>(s.exit_code));
    }
    bool operator()(const Interrupted& i) const { return !i.why.empty(); }
    bool operator()(const Suspend&) const { return true; }
    bool operator()(const Suspended&) const { return true; }
    bool operator()(const Notice& r) const { return !r.text.empty(); }
    bool operator()(const Analysed& a) const {
        return a.results.rows > 0 && a.results.combined.size() == a.results.combined_values.size();
    }
    bool operator()(const Threads& t) const { return t.count > 0; }
};

/// An empty message of the kind with that number.
template <std::size_t I = 0>
Message make(std::size_t kind) {
    if constexpr (I < std::variant_size_v<Message>) {
        return kind == I ? Message(std::in_place_index<I>) : make<I + 1>(kind);
    } else {
        refuse("it is of no known kind");
    }
}

}  // namespace

bool is_for_worker(const Message& message) {
    return std::holds_alternative<Assign>(message) || std::holds_alternative<Analyse>(message) ||
           std::holds_alternative<Suspend>(message) || std::holds_alternative<Threads>(message);
}

std::vector<std::byte> encode(const Message& message) {
    core::require(std::visit(MakesSense{}, message), "a message to another rank makes sense");
    Writer content;
    std::visit([&](const auto& held) { fields(held, content); }, message);
    Writer whole;
    const Header header{.kind = static_cast<std::uint16_t>(message.index()), .size = content.bytes.size()};
    whole.bytes.reserve(sizeof header + content.bytes.size());
    whole(header.magic), whole(header.version), whole(header.kind), whole(header.size);
    whole.bytes.insert(whole.bytes.end(), content.bytes.begin(), content.bytes.end());
    return std::move(whole.bytes);
}

Message decode(std::span<const std::byte> bytes) {
    Reader reader(bytes);
    Header header;
    reader(header.magic), reader(header.version), reader(header.kind), reader(header.size);
    if (header.magic != message_magic) refuse("it is not one of ours");
    if (header.version != message_version) refuse("it is of another version");
    constexpr std::size_t header_bytes = 16;
    if (header.size != bytes.size() - header_bytes) refuse("its size is wrong");
    Message message = make(header.kind);
    std::visit([&](auto& held) { fields(held, reader); }, message);
    if (!reader.at_end()) refuse("bytes are left over");
    if (!std::visit(MakesSense{}, message)) refuse("its content makes no sense");
    return message;
}

}  // namespace ensemble::schedule
