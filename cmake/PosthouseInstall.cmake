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
