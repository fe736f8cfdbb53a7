#include "store/member_file.hpp"

#include <streambuf>
#include <utility>

#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/vector.hpp>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "store/archive_reader.hpp"
#include "store/envelope.hpp"
#include "store/file.hpp"

// Values only: no class information, no tracking of addresses.
BOOST_CLASS_IMPLEMENTATION(ensemble::train::EpochRecord, boost::serialization::object_serializable)
BOOST_CLASS_TRACKING(ensemble::train::EpochRecord, boost::serialization::track_never)
BOOST_CLASS_IMPLEMENTATION(ensemble::train::MemberState, boost::serialization::object_serializable)
BOOST_CLASS_TRACKING(ensemble::train::MemberState, boost::serialization::track_never)

// Here both kinds of archives look for them.
namespace ensemble::train {

// Every field is bound by name, so that one that is added to a structure and forgotten here does not compile.
// Fields go one by one: padding never gets into the archive.

template <class Archive>
void serialize(Archive& archive, EpochRecord& record, unsigned /*version*/) {
    auto& [member, epoch, train_loss, validation_loss, validation_score, learning_rate, seconds, rate, gradient_norm] =
        record;
    static_cast<void>(seconds);  // timings are no part of the state
    static_cast<void>(rate);
    const auto field = [&archive](const char* name, auto& value) {
        archive& boost::serialization::make_nvp(name, value);
    };
    field("member", member);
    field("epoch", epoch);
    field("train_loss", train_loss);
    field("validation_loss", validation_loss);
    field("validation_accuracy", validation_score);
    field("learning_rate", learning_rate);
    field("gradient_norm", gradient_norm);
}

template <class Archive>
void serialize(Archive& archive, MemberState& state, unsigned /*version*/) {
    auto& [member, pretrained, epoch, step, updates, loss_sum, parameters, first_moment, second_moment, statistics,
           average, average_statistics, averaged, gradient_norm, best_loss, best_epoch, best_parameters,
           best_statistics, train_seconds, finished, excluded, history] = state;
    static_cast<void>(train_seconds);
    const auto field = [&archive](const char* name, auto& value) {
        archive& boost::serialization::make_nvp(name, value);
    };
    field("member", member);
    field("pretrained", pretrained);
    field("epoch", epoch);
    field("step", step);
    field("updates", updates);
    field("loss_sum", loss_sum);
    field("parameters", parameters);
    field("first_moment", first_moment);
    field("second_moment", second_moment);
    field("statistics", statistics);
    field("average", average);
    field("average_statistics", average_statistics);
    field("averaged", averaged);
    field("gradient_norm", gradient_norm);
    field("best_loss", best_loss);
    field("best_epoch", best_epoch);
    field("best_parameters", best_parameters);
    field("best_statistics", best_statistics);
    field("finished", finished);
    field("excluded", excluded);
    field("history", history);
}

}  // namespace ensemble::train

namespace ensemble::store {
namespace {

/// The envelope has the version; the archive's own header would only tie files to a release of Boost.
constexpr unsigned archive_flags = boost::archive::no_header | boost::archive::no_codecvt;

/// Collects what is written to it at the end of a vector.
class Sink : public std::streambuf {
public:
    explicit Sink(std::vector<std::byte>& bytes) : bytes_(bytes) {}

protected:
    std::streamsize xsputn(const char* text, std::streamsize count) override {
        const auto* first = reinterpret_cast<const std::byte*>(text);
        bytes_.insert(bytes_.end(), first, first + count);
        return count;
    }
    int_type overflow(int_type letter) override {
        if (!traits_type::eq_int_type(letter, traits_type::eof())) bytes_.push_back(static_cast<std::byte>(letter));
        return traits_type::not_eof(letter);
    }

private:
    std::vector<std::byte>& bytes_;
};

/// Longer than every digest.
constexpr std::size_t longest_configuration = 100;

StoredMember read_archive(std::span<const std::byte> payload, const std::string& name) {
    ArchiveReader reader(payload);
    StoredMember content;
    try {
        reader& boost::serialization::make_nvp("configuration", content.configuration);
        serialize(reader, content.state, 0U);
    } catch (const core::Error& error) {
        core::fail(core::Failure::data, "'{}' does not hold a member this program can read: {}; train the run again",
                   name, error.what());
    }
    if (reader.bytes_left() > 0) {
        core::fail(core::Failure::data,
                   "'{}' holds more than a member: {} bytes after its history; train the run again", name,
                   reader.bytes_left());
    }
    if (content.configuration.size() > longest_configuration) {
        core::fail(core::Failure::data, "'{}' does not hold a member of this program: its configuration has {} bytes",
                   name, content.configuration.size());
    }
    return content;
}

}  // namespace

std::vector<std::byte> pack_member(const train::MemberState& state, const std::string& configuration) {
    std::vector<std::byte> file;
    draft_member(state, configuration, file);
    seal_member(file);
    return file;
}

void draft_member(const train::MemberState& state, const std::string& configuration, std::vector<std::byte>& draft) {
    draft.assign(envelope_head, std::byte{0});
    {
        Sink sink(draft);
        boost::archive::binary_oarchive archive(sink, archive_flags);
        archive << configuration << state;
    }
    draft.resize(draft.size() + envelope_tail);
}

void seal_member(std::span<std::byte> draft) {
    seal_in_place(Payload::member, draft);
}

train::MemberState unpack_member(std::span<const std::byte> file, const std::string& configuration,
                                 const std::string& name, const StateCheck& fault_of) {
    StoredMember content = read_archive(open(file, Payload::member, name), name);
    if (content.configuration != configuration) {
        core::fail(core::Failure::usage,
                   "'{}' belongs to a run with another configuration (its digest is {}, this run's is {}); give the "
                   "configuration it was trained with, or another directory",
                   name, content.configuration, configuration);
    }
    const std::string fault = fault_of ? fault_of(content.state) : "";
    if (!fault.empty()) {
        core::fail(core::Failure::data, "'{}' does not hold a state of this run: {}; train the run again", name, fault);
    }
    return std::move(content.state);
}

StoredMember read_member(const std::filesystem::path& path) {
    return read_archive(open(read_file(path), Payload::member, path.string()), path.string());
}

void save_member(const std::filesystem::path& path, const train::MemberState& state, const std::string& configuration) {
    write_file_atomically(path, pack_member(state, configuration));
}

train::MemberState load_member(const std::filesystem::path& path, const std::string& configuration,
                               const StateCheck& fault_of) {
    return unpack_member(read_file(path), configuration, path.string(), fault_of);
}

train::MemberState load_member_of(const std::filesystem::path& path, const std::string& sha256) {
    const std::vector<std::byte> file = read_file(path);
    if (core::hex(core::sha256(file)) != sha256) {
        core::fail(core::Failure::data,
                   "'{}' is not the member that the run ended with: it was changed or replaced; copy the run again, or "
                   "train it again",
                   path.string());
    }
    return std::move(read_archive(open(file, Payload::member, path.string()), path.string()).state);
}

}  // namespace ensemble::store
