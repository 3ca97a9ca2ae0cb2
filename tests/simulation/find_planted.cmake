# SPDX-License-Identifier: MIT
# Builds the simulator with a planted bug, and fails unless it finds the bug and prints a replay
# that finds it again.
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --target ${TARGET}
                RESULT_VARIABLE built OUTPUT_VARIABLE log ERROR_VARIABLE log)
if(NOT built EQUAL 0)
    message(FATAL_ERROR "could not be built:\n${log}")
endif()
execute_process(COMMAND ${PROGRAM} --seeds 1-300 --steps 10000
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
message("${output}${error}")
if(NOT output MATCHES "replay: simulate (--seeds [0-9]+-[0-9]+ --steps [0-9]+)")
    message(FATAL_ERROR "not found, or found without a replay (exit code ${result})")
endif()
separate_arguments(arguments UNIX_COMMAND "${CMAKE_MATCH_1}")
execute_process(COMMAND ${PROGRAM} ${arguments} OUTPUT_VARIABLE again ERROR_VARIABLE error)
if(NOT again STREQUAL output)
    message(FATAL_ERROR "the replay tells something else:\n${again}")
endif()
