# The package for Debian: cmake --preset package && cmake --build build-package --target package
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ensemble)
set(CPACK_PACKAGE_VENDOR "The maintainers of ensemble")
set(CPACK_PACKAGE_CONTACT ${ENSEMBLE_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "distributed ensembles of neural networks over MPI")
set(CPACK_PACKAGE_DESCRIPTION
    "Trains ensembles of neural networks on tables, images and sequences, alone or\n\
on many hosts by MPI, and shows with evidence what the ensemble gains over a\n\
single network. Results are the same bits on any number of ranks.")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# CPack would name the library once for each level, and call ldconfig instead of asking for it.
file(WRITE ${PROJECT_BINARY_DIR}/generated/debian/shlibs
     "libensemble ${PROJECT_VERSION_MAJOR} ensemble (>= ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})\n")
file(WRITE ${PROJECT_BINARY_DIR}/generated/debian/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/generated/debian/shlibs ${PROJECT_BINARY_DIR}/generated/debian/triggers)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openmpi-bin")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
