# The target `reference`: the API's reference by Doxygen, from the public headers and the tutorial, whose chapters link to the
# names they use. A comment that Doxygen does not understand is an error. Not a part of `all`.
get_property(POSTHOUSE_PUBLIC_HEADERS GLOBAL PROPERTY POSTHOUSE_PUBLIC_HEADERS)
list(JOIN POSTHOUSE_PUBLIC_HEADERS " " POSTHOUSE_PUBLIC_HEADERS)
configure_file(docs/Doxyfile.in "${CMAKE_BINARY_DIR}/docs/Doxyfile" @ONLY)
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/docs/reference")
find_program(DOXYGEN doxygen)
if(DOXYGEN)
  add_custom_target(reference
    COMMAND "${DOXYGEN}" "${CMAKE_BINARY_DIR}/docs/Doxyfile"
    COMMAND "${CMAKE_COMMAND}" -E echo "Open ${CMAKE_BINARY_DIR}/docs/reference/html/index.html"
    COMMENT "Writing the reference" VERBATIM USES_TERMINAL)
endif()
if(POSTHOUSE_TESTS)
  add_test(NAME docs.reference COMMAND sh -c
    "[ -x '${DOXYGEN}' ] || { echo 'skipped: doxygen is not installed'; exit 77; }; exec '${DOXYGEN}' docs/Doxyfile"
    WORKING_DIRECTORY "${CMAKE_BINARY_DIR}")
  set_tests_properties(docs.reference PROPERTIES SKIP_RETURN_CODE 77)
endif()
