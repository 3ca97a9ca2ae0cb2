# SPDX-License-Identifier: MIT
# Builds the simulator (SOURCES) with a planted bug, and fails unless it finds the bug, prints a
# replay that finds it again, and one shrunk to few steps that finds it, too.
set(most_steps 150)  # a bug that takes more says so in its file
include(${CMAKE_CURRENT_LIST_DIR}/plant.cmake)

# Built once and run for seconds; the compiler's time is what counts.
set(unit "")
foreach(source IN LISTS SOURCES)
    string(APPEND unit "#include \"${source}\"\n")
endforeach()
file(WRITE ${TO}/simulate.cpp "${unit}")
set(PROGRAM ${TO}/simulate)
execute_process(COMMAND ${CACHE} ${COMPILER} -std=c++20 -O1 -I ${TO} -c ${TO}/simulate.cpp
                        -o ${PROGRAM}.o
                RESULT_VARIABLE built OUTPUT_VARIABLE log ERROR_VARIABLE log)
if(built EQUAL 0)
    execute_process(COMMAND ${COMPILER} ${PROGRAM}.o -pthread -o ${PROGRAM}
                    RESULT_VARIABLE built OUTPUT_VARIABLE log ERROR_VARIABLE log)
endif()
if(NOT built EQUAL 0)
    message(FATAL_ERROR "could not be built:\n${log}")
endif()
execute_process(COMMAND ${PROGRAM} --seeds 1-300 --steps 10000
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
message("${output}${error}")
string(REGEX MATCHALL "replay: [^\n]+" replays "${output}")
list(LENGTH replays count)
if(NOT count EQUAL 2)
    message(FATAL_ERROR "not found, or found without a replay and a shrunk one (${result})")
endif()
if(NOT output MATCHES "\nshrunk to ([0-9]+) of" OR CMAKE_MATCH_1 GREATER most_steps)
    message(FATAL_ERROR "shrunk to more than ${most_steps} steps")
endif()

# The first replay tells what the first two lines tell, the shrunk one all that comes after.
foreach(replay IN LISTS replays)
    string(REGEX REPLACE "^replay: [^ ]+ " "" arguments "${replay}")
    separate_arguments(arguments UNIX_COMMAND "${arguments}")
    execute_process(COMMAND ${PROGRAM} ${arguments} OUTPUT_VARIABLE again ERROR_VARIABLE error)
    string(FIND "${output}" "${again}" at)
    string(FIND "${again}" "${replay}" has_replay)
    if(at EQUAL -1 OR has_replay EQUAL -1)
        message(FATAL_ERROR "${replay}\ntells something else:\n${again}")
    endif()
endforeach()
