# add_mpi_tests(FOLDER SUITES … RANKS … [DEPENDS targets…] [LABELS …] [TIMEOUT seconds])
# Builds SUITE_test.cpp … of the calling folder into one program, test_mpi_FOLDER, that starts a comm::Session, and runs each
# suite at each number of ranks under mpirun as a CTest entry of its own: FOLDER.SUITE.np4. RANKS 0 stands for one process
# without mpirun, as FOLDER.SUITE.local. An entry is red if any rank fails; its lines begin with the rank.
# Where there is no mpirun the entries fail: they never pass by not running.
include_guard()

# What Open MPI needs on few cores, as root and in containers; one machine, so the loopback interface will do.
set(MPI_TEST_ENVIRONMENT
    OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_hwloc_base_binding_policy=none
    OMPI_MCA_mpi_yield_when_idle=1
    OMPI_MCA_btl_vader_single_copy_mechanism=none
    OMPI_MCA_btl=self,vader
    OMPI_MCA_oob_tcp_if_include=lo
    ASAN_OPTIONS=detect_leaks=0)  # Open MPI's own leaks; the entries without mpirun look for ours
execute_process(COMMAND id -u OUTPUT_VARIABLE mpi_test_user OUTPUT_STRIP_TRAILING_WHITESPACE)
if(mpi_test_user STREQUAL "0")
    list(APPEND MPI_TEST_ENVIRONMENT OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
endif()

if(MPIEXEC_EXECUTABLE)
    set(MPI_TEST_LAUNCHER ${MPIEXEC_EXECUTABLE})
else()
    set(MPI_TEST_LAUNCHER mpirun)
endif()

function(add_mpi_tests folder)
    cmake_parse_arguments(PARSE_ARGV 1 MPI "" "TIMEOUT" "SUITES;RANKS;DEPENDS;LABELS")
    if(NOT MPI_TIMEOUT)
        set(MPI_TIMEOUT 600)
    endif()
    list(TRANSFORM MPI_SUITES APPEND _test.cpp OUTPUT_VARIABLE sources)
    set(program test_mpi_${folder})
    add_test_program(${program} SOURCES ${PROJECT_SOURCE_DIR}/tests/distributed/main.cpp ${sources} LIBRARIES ensemble::comm ${MPI_DEPENDS})
    if(0 IN_LIST MPI_RANKS)
        add_dependencies(unit_tests ${program})
    endif()
    foreach(suite ${MPI_SUITES})
        foreach(ranks ${MPI_RANKS})
            if(ranks EQUAL 0)
                set(name ${folder}.${suite}.local)
                add_test(NAME ${name} COMMAND ${program} --run_test=${suite}_tests)
                set_tests_properties(${name} PROPERTIES TIMEOUT ${MPI_TIMEOUT} LABELS "unit;${MPI_LABELS}")
                continue()
            endif()
            set(name ${folder}.${suite}.np${ranks})
            add_test(NAME ${name} COMMAND ${MPI_TEST_LAUNCHER} --tag-output -np ${ranks} $<TARGET_FILE:${program}>
                                          --run_test=${suite}_tests)
            set_tests_properties(${name} PROPERTIES TIMEOUT ${MPI_TIMEOUT} LABELS "mpi;${MPI_LABELS}" PROCESSORS ${ranks}
                                                    ENVIRONMENT "${MPI_TEST_ENVIRONMENT}")
        endforeach()
    endforeach()
endfunction()
