# posthouse_module(NAME SOURCES … HEADERS … [DEPENDS …] [PRIVATE_DEPENDS …] [TESTS …] [TEST_DEPENDS …] [TEST_SECONDS …])
#
# One library target posthouse::NAME out of posthouse/NAME/, its public headers installed under
# include/posthouse/NAME, and one test program NAME_test out of its *_test.cc files.
# DEPENDS are the modules and libraries its public headers need; PRIVATE_DEPENDS only its sources.
function(posthouse_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TEST_SECONDS" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS;TESTS;TEST_DEPENDS")
  set(target posthouse_${name})
  add_library(${target} ${arg_SOURCES})
  add_library(posthouse::${name} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target}
    PUBLIC ${arg_DEPENDS}
    PRIVATE ${arg_PRIVATE_DEPENDS} $<BUILD_INTERFACE:posthouse_build_options>)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} UNITY_BUILD_BATCH_SIZE ${posthouse_unity_batch})
  posthouse_precompile(${target} library)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${arg_HEADERS})

  posthouse_install_module(${name} "${arg_DEPENDS}" "${arg_PRIVATE_DEPENDS}")
  list(TRANSFORM arg_HEADERS PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/" OUTPUT_VARIABLE headers)
  set_property(GLOBAL APPEND PROPERTY POSTHOUSE_PUBLIC_HEADERS ${headers})
  # What the build knows of its modules, a line each, for the checks and the picture of the floor plan:
  # the name, then what it depends on, in the order of the build.
  set_property(GLOBAL APPEND_STRING PROPERTY POSTHOUSE_MODULE_GRAPH "${name} ${arg_DEPENDS} ${arg_PRIVATE_DEPENDS}\n")

  if(POSTHOUSE_HEADER_CHECK)
    set(units)
    foreach(header IN LISTS arg_HEADERS)
      string(MAKE_C_IDENTIFIER "${header}" unit)
      set(file "${CMAKE_CURRENT_BINARY_DIR}/header_check/${unit}.cc")
      file(CONFIGURE OUTPUT "${file}" CONTENT "#include \"posthouse/${name}/${header}\"\n#include \"posthouse/${name}/${header}\"\n")
      list(APPEND units "${file}")
    endforeach()
    add_library(${target}_header_check OBJECT ${units})
    target_link_libraries(${target}_header_check PRIVATE ${target} posthouse_build_options)
  endif()

  if(POSTHOUSE_TESTS AND arg_TESTS)
    posthouse_test_program(${name}_test unit.${name} TIMEOUT 300 SECONDS "${arg_TEST_SECONDS}" SOURCES ${arg_TESTS}
      LIBRARIES posthouse::${name} ${arg_TEST_DEPENDS} ${arg_PRIVATE_DEPENDS})
  endif()
endfunction()

# posthouse_install_module(NAME DEPENDS PRIVATE_DEPENDS): its headers and library, and what tells other projects how to use them:
# posthouse-NAME-targets.cmake with the target, posthouse-NAME.cmake with what it needs (read by posthouse-config.cmake), and
# posthouse-NAME.pc. Each module has its own, so that a program is asked for the libraries of the modules it uses only.
function(posthouse_install_module name depends private_depends)
  posthouse_package_of(${name} component)
  set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/posthouse)
  install(TARGETS posthouse_${name} EXPORT posthouse-${name}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${component}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT ${component})
  install(EXPORT posthouse-${name} NAMESPACE posthouse:: FILE posthouse-${name}-targets.cmake
    DESTINATION ${config_dir} COMPONENT ${component})

  set(modules)
  set(libraries)
  # A static library needs all of its dependencies at the user's link.
  set(used ${depends})
  if(NOT BUILD_SHARED_LIBS)
    list(APPEND used ${private_depends})
  endif()
  foreach(dependency IN LISTS depends private_depends)
    if(dependency MATCHES "^posthouse::(.*)$")
      get_property(below GLOBAL PROPERTY POSTHOUSE_MODULES_OF_${CMAKE_MATCH_1})
      list(APPEND modules ${below})
    endif()
  endforeach()
  foreach(dependency IN LISTS used)
    if(dependency MATCHES "^PkgConfig::(.*)$")
      list(APPEND libraries "${dependency}=${${CMAKE_MATCH_1}_MODULE_NAME}")
    elseif(NOT dependency MATCHES "^posthouse::|BUILD_INTERFACE")
      list(APPEND libraries "${dependency}")
    endif()
  endforeach()
  list(APPEND modules ${name})
  list(REMOVE_DUPLICATES modules)
  set_property(GLOBAL APPEND PROPERTY POSTHOUSE_MODULES ${name})
  set_property(GLOBAL PROPERTY POSTHOUSE_MODULES_OF_${name} "${modules}")
  set(file "${CMAKE_BINARY_DIR}/find_package/posthouse-${name}.cmake")
  file(CONFIGURE OUTPUT "${file}" CONTENT "# Each before those that need it.
set(posthouse_${name}_modules \"${modules}\")
set(posthouse_${name}_libraries \"${libraries}\")
")
  install(FILES "${file}" DESTINATION ${config_dir} COMPONENT ${component})
  posthouse_pkg_config(${name} ${component} ${depends} ${private_depends})
endfunction()

# posthouse_test_program(NAME TEST TIMEOUT … [SECONDS …] SOURCES … LIBRARIES …): the program NAME, built with GoogleTest, and
# the test TEST that runs it, whose label is the first word of its name ("unit.mime" has the label unit). Tests that take
# more SECONDS are begun earlier; under a sanitizer one of a minute or more is run in two halves, TEST.1 and TEST.2.
function(posthouse_test_program name test)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT;SECONDS" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main
    posthouse_build_options posthouse_test_options)
  posthouse_precompile(${name} test)
  add_dependencies(unit_tests ${name})
  string(REGEX MATCH "^[a-z]+" label ${test})
  set(tests ${test})
  set(environment)
  if(POSTHOUSE_SANITIZE)
    # Clang's ASan would keep the variables of fibers in memory of its own, where their stacks cannot be measured.
    math(EXPR arg_TIMEOUT "3 * ${arg_TIMEOUT}")
    list(APPEND environment "ASAN_OPTIONS=detect_stack_use_after_return=0")
    if("${arg_SECONDS}" GREATER_EQUAL 60)
      set(tests ${test}.1 ${test}.2)
    endif()
  endif()
  set(index 0)
  foreach(one IN LISTS tests)
    add_test(NAME ${one} COMMAND ${name})
    set_tests_properties(${one} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${label} COST "0${arg_SECONDS}")
    set(own ${environment})
    if(NOT one STREQUAL test)
      list(APPEND own GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=${index})
      math(EXPR index "${index} + 1")
    endif()
    set_property(TEST ${one} PROPERTY ENVIRONMENT "${own}")
  endforeach()
endfunction()

# posthouse_write_module_graph(): writes what posthouse_module() has gathered into modules.txt of the build folder.
function(posthouse_write_module_graph)
  get_property(graph GLOBAL PROPERTY POSTHOUSE_MODULE_GRAPH)
  string(REPLACE ";" " " graph "${graph}")
  file(WRITE "${CMAKE_BINARY_DIR}/modules.txt" "${graph}")
endfunction()
