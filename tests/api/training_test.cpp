#include <pthread.h>

#include <csignal>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <ensemble/ensemble.hpp>

#include "api/small_run.hpp"
#include "comm/communicator.hpp"
#include "run/train_program.hpp"
#include "store/npy.hpp"

BOOST_AUTO_TEST_SUITE(training_tests)

using namespace ensemble;
using testing::small_options;
using testing::small_table;

namespace {

/// Trains as the program does, on a thread of its own.
void run_program(const std::vector<std::string>& own) {
    std::vector<std::string> words{"--members=3", "--epochs=2", "--net=dense(8) relu"};
    words.insert(words.end(), own.begin(), own.end());
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    int code = -1;
    std::jthread([&] {
        code = run::train_and_tell(comm::Communicator::local(), pointers, [](std::string_view) {});
    }).join();
    BOOST_REQUIRE(code == 0);
}

void check_same_run(const std::string& one, const std::string& other) {
    for (const char* name : {"predictions.npy", "members/0000.ckpt", "members/0002.ckpt", "uncertainty.npy"})
        BOOST_TEST(read(one + "/" + name) == read(other + "/" + name), name);
}

void write_bytes(const std::string& path, const std::vector<std::byte>& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

ErrorKind kind_of(const Options& options, const std::string& part) {
    try {
        static_cast<void>(Model::train(options, small_table()));
    } catch (const Error& error) {
        BOOST_TEST(std::string(error.what()).find(part) != std::string::npos, error.what());
        return error.kind();
    }
    BOOST_ERROR("it was trained");
    return ErrorKind::run;
}

}  // namespace

BOOST_AUTO_TEST_CASE(built_in_data_train_as_the_program_does) {
    const Scratch scratch;
    const std::string data = "moons:train=200,test=40";
    const Model model = Model::train(small_options().set("data", data).set("out", scratch / "ours"));
    run_program({"--data=" + data, "--out=" + scratch / "program"});
    check_same_run(scratch / "ours", scratch / "program");
    BOOST_TEST(model.task() == "classification");
    BOOST_TEST(model.members() == 3U);
    BOOST_TEST(model.class_names().size() == 2U);
    BOOST_TEST(model.columns().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_table_in_memory_is_trained_on_as_its_file_is) {
    const Scratch scratch;
    const TextTable table = small_table();
    testing::write_csv(table, scratch / "table.csv");
    const Model model = Model::train(small_options().set("out", scratch / "ours"), table);
    run_program({"--data=" + scratch / "table.csv", "--header=yes", "--out=" + scratch / "program"});
    check_same_run(scratch / "ours", scratch / "program");
    BOOST_TEST(model.class_names() == (std::vector<std::string>{"one", "other"}));
    BOOST_TEST(model.target_names() == std::vector<std::string>{"kind"});
    BOOST_TEST(model.columns() == (std::vector<std::string>{"length", "colour, outside", "width"}));
}

BOOST_AUTO_TEST_CASE(numbers_in_memory_are_trained_on_as_their_files_are) {
    const Scratch scratch;
    std::vector<float> rows;
    std::vector<std::int32_t> labels;
    std::vector<double> targets;
    for (std::size_t row = 0; row < 90; ++row) {
        rows.push_back(static_cast<float>(row * 31 % 47));
        rows.push_back(static_cast<float>(row * 17 % 29) / 7);
        labels.push_back(rows[2 * row] > 20 ? 4 : 2);
        targets.push_back(rows[2 * row] / 3.0);
        targets.push_back(rows[2 * row + 1] * 2.0);
    }
    write_bytes(scratch / "x.npy", store::to_npy(std::span<const float>(rows), 90, 2));
    write_bytes(scratch / "labels.npy", store::list_to_npy(labels));
    write_bytes(scratch / "targets.npy", store::to_npy(std::span<const double>(targets), 90, 2));
    const Matrix matrix(std::span<const float>(rows), 2);

    const Model classes = Model::train(small_options().set("out", scratch / "classes"), matrix, labels);
    run_program({"--data=" + scratch / "x.npy", "--target=" + scratch / "labels.npy", "--out=" + scratch / "c"});
    check_same_run(scratch / "classes", scratch / "c");
    BOOST_TEST(classes.class_names() == (std::vector<std::string>{"2", "4"}));

    const Model numbers = Model::train(small_options().set("out", scratch / "numbers"), matrix, targets);
    run_program({"--data=" + scratch / "x.npy", "--target=" + scratch / "targets.npy", "--out=" + scratch / "n"});
    check_same_run(scratch / "numbers", scratch / "n");
    BOOST_TEST(numbers.task() == "regression");
    BOOST_TEST(numbers.target_names().size() == 2U);

    // Doubles are taken as they are.
    const std::vector<double> doubles(rows.begin(), rows.end());
    static_cast<void>(Model::train(small_options().set("out", scratch / "doubles"),
                                   Matrix(std::span<const double>(doubles), 2), labels));
    BOOST_TEST(read(scratch / "doubles/predictions.npy") == read(scratch / "c/predictions.npy"));
}

BOOST_AUTO_TEST_CASE(two_may_train_at_a_time) {
    const Scratch scratch;
    static_cast<void>(Model::train(small_options().set("out", scratch / "alone"), small_table()));
    {
        const auto train = [&](const std::string& name) {
            static_cast<void>(Model::train(small_options().set("out", scratch / name), small_table()));
        };
        const std::jthread one([&] { train("one"); });
        const std::jthread other([&] { train("other"); });
    }
    check_same_run(scratch / "one", scratch / "alone");
    check_same_run(scratch / "other", scratch / "alone");
}

BOOST_AUTO_TEST_CASE(nothing_stays_where_no_directory_is_asked_for) {
    const Scratch scratch;
    const std::string before = std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR");
    ::setenv("TMPDIR", (scratch / "").c_str(), 1);
    std::string told;
    const Model model = Model::train(small_options().tell([&](std::string_view text) { told += text; }), small_table());
    before.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", before.c_str(), 1);
    BOOST_TEST(std::filesystem::is_empty(scratch / ""));
    BOOST_TEST(model.predict(small_table(5)).rows == 5U);
    BOOST_TEST(told.find("member 2") != std::string::npos, told);
    BOOST_TEST(told.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_callers_thread_is_as_it_was) {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    const Model model = Model::train(small_options(), small_table());
    static_cast<void>(model.predict(small_table(3)));
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (const int number : {SIGINT, SIGTERM, SIGUSR1, SIGALRM})
        BOOST_TEST(sigismember(&before, number) == sigismember(&after, number));
    volatile float smallest = 1e-38F;
    BOOST_TEST(smallest / 16 > 0);  // it still has denormal numbers
}

BOOST_AUTO_TEST_CASE(what_fails_says_what_is_wrong) {
    const Scratch scratch;
    BOOST_TEST((kind_of(small_options().set("member", 3), "did you mean 'members'?") == ErrorKind::usage));
    BOOST_TEST((kind_of(small_options().set("epochs", "few"), "--epochs: ") == ErrorKind::usage));
    BOOST_TEST((kind_of(small_options().set("log-gradients", "perhaps"), "true or false") == ErrorKind::usage));
    BOOST_TEST((kind_of(small_options().set("target", "none such"), "none such") == ErrorKind::usage));
    BOOST_TEST((kind_of(small_options().set("data", "moons"), "given in memory") == ErrorKind::usage));
    BOOST_TEST((kind_of(small_options().set("resume", true), "there is no option") == ErrorKind::usage));
    const std::string taken = scratch / "taken";
    static_cast<void>(Model::train(small_options().set("out", taken), small_table()));
    BOOST_TEST((kind_of(small_options().set("out", taken), "taken") == ErrorKind::usage));
    TextTable odd = small_table();
    odd.fields.pop_back();
    BOOST_CHECK_THROW(static_cast<void>(Model::train(small_options(), odd)), Error);
}

BOOST_AUTO_TEST_SUITE_END()
