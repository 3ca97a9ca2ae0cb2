# SPDX-License-Identifier: MIT
#
# Verifies queue/inbox.pml with spin, and that it finds each bug planted in it.
#
# usage: cmake -DSPIN=spin -DCC=g++ -DMODEL=inbox.pml -DFOLDER=scratch -P check_model.cmake
file(MAKE_DIRECTORY "${FOLDER}")

function(run)
    execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${FOLDER}" OUTPUT_VARIABLE output
                    ERROR_VARIABLE output RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${ARGN} failed (${status}):\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

foreach(planted 0 1 2 3)
    run("${SPIN}" -DPLANTED=${planted} -a "${MODEL}")
    run("${CC}" -x c -O2 -w -DSAFETY -DMEMLIM=2000 -o pan pan.c)
    run("${FOLDER}/pan" -m200000)
    if(output MATCHES "max search depth too small|aborted|out of memory")
        message(FATAL_ERROR "The search was not complete:\n${output}")
    elseif(NOT output MATCHES "errors: ([0-9]+)")
        message(FATAL_ERROR "The verifier said nothing of errors:\n${output}")
    endif()
    string(REGEX MATCH "[0-9]+ states, stored" states "${output}")
    if(planted EQUAL 0 AND NOT output MATCHES "errors: 0")
        message(FATAL_ERROR "The inbox's algorithm breaks an assertion:\n${output}")
    elseif(planted GREATER 0 AND output MATCHES "errors: 0")
        message(FATAL_ERROR "The model does not find planted bug ${planted}:\n${output}")
    elseif(planted EQUAL 0)
        message(STATUS "every interleaving holds: ${states}")
    else()
        message(STATUS "planted bug ${planted} is found")
    endif()
endforeach()
