#include "store/member_file.hpp"

#include <exception>
#include <sstream>
#include <streambuf>
#include <utility>

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/vector.hpp>

#include "core/error.hpp"
#include "store/envelope.hpp"
#include "store/file.hpp"

// Values only: no class information, no tracking of addresses.
BOOST_CLASS_IMPLEMENTATION(train::EpochRecord, boost::serialization::object_serializable)
BOOST_CLASS_TRACKING(train::EpochRecord, boost::serialization::track_never)
BOOST_CLASS_IMPLEMENTATION(train::MemberState, boost::serialization::object_serializable)
BOOST_CLASS_TRACKING(train::MemberState, boost::serialization::track_never)

namespace boost::serialization {

// Every field is bound by name, so that one that is added to a structure and forgotten here does not compile.
// Fields go one by one: padding never gets into the archive.

template <class Archive>
void serialize(Archive& archive, train::EpochRecord& record, unsigned /*version*/) {
    auto& [member, epoch, train_loss, validation_loss, validation_accuracy, learning_rate, seconds, rate,
           gradient_norm] = record;
    static_cast<void>(seconds);  // timings are no part of the state
    static_cast<void>(rate);
    archive& member& epoch& train_loss& validation_loss& validation_accuracy& learning_rate& gradient_norm;
}

template <class Archive>
void serialize(Archive& archive, train::MemberState& state, unsigned /*version*/) {
    auto& [member, pretrained, epoch, step, updates, loss_sum, parameters, first_moment, second_moment, statistics,
           average, average_statistics, averaged, gradient_norm, best_loss, best_epoch, best_parameters,
           best_statistics, train_seconds, finished, quarantine, history] = state;
    static_cast<void>(train_seconds);
    archive& member& pretrained& epoch& step& updates& loss_sum;
    archive& parameters& first_moment& second_moment& statistics;
    archive& average& average_statistics& averaged& gradient_norm;
    archive& best_loss& best_epoch& best_parameters& best_statistics;
    archive& finished& quarantine& history;
}

}  // namespace boost::serialization

namespace store {
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

struct Content {
    std::string configuration;
    train::MemberState state;
};

Content read_archive(std::span<const std::byte> payload, const std::string& name) {
    std::istringstream stream(std::string(reinterpret_cast<const char*>(payload.data()), payload.size()));
    Content content;
    try {
        boost::archive::binary_iarchive archive(stream, archive_flags);
        archive >> content.configuration >> content.state;
    } catch (const std::exception& error) {
        core::fail(core::Failure::data, "'{}' does not hold a member this program can read ({}); train the run again",
                   name, error.what());
    }
    if (stream.peek() != std::istringstream::traits_type::eof()) {
        core::fail(core::Failure::data, "'{}' holds more than a member; train the run again", name);
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
                                 const std::string& name) {
    Content content = read_archive(open(file, Payload::member, name), name);
    if (content.configuration != configuration) {
        core::fail(core::Failure::usage,
                   "'{}' belongs to a run with another configuration (its digest is {}, this run's is {}); give the "
                   "configuration it was trained with, or another directory",
                   name, content.configuration, configuration);
    }
    return std::move(content.state);
}

void save_member(const std::filesystem::path& path, const train::MemberState& state, const std::string& configuration) {
    write_file_atomically(path, pack_member(state, configuration));
}

train::MemberState load_member(const std::filesystem::path& path, const std::string& configuration) {
    return unpack_member(read_file(path), configuration, path.string());
}

}  // namespace store
