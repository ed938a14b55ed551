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
run(${CMAKE_COMMAND} -S "${SOURCE}" -B "${work}/build" "-DCMAKE_PREFIX_PATH=${work}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}"
  "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DCMAKE_CXX_FLAGS=${flags}" "-DREADME_PROGRAMS=${work}/readme")
run(${CMAKE_COMMAND} --build "${work}/build")
run("${work}/build/outsider")
run("${work}/prefix/bin/posthouse" --version)
file(REMOVE_RECURSE "${work}")
