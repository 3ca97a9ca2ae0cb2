# SPDX-License-Identifier: MIT
# Every compiler, every run: one hash per seed, the one that was recorded. After a change that is
# meant to change behaviour: simulate --seeds 1-20 --steps 2000 --hash > hashes.txt
execute_process(COMMAND ${SIMULATE} --seeds 1-20 --steps 2000 --hash
                OUTPUT_VARIABLE output RESULT_VARIABLE result)
file(READ ${EXPECTED} expected)
if(NOT result EQUAL 0 OR NOT output STREQUAL expected)
    message(FATAL_ERROR "the hashes differ from ${EXPECTED}:\n${output}")
endif()
