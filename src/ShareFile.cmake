# Writes what `PROGRAM completion WORD` prints to FILE.
get_filename_component(folder ${FILE} DIRECTORY)
file(MAKE_DIRECTORY ${folder})
execute_process(COMMAND ${PROGRAM} completion ${WORD} OUTPUT_FILE ${FILE} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} completion ${WORD}: ${result}")
endif()
