# Precompiled headers: the standard library's, and for test programs GoogleTest's, which were three fifths of what a
# compiler did. Nothing of this project is in them, so no change of ours makes everything compile again. They hide a
# forgotten #include; POSTHOUSE_PCH=OFF shows it, and one of CI's builds is without.
option(POSTHOUSE_PCH "Compile the headers of the standard library and of GoogleTest once" ${PROJECT_IS_TOP_LEVEL})

set(posthouse_standard_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <deque> <filesystem> <fstream> <functional> <map> <memory> <mutex>
  <optional> <random> <set> <span> <sstream> <string> <string_view> <system_error> <thread> <tuple> <utility> <vector>)

# posthouse_precompile(TARGET library|program|test): TARGET is compiled with the precompiled headers of its kind. Kinds are
# apart because a compiler takes only what was precompiled with its own options: libraries are compiled with -fPIC,
# programs with -fPIE, test programs with the options of posthouse_test_options.
function(posthouse_precompile target kind)
  # A unity build of the house reads each header once for many sources as it is.
  if(NOT POSTHOUSE_PCH OR (CMAKE_UNITY_BUILD AND NOT kind STREQUAL "test"))
    return()
  endif()
  set(owner posthouse_${kind}_pch)
  if(NOT TARGET ${owner})
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/pch/${kind}.cc" CONTENT "")
    add_library(${owner} OBJECT "${PROJECT_BINARY_DIR}/pch/${kind}.cc")
    target_link_libraries(${owner} PRIVATE posthouse_build_options)
    target_precompile_headers(${owner} PRIVATE ${posthouse_standard_headers})
    if(NOT kind STREQUAL "library")
      set_target_properties(${owner} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${owner} PRIVATE ${CMAKE_CXX_COMPILE_OPTIONS_PIE})
    endif()
    if(kind STREQUAL "test")
      target_link_libraries(${owner} PRIVATE posthouse_test_options GTest::gmock)
      target_precompile_headers(${owner} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    endif()
    # So that ccache knows a precompiled header by what is in it.
    target_compile_options(${owner} PRIVATE $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
