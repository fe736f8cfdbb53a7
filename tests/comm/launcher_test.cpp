#include "comm/launcher.hpp"

#include <map>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(launcher_tests)

namespace {

using Variables = std::map<std::string, std::string>;

comm::Launch launch(const Variables& variables) {
    return comm::detect_launch([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

/// True if the message of the usage error holds all of `words`.
auto usage(std::initializer_list<std::string> words) {
    return [words = std::vector(words)](const core::Error& error) {
        bool all = error.kind() == core::Failure::usage;
        for (const std::string& word : words) all = all && std::string(error.what()).find(word) != std::string::npos;
        if (!all) BOOST_TEST_MESSAGE(error.what());
        return all;
    };
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_plain_start_is_one_process) {
    const comm::Launch plain = launch({});
    BOOST_TEST(!plain.is_one_of_several());
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(plain));
    BOOST_CHECK_NO_THROW(comm::refuse_lonely_world(plain, 1));
}

BOOST_AUTO_TEST_CASE(mpirun) {
    const comm::Launch eight =
        launch({{"OMPI_COMM_WORLD_SIZE", "8"}, {"OMPI_COMM_WORLD_RANK", "3"}, {"PMIX_RANK", "3"}});
    BOOST_TEST(eight.is_one_of_several());
    BOOST_TEST(eight.processes.value() == 8);
    BOOST_TEST(eight.index.value() == 3);
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(eight));
    BOOST_CHECK_NO_THROW(comm::refuse_lonely_world(eight, 8));
    BOOST_CHECK_EXCEPTION(comm::refuse_lonely_world(eight, 1), core::Error,
                          usage({"OMPI_COMM_WORLD_SIZE=8", "`mpirun`"}));
    BOOST_TEST(!launch({{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}, {"PMIX_RANK", "0"}})
                    .is_one_of_several());
}

BOOST_AUTO_TEST_CASE(an_mpirun_that_keeps_survivors_belongs_to_launch_run) {
    Variables variables{{"OMPI_COMM_WORLD_SIZE", "2"}, {"PMIX_RANK", "0"}, {"OMPI_MCA_orte_enable_recovery", "1"}};
    BOOST_TEST(!launch(variables).recovers);
    BOOST_CHECK_EXCEPTION(comm::refuse_before_start(launch(variables)), core::Error,
                          usage({"--enable-recovery", "launch/run"}));
    variables["ENSEMBLE_RECOVERY"] = "1";
    BOOST_TEST(launch(variables).recovers);
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(launch(variables)));
    variables["OMPI_MCA_orte_enable_recovery"] = "false";
    BOOST_TEST(!launch(variables).recovers);
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(launch(variables)));
}

BOOST_AUTO_TEST_CASE(srun_with_pmix) {
    const comm::Launch task = launch({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "2"}, {"PMIX_RANK", "2"}});
    BOOST_TEST(task.is_one_of_several());
    BOOST_TEST(task.index.value() == 2);
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(task));
    BOOST_CHECK_EXCEPTION(comm::refuse_lonely_world(task, 1), core::Error,
                          usage({"SLURM_STEP_NUM_TASKS=4", "srun --mpi=pmix"}));
}

BOOST_AUTO_TEST_CASE(srun_without_pmix_is_refused_before_mpi_starts) {
    const comm::Launch task = launch({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "2"}});
    BOOST_CHECK_EXCEPTION(comm::refuse_before_start(task), core::Error, usage({"4 tasks", "srun --mpi=pmix"}));
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(launch({{"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}})));
}

BOOST_AUTO_TEST_CASE(a_batch_script_is_no_task) {
    const comm::Launch script = launch({{"SLURM_NTASKS", "16"}, {"SLURM_NPROCS", "16"}, {"SLURM_PROCID", "0"}});
    BOOST_TEST(!script.is_one_of_several());
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(script));
}

BOOST_AUTO_TEST_CASE(mpirun_inside_a_slurm_job_is_mpirun) {
    const comm::Launch rank = launch({{"SLURM_STEP_NUM_TASKS", "2"},
                                      {"SLURM_PROCID", "1"},
                                      {"OMPI_COMM_WORLD_SIZE", "32"},
                                      {"OMPI_COMM_WORLD_RANK", "17"},
                                      {"PMIX_RANK", "17"}});
    BOOST_TEST(rank.launcher == "mpirun");
    BOOST_TEST(rank.index.value() == 17);
    BOOST_CHECK_NO_THROW(comm::refuse_before_start(rank));
}

BOOST_AUTO_TEST_CASE(another_mpi) {
    const comm::Launch process = launch({{"PMI_SIZE", "4"}, {"PMI_RANK", "1"}, {"MPI_LOCALNRANKS", "4"}});
    BOOST_TEST(process.is_one_of_several());
    BOOST_TEST(process.index.value() == 1);
    BOOST_CHECK_EXCEPTION(comm::refuse_lonely_world(process, 1), core::Error,
                          usage({"another MPI", "PMI_SIZE=4", "Open MPI"}));
    BOOST_CHECK_NO_THROW(comm::refuse_lonely_world(process, 4));
    const comm::Launch pmi2 = launch({{"PMI_SIZE", "4"}, {"PMI_RANK", "1"}, {"SLURM_STEP_NUM_TASKS", "4"}});
    BOOST_CHECK_EXCEPTION(comm::refuse_lonely_world(pmi2, 1), core::Error, usage({"srun --mpi=pmix"}));
}

BOOST_AUTO_TEST_CASE(an_unknown_pmix_launcher) {
    const comm::Launch second = launch({{"PMIX_RANK", "1"}});
    BOOST_TEST(second.is_one_of_several());
    BOOST_CHECK_EXCEPTION(comm::refuse_lonely_world(second, 1), core::Error, usage({"PMIX_RANK=1"}));
    BOOST_CHECK_NO_THROW(comm::refuse_lonely_world(launch({{"PMIX_RANK", "0"}}), 1));
}

BOOST_AUTO_TEST_CASE(values_that_are_no_numbers_say_nothing) {
    BOOST_TEST(!launch({{"PMI_SIZE", "many"}}).is_one_of_several());
    BOOST_TEST(!launch({{"OMPI_COMM_WORLD_SIZE", ""}}).is_one_of_several());
    BOOST_TEST(!launch({{"PMI_SIZE", "4x"}}).is_one_of_several());
}

BOOST_AUTO_TEST_SUITE_END()
