# What runs on GPUs is built where the CUDA toolkit and NCCL are: preset `cuda`. Everything else does
# not know of it.
option(DESCENT_CUDA "Build what runs on NVIDIA GPUs" OFF)
if(NOT DESCENT_CUDA)
  return()
endif()

set(cuda_prefixes $ENV{CUDA_HOME} /usr/local/cuda /opt/cuda)
find_program(CMAKE_CUDA_COMPILER nvcc HINTS ${cuda_prefixes} PATH_SUFFIXES bin REQUIRED)
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80 90)
endif()
set(CMAKE_CUDA_STANDARD 20)
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)

find_path(NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS} REQUIRED)
find_library(NCCL_LIBRARY nccl HINTS ${CUDAToolkit_LIBRARY_DIR} REQUIRED)
add_library(nccl::nccl UNKNOWN IMPORTED)
set_target_properties(nccl::nccl PROPERTIES
  IMPORTED_LOCATION ${NCCL_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${NCCL_INCLUDE_DIR})
