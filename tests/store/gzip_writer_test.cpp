#include "store/gzip_writer.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"
#include "data/file_bytes.hpp"
#include "store/file.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(gzip_writer_tests)

namespace {

std::string packed(const std::string& content, std::size_t piece) {
    std::string file;
    store::GzipWriter writer([&](std::span<const std::byte> bytes) {
        file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    for (std::size_t at = 0; at < content.size(); at += piece)
        writer.write(std::as_bytes(std::span(content).subspan(at, std::min(piece, content.size() - at))));
    writer.finish();
    return file;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_packed_is_read_back) {
    const ScratchDirectory scratch;
    std::string content;
    core::RandomStream stream({.seed = 1});
    for (int i = 0; i < 300'000; ++i) content += static_cast<char>('a' + static_cast<int>(stream.uniform() * 20));
    for (const std::string& each : {std::string(), std::string("one line\n"), content}) {
        const std::string file = packed(each, 1000);
        BOOST_TEST((file == packed(each, 1 << 20)));  // whatever the pieces, and the time
        const auto path = scratch.path() / "x.gz";
        store::write_file_atomically(path, std::string_view(file));
        std::string found(each.size() + 1, '?');
        auto bytes = data::FileBytes::stream(path);
        const std::size_t count = bytes.read(std::as_writable_bytes(std::span(found)));
        found.resize(count);
        BOOST_TEST((found == each));
    }
}

BOOST_AUTO_TEST_SUITE_END()
