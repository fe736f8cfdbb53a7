# What `cmake --install` puts where. The prefix may be moved afterwards: programs find the library and their configurations from
# where they are themselves.
file(RELATIVE_PATH library_from_programs ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH programs_from_launch ${CMAKE_INSTALL_FULL_DATADIR}/ensemble/launch ${CMAKE_INSTALL_FULL_BINDIR})
find_program(GZIP gzip REQUIRED)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/ensemble)
set(document_folder ${CMAKE_INSTALL_DATADIR}/doc/ensemble)

# What lies where it was linked is found again, as libraries of a site's modules.
if(NOT DEFINED CMAKE_INSTALL_RPATH_USE_LINK_PATH)
    set_target_properties(ensemble ${ENSEMBLE_PROGRAMS} PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
endif()
set_target_properties(${ENSEMBLE_PROGRAMS} PROPERTIES INSTALL_RPATH "\$ORIGIN/${library_from_programs}")

install(TARGETS ${ENSEMBLE_PROGRAMS})
install(TARGETS ensemble EXPORT ensembleTargets LIBRARY COMPONENT library NAMELINK_COMPONENT development)

# For find_package(ensemble). Headers of include/ensemble are there for all who use the library.
configure_file(include/ensemble/version.hpp.in generated/include/ensemble/version.hpp @ONLY)
target_include_directories(ensemble INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                              $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated/include>
                                              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(ensemble INTERFACE cxx_std_20)
install(DIRECTORY include/ensemble ${PROJECT_BINARY_DIR}/generated/include/ensemble DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT ensembleTargets NAMESPACE ensemble:: DESTINATION ${package_folder})
include(CMakePackageConfigHelpers)
configure_package_config_file(cmake/ensembleConfig.cmake.in generated/ensembleConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(generated/ensembleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/generated/ensembleConfig.cmake ${PROJECT_BINARY_DIR}/generated/ensembleConfigVersion.cmake
        DESTINATION ${package_folder})

# Configurations lie beside the programs of a build too.
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/launch/presets ${PROJECT_BINARY_DIR}/presets SYMBOLIC)
install(DIRECTORY launch/presets DESTINATION ${CMAKE_INSTALL_DATADIR}/ensemble FILES_MATCHING PATTERN "*.toml")

# The scripts that start ranks, and batch scripts to be copied. How they find the programs of an installation stands in a file
# that a source tree does not have.
file(WRITE ${PROJECT_BINARY_DIR}/generated/installed.sh
     "# Sourced by program.sh: where the programs are from here, and the launcher of the MPI library they were built with.\n"
     "# shellcheck shell=bash disable=SC2034\n"
     "programs_from_here=${programs_from_launch}\nmpirun_of_build=${MPIEXEC_EXECUTABLE}\n")
set(launch_folder ${CMAKE_INSTALL_DATADIR}/ensemble/launch)
install(PROGRAMS launch/run launch/fetch-data launch/slurm.sbatch launch/slurm-srun.sbatch launch/pbs.sh launch/lsf.sh launch/flux.sh
        DESTINATION ${launch_folder})
install(FILES ${PROJECT_BINARY_DIR}/generated/installed.sh launch/environment.sh launch/program.sh launch/options.sh launch/hostfile.sh
              launch/job.sh launch/recovery.sh launch/batch.sh launch/slurm.sh launch/mpijob.yaml launch/fetch-data.sha256
        DESTINATION ${launch_folder})
file(RELATIVE_PATH launch_from_programs ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/ensemble/launch)
foreach(script run fetch-data)
    file(CREATE_LINK ${launch_from_programs}/${script} ${PROJECT_BINARY_DIR}/generated/ensemble-${script} SYMBOLIC)
    install(FILES ${PROJECT_BINARY_DIR}/generated/ensemble-${script} TYPE BIN)
endforeach()

install(FILES README.md hostfile.example DESTINATION ${document_folder})
install(FILES launch/README.md DESTINATION ${document_folder} RENAME running.md)
install(FILES src/model/README.md DESTINATION ${document_folder} RENAME networks.md)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    include(cmake/debian.cmake)
else()
    install(FILES LICENSE DESTINATION ${document_folder})
endif()

# Manual pages and what shells complete are asked of the programs, which make them from their options.
if(ENSEMBLE_SANITIZE OR CMAKE_CROSSCOMPILING)
    install(FILES CHANGELOG.md DESTINATION ${document_folder})
    return()
endif()
set(man_folder ${PROJECT_BINARY_DIR}/share/man/man1)
set(bash_folder ${PROJECT_BINARY_DIR}/share/bash-completion/completions)
set(zsh_folder ${PROJECT_BINARY_DIR}/share/zsh/site-functions)
set(fish_folder ${PROJECT_BINARY_DIR}/share/fish/vendor_completions.d)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share/doc/ensemble ${man_folder} ${bash_folder} ${zsh_folder} ${fish_folder})
set(texts "")
foreach(program ${ENSEMBLE_PROGRAMS})
    set(made ${man_folder}/${program}.1 ${bash_folder}/${program} ${zsh_folder}/_${program} ${fish_folder}/${program}.fish)
    add_custom_command(OUTPUT ${made}
                       COMMAND ${program} --print-man > ${man_folder}/${program}.1
                       COMMAND ${program} --print-completion bash > ${bash_folder}/${program}
                       COMMAND ${program} --print-completion zsh > ${zsh_folder}/_${program}
                       COMMAND ${program} --print-completion fish > ${fish_folder}/${program}.fish
                       DEPENDS ${program} ensemble VERBATIM)
    list(APPEND texts ${made})
endforeach()
foreach(script run fetch-data)
    set(made ${man_folder}/ensemble-${script}.1)
    add_custom_command(OUTPUT ${made}
                       COMMAND ${CMAKE_COMMAND} -DSCRIPT=${PROJECT_SOURCE_DIR}/launch/${script} -DNAME=ensemble-${script}
                               -DVERSION=${PROJECT_VERSION} -DPAGE=${made} -P ${PROJECT_SOURCE_DIR}/cmake/script_page.cmake
                       DEPENDS launch/${script} launch/options.sh cmake/script_page.cmake VERBATIM)
    list(APPEND texts ${made})
endforeach()
# Installed as Debian wants them, packed and without a time in it.
foreach(page ${texts})
    if(page MATCHES "\\.1$")
        add_custom_command(OUTPUT ${page}.gz COMMAND ${GZIP} -9nkf ${page} DEPENDS ${page} VERBATIM)
        list(APPEND texts ${page}.gz)
    endif()
endforeach()
set(changelog ${PROJECT_BINARY_DIR}/share/doc/ensemble/changelog)
add_custom_command(OUTPUT ${changelog}.gz
                   COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${changelog}
                   COMMAND ${GZIP} -9nf ${changelog} DEPENDS CHANGELOG.md VERBATIM)
add_custom_target(manuals ALL DEPENDS ${texts} ${changelog}.gz)
install(DIRECTORY ${PROJECT_BINARY_DIR}/share/ DESTINATION ${CMAKE_INSTALL_DATADIR} PATTERN "*.1" EXCLUDE)
