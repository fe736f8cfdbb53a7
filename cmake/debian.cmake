# The documents that every Debian package has.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH where that is set
configure_file(cmake/debian/copyright.in generated/debian/copyright @ONLY)
configure_file(cmake/debian/changelog.in generated/debian/changelog.Debian @ONLY)
execute_process(COMMAND ${GZIP} -9nf ${PROJECT_BINARY_DIR}/generated/debian/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${PROJECT_BINARY_DIR}/generated/debian/copyright ${PROJECT_BINARY_DIR}/generated/debian/changelog.Debian.gz
        DESTINATION ${document_folder})
