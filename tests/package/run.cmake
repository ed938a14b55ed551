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

find_program(pkg_config pkg-config REQUIRED)

# Where only what a component needs is installed: the libraries of the others are hidden.
execute_process(COMMAND ${pkg_config} --variable=pcfiledir libidn2 OUTPUT_VARIABLE pc_folder OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
file(COPY "${pc_folder}/libidn2.pc" DESTINATION "${work}/pc_of_idn2")
# ask_for(COMPONENTS STATUS TEXT HIDDEN…): find_package succeeds (STATUS 0) or says TEXT, without the packages HIDDEN.
function(ask_for components status text)
  list(TRANSFORM ARGN REPLACE "(.+)" "-DCMAKE_DISABLE_FIND_PACKAGE_\\1=ON" OUTPUT_VARIABLE hidden)
  list(JOIN components "_" name)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env "PKG_CONFIG_LIBDIR=${work}/pc_of_idn2"
    ${CMAKE_COMMAND} -G "${GENERATOR}" -S "${SOURCE}/components" -B "${work}/components_${name}" "-DCMAKE_PREFIX_PATH=${work}/prefix"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DWANTED=${components}" ${hidden}
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")
  string(FIND "${said}" "${text}" place)
  if((status EQUAL 0 AND NOT result EQUAL 0) OR (NOT status EQUAL 0 AND result EQUAL 0) OR place EQUAL -1)
    message(FATAL_ERROR "COMPONENTS ${components} without ${ARGN}: ${said}")
  endif()
  message(STATUS "COMPONENTS ${components} without ${ARGN}: as it should be")
endfunction()
ask_for(net 0 "" SQLite3 ICU hwy spdlog)
ask_for(mime 0 "" SQLite3 Boost Unbound spdlog)
ask_for("mime;smtp" 0 "" SQLite3 spdlog)
ask_for(sql 1 "posthouse::sql needs libmariadb")
ask_for(net 1 "posthouse::net needs Unbound::Unbound, which is not found (Debian: libunbound-dev)" Unbound)
ask_for("net;nonsense" 1 "posthouse has no component nonsense. Its components are: base fiber net")

# The same program without CMake.
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
