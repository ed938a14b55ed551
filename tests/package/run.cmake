# Installs the build tree into a folder of its own, then builds tiny outside projects against it as a user would: one of
# its own, which is run, and every program of the READMEs.
set(work "${BUILD}/package-test")
file(REMOVE_RECURSE "${work}")
function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} "-DREADME=${SOURCE}/../../README.md" "-DTRANSLATION=${SOURCE}/../../README.zh-CN.md" "-DOUT=${work}/readme"
  -P "${SOURCE}/extract_readme.cmake")
run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${work}/prefix")
run(${CMAKE_COMMAND} -G "${GENERATOR}" -S "${SOURCE}" -B "${work}/build" "-DCMAKE_PREFIX_PATH=${work}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}"
  "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DCMAKE_CXX_FLAGS=${flags}" "-DREADME_PROGRAMS=${work}/readme")
run(${CMAKE_COMMAND} --build "${work}/build")
run("${work}/build/outsider")

# The same program without CMake.
find_program(pkg_config pkg-config REQUIRED)
file(GLOB_RECURSE pc_file "${work}/prefix/*/posthouse-net.pc")
cmake_path(GET pc_file PARENT_PATH pc_folder)
# libraries(VARIABLE MODULE…): what a program of these modules is compiled and linked with.
function(libraries variable)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env "PKG_CONFIG_PATH=${pc_folder}" ${pkg_config} --cflags --libs ${ARGN}
    OUTPUT_VARIABLE needed COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(needed UNIX_COMMAND "${needed} ${flags}")
  set(${variable} "${needed}" PARENT_SCOPE)
endfunction()
libraries(needed posthouse-smtp posthouse-pop3 posthouse-mime posthouse-orm)
run(${CXX} -std=c++20 "${SOURCE}/outsider.cc" -o "${work}/plain_outsider" ${needed})
run("${work}/plain_outsider")

# Who only wants a database gets no network.
libraries(needed posthouse-sql posthouse-fiber)
if(needed MATCHES "posthouse_net|unbound|-lssl")
  message(FATAL_ERROR "a program with posthouse::sql alone is linked with ${needed}")
endif()
run(${CXX} -std=c++20 "${SOURCE}/rows.cc" -o "${work}/rows" ${needed})
run("${work}/rows")
run("${work}/prefix/bin/posthouse" --version)
file(REMOVE_RECURSE "${work}")
