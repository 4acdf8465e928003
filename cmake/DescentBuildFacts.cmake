# What coordinator/build_facts.cc says: DESCENT_COMMIT, DESCENT_MPI_VERSION, DESCENT_CUDA_VERSION and
# DESCENT_NCCL_VERSION.

# descent_header_version(HEADER "MAJOR;MINOR;…" OUTPUT): "4.1.4" of these macros, or "".
function(descent_header_version header names output)
  set(parts)
  foreach(name ${names})
    set(line)
    if(EXISTS "${header}")
      file(STRINGS "${header}" line LIMIT_COUNT 1 REGEX "#define[ \t]+${name}[ \t]+[0-9]+")
    endif()
    if(line MATCHES "${name}[ \t]+([0-9]+)")
      list(APPEND parts ${CMAKE_MATCH_1})
    endif()
  endforeach()
  list(JOIN parts . version)
  set(${output} "${version}" PARENT_SCOPE)
endfunction()

# The commit is read when the build is configured, which a new commit causes: one small source is
# compiled anew then. Sources that lie inside another repository are not of its commits.
set(DESCENT_COMMIT unknown)
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(
    COMMAND ${GIT_EXECUTABLE} rev-parse --show-toplevel --short=12 HEAD
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE git_facts RESULT_VARIABLE git_result ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "\n" ";" git_facts "${git_facts}")
  list(LENGTH git_facts git_fact_count)
  if(git_result EQUAL 0 AND git_fact_count EQUAL 2)
    list(GET git_facts 0 git_root)
    file(REAL_PATH "${git_root}" git_root)
    file(REAL_PATH "${PROJECT_SOURCE_DIR}" source_root)
    if(git_root STREQUAL source_root)
      list(GET git_facts 1 DESCENT_COMMIT)
      execute_process(
        COMMAND ${GIT_EXECUTABLE} rev-parse --git-path logs/HEAD
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
        OUTPUT_VARIABLE git_log ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
      cmake_path(ABSOLUTE_PATH git_log BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
      if(EXISTS "${git_log}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${git_log}")
      endif()
    endif()
  endif()
endif()

descent_header_version("${MPI_CXX_HEADER_DIR}/mpi.h"
  "OMPI_MAJOR_VERSION;OMPI_MINOR_VERSION;OMPI_RELEASE_VERSION" DESCENT_MPI_VERSION)
if(DESCENT_MPI_VERSION)
  string(PREPEND DESCENT_MPI_VERSION "Open MPI ")
else()
  set(DESCENT_MPI_VERSION "MPI ${MPI_CXX_VERSION}")
endif()

set(DESCENT_CUDA_VERSION "")
set(DESCENT_NCCL_VERSION "")
if(DESCENT_CUDA)
  set(DESCENT_CUDA_VERSION ${CUDAToolkit_VERSION})
  descent_header_version("${NCCL_INCLUDE_DIR}/nccl.h" "NCCL_MAJOR;NCCL_MINOR;NCCL_PATCH"
    DESCENT_NCCL_VERSION)
endif()
