# find_package(posthouse COMPONENTS net mime …) for those who build against the installed tree.
include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/posthouse)
get_property(POSTHOUSE_MODULES GLOBAL PROPERTY POSTHOUSE_MODULES)

configure_package_config_file(cmake/posthouse-config.cmake.in
  "${CMAKE_BINARY_DIR}/posthouse-config.cmake" INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file("${CMAKE_BINARY_DIR}/posthouse-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(EXPORT posthouse-targets NAMESPACE posthouse:: DESTINATION ${config_dir} COMPONENT development)
install(FILES cmake/FindUnbound.cmake "${CMAKE_BINARY_DIR}/posthouse-config.cmake" "${CMAKE_BINARY_DIR}/posthouse-config-version.cmake"
  DESTINATION ${config_dir} COMPONENT development)

install(FILES packaging/posthouse.service DESTINATION lib/systemd/system COMPONENT runtime)
# One unit a kind of listener, since FileDescriptorName= is one for all the sockets of a unit.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS packaging/listeners.txt)
file(STRINGS packaging/listeners.txt kinds REGEX "^[a-z]")
foreach(kind_port IN LISTS kinds)
  string(REPLACE " " ";" kind_port "${kind_port}")
  list(GET kind_port 0 kind)
  list(GET kind_port 1 port)
  configure_file(packaging/posthouse.socket.in "${CMAKE_BINARY_DIR}/packaging/posthouse-${kind}.socket" @ONLY)
  install(FILES "${CMAKE_BINARY_DIR}/packaging/posthouse-${kind}.socket" DESTINATION lib/systemd/system COMPONENT runtime)
endforeach()
install(FILES scripts/gdb_fibers.py DESTINATION ${CMAKE_INSTALL_DATADIR}/posthouse COMPONENT development)
install(FILES docs/man/posthouse.1 docs/man/posthouse-migrate.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT runtime)
install(FILES packaging/completion/posthouse.bash RENAME posthouse
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT runtime)
install(FILES packaging/completion/posthouse-migrate.bash RENAME posthouse-migrate
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT runtime)
install(FILES docs/posthouse.example.toml DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime OPTIONAL)
install(FILES packaging/fail2ban/posthouse.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}/fail2ban COMPONENT runtime)

# `cpack` in the build folder makes one .deb of the binary and one of the libraries.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME posthouse)
set(CPACK_PACKAGE_CONTACT "The Posthouse authors <posthouse@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Mail server and mail client in one binary")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_RESOURCE_FILE_LICENSE "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME posthouse)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libposthouse-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
file(STRINGS scripts/packages.txt libraries REGEX "^library ")
list(TRANSFORM libraries REPLACE "^library " "")
list(JOIN libraries ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
include(CPack)
