# What nearly every file of ours includes, compiled once for each way that files are optimised: engine,
# service or test. A file that is compiled with other macros, such as those of OpenMP, reads them as
# they are. clang-tidy does without (./dev lint), so each file has to include what it uses.
set(descent_common_headers <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <functional>
  <limits> <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <utility> <variant>
  <vector> <fmt/format.h>)
function(descent_precompile_headers name kind)
  set(headers descent_${kind}_headers)
  if(NOT TARGET ${headers})
    file(WRITE ${CMAKE_BINARY_DIR}/${headers}.cc "")
    add_library(${headers} OBJECT ${CMAKE_BINARY_DIR}/${headers}.cc)
    target_link_libraries(${headers} PRIVATE descent_options fmt::fmt)
    target_precompile_headers(${headers} PRIVATE ${descent_common_headers})
    if(kind STREQUAL test)
      target_compile_options(${headers} PRIVATE ${descent_test_options})
      target_link_libraries(${headers} PRIVATE GTest::gmock)
      target_precompile_headers(${headers} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    endif()
  endif()
  target_precompile_headers(${name} REUSE_FROM ${headers})
  set_target_properties(${name} PROPERTIES PCH_WARN_INVALID OFF)
endfunction()
set(descent_kind engine)

# Files of the service and of tests are compiled several at a time, for what they include takes most of
# the time that compiling them takes. What is local to a file therefore has a name that the other
# files of its target do not use for something else. What has to be compiled alone says so
# (SKIP_UNITY_BUILD_INCLUSION).
option(DESCENT_UNITY_BUILD "Compile several files at a time where that saves time" ON)
function(descent_unity_build name kind)
  if(DESCENT_UNITY_BUILD AND NOT kind STREQUAL engine)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
  endif()
endfunction()

# descent_library(NAME SOURCES a.cc … [DEPS lib …]): a static library of the project.
function(descent_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC descent_options ${ARG_DEPS})
  descent_precompile_headers(${name} ${descent_kind})
  descent_unity_build(${name} ${descent_kind})
endfunction()

# descent_program(NAME SOURCES main.cc … [DEPS lib …]): a program, placed in bin/.
function(descent_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE descent_options ${ARG_DEPS})
  descent_precompile_headers(${name} ${descent_kind})
  descent_unity_build(${name} ${descent_kind})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# descent_add_service_subdirectory(DIRECTORY): one whose code is optimised for the time that building
# it takes as well.
function(descent_add_service_subdirectory directory)
  add_compile_options($<$<CONFIG:Release>:-O2>)
  # What GCC 12 says of the standard library's strings where it has inlined them; from a precompiled
  # header it does not know that they are the system's.
  add_compile_options(
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  set(descent_kind service)
  add_subdirectory(${directory})
endfunction()

# Tests are compiled often and run for milliseconds: in a release build they are optimised less, which
# takes a third off the time that building everything takes. What they test is built as users get it.
set(descent_test_options $<$<CONFIG:Release>:-O1>)

# descent_test(NAME SOURCES a_test.cc … [DEPS lib …] [LABEL unit]): a GoogleTest binary whose tests
# ctest knows one by one.
function(descent_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${descent_test_options})
  target_link_libraries(${name} PRIVATE descent_options ${ARG_DEPS} GTest::gmock_main)
  descent_precompile_headers(${name} test)
  descent_unity_build(${name} test)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 120)
endfunction()

# descent_mpi_test(NAME SOURCES … [DEPS …] RANKS 1 2 …): one ctest entry per world size. The binary
# has its own main, which initialises MPI. Under the address sanitizer leaks are not looked for: Open
# MPI keeps memory in modules that are unloaded by then, which nothing can tell from leaks of ours.
function(descent_mpi_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;RANKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${descent_test_options})
  target_link_libraries(${name} PRIVATE descent_options ${ARG_DEPS} GTest::gmock MPI::MPI_CXX)
  descent_precompile_headers(${name} test)
  descent_unity_build(${name} test)
  foreach(ranks ${ARG_RANKS})
    add_test(NAME ${name}_on_${ranks}_ranks
             COMMAND mpirun --allow-run-as-root --oversubscribe --bind-to none
                     -n ${ranks} $<TARGET_FILE:${name}>)
    set_tests_properties(${name}_on_${ranks}_ranks PROPERTIES LABELS mpi TIMEOUT 120
                         ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0")
  endforeach()
endfunction()

# descent_embed(OUTPUT.cc HEADER.h FUNCTION FILE…): a source that makes files part of the program:
#   std::span<const EmbeddedFile> FUNCTION();
function(descent_embed output header function)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} "-DFILES=${ARGN}" -DOUTPUT=${output} -DHEADER=${header}
            -DFUNCTION=${function} -P ${script}
    DEPENDS ${script} ${ARGN} VERBATIM)
endfunction()
