# How every target of this project is compiled. Users of the installed libraries inherit only the language level.
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # By itself ccache steps aside where a header is precompiled (ccache(1), "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${CCACHE_PROGRAM}")
endif()

# The linker is the time between a change and its test.
if(POSTHOUSE_FAST_LINKER)
  find_program(POSTHOUSE_LINKER NAMES mold ld.lld)
  if(POSTHOUSE_LINKER)
    cmake_path(GET POSTHOUSE_LINKER FILENAME linker)
    string(REPLACE "ld.lld" "lld" linker "${linker}")
    add_link_options(-fuse-ld=${linker})
  endif()
endif()

add_library(posthouse_build_options INTERFACE)
target_compile_features(posthouse_build_options INTERFACE cxx_std_20)
target_compile_options(posthouse_build_options INTERFACE -Wall -Wextra -Wconversion
  # Clang 15 and later tell what the algorithms of GCC 12's library use themselves.
  $<$<AND:$<CXX_COMPILER_ID:Clang>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,15>>:-Wno-deprecated-declarations>)
# GCC 12 suspects members of a std::variant that it does not hold, and std::string itself once its header is precompiled.
target_compile_options(posthouse_build_options INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-array-bounds -Wno-maybe-uninitialized
  -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread>)
# Sources that a unity build of a library or the binary puts together: at eight, CMake's own number, headers are read
# twice as often, and the binary takes a third longer.
set(posthouse_unity_batch 20)
if(CMAKE_UNITY_BUILD)
  # GCC takes a source that another one includes for a header, where an anonymous namespace would be a mistake.
  target_compile_options(posthouse_build_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
# A test is run about once for each time it is compiled. In release -O1 takes the compiler a third less time than -O2;
# with sanitizers (the module itself at -O1) -O0 takes four tenths less than -O1.
add_library(posthouse_test_options INTERFACE)
target_compile_options(posthouse_test_options INTERFACE $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
if(POSTHOUSE_WERROR)
  target_compile_options(posthouse_build_options INTERFACE -Werror)
endif()
if(POSTHOUSE_SANITIZE)
  add_compile_options(-fsanitize=${POSTHOUSE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${POSTHOUSE_SANITIZE})
endif()
if(POSTHOUSE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # the fuzzer is guided by what the libraries execute, too
endif()
