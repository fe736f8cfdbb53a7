# The package for Debian: cmake --preset package && cmake --build build-package --target package
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ensemble)
set(CPACK_PACKAGE_VENDOR "The maintainers of ensemble")
set(CPACK_PACKAGE_CONTACT "The maintainers of ensemble <maintainers@localhost>")
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
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openmpi-bin")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
