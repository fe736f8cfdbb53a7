# The library once more for each newer level of instruction sets, in lib/glibc-hwcaps/x86-64-vN: the loader takes the newest that
# the processor has, glibc 2.33 and later. The build itself is the oldest level. Each of them is a build of this project in
# a directory of its own, one after the other.
include(ExternalProject)
set(before ensemble)
foreach(level x86-64-v3 x86-64-v4)
    set(folder ${PROJECT_BINARY_DIR}/${level})
    set(settings -DENSEMBLE_ARCH:STRING=${level} -DENSEMBLE_TESTS:BOOL=OFF -DENSEMBLE_BENCH:BOOL=OFF -DENSEMBLE_HWCAPS:BOOL=OFF)
    foreach(name CMAKE_BUILD_TYPE CMAKE_CXX_COMPILER CMAKE_CXX_COMPILER_LAUNCHER CMAKE_CXX_FLAGS CMAKE_PREFIX_PATH
                 CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_RPATH_USE_LINK_PATH CMAKE_UNITY_BUILD CMAKE_UNITY_BUILD_BATCH_SIZE ENSEMBLE_D3
                 ENSEMBLE_WERROR)
        if(DEFINED ${name})
            list(APPEND settings -D${name}:STRING=${${name}})
        endif()
    endforeach()
    ExternalProject_Add(ensemble-${level}
        SOURCE_DIR ${PROJECT_SOURCE_DIR} BINARY_DIR ${folder} PREFIX ${folder}/steps CMAKE_CACHE_ARGS ${settings}
        BUILD_COMMAND ${CMAKE_COMMAND} --build ${folder} --target ensemble BUILD_ALWAYS ON
        INSTALL_COMMAND ${CMAKE_COMMAND} --install ${folder} --prefix ${folder}/installed --component library --strip
        DEPENDS ${before} USES_TERMINAL_BUILD ON)
    set(before ensemble-${level})
    set(library libensemble.so.${PROJECT_VERSION_MAJOR})
    install(FILES ${folder}/installed/${CMAKE_INSTALL_LIBDIR}/libensemble.so.${PROJECT_VERSION} RENAME ${library}
            DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/${level})
endforeach()
# For the oldest level the loader looks there too.
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/x86-64-v2)
file(CREATE_LINK ../../${library} ${PROJECT_BINARY_DIR}/generated/x86-64-v2/${library} SYMBOLIC)
install(FILES ${PROJECT_BINARY_DIR}/generated/x86-64-v2/${library} DESTINATION ${CMAKE_INSTALL_LIBDIR}/glibc-hwcaps/x86-64-v2)
