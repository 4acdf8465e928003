# Flags shared by everything of ours. The baseline is any x86-64: kernels choose wider instructions
# at run time.
add_library(descent_options INTERFACE)
target_compile_features(descent_options INTERFACE cxx_std_20)
target_include_directories(descent_options INTERFACE ${PROJECT_SOURCE_DIR})
# A fused multiply-add rounds once where two operations round twice: the bits must not depend on
# which one a compiler picks.
target_compile_options(descent_options INTERFACE
  $<$<COMPILE_LANGUAGE:C,CXX>:-Wall -Wextra -Wshadow -Wno-missing-field-initializers
    -ffp-contract=off -fno-math-errno -fstack-protector-strong>
  $<$<COMPILE_LANGUAGE:CUDA>:--fmad=false -Xcompiler=-Wall,-Wextra>)
target_link_libraries(descent_options INTERFACE Threads::Threads)

option(DESCENT_WARNINGS_AS_ERRORS "Stop at the first warning" OFF)
if(DESCENT_WARNINGS_AS_ERRORS)
  target_compile_options(descent_options INTERFACE
    $<$<COMPILE_LANGUAGE:C,CXX>:-Werror> $<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings>)
endif()

set(DESCENT_SANITIZER "" CACHE STRING "address,undefined or thread: instrument everything of ours")
if(DESCENT_SANITIZER)
  # Without the last flag undefined behaviour is printed and gone on from, and no test fails.
  target_compile_options(descent_options INTERFACE
    $<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=${DESCENT_SANITIZER} -fno-omit-frame-pointer
      -fno-sanitize-recover=all>)
  target_link_options(descent_options INTERFACE -fsanitize=${DESCENT_SANITIZER})
endif()

# The same sources give the same bytes wherever they lie: no path of this machine gets into a program,
# and nothing has the time of the build. Of several maps the last one that fits counts.
target_compile_options(descent_options INTERFACE
  $<$<COMPILE_LANGUAGE:C,CXX>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=
    -ffile-prefix-map=${PROJECT_BINARY_DIR}/=build/ -Werror=date-time>)

# What makes a flaw harder to use, besides the stack protector. Debian's compiler makes programs that
# lie anywhere by itself: -fPIE and -pie would be in the way of modules. A sanitizer has checks of its
# own in place of _FORTIFY_SOURCE, which wants an optimised build.
target_compile_options(descent_options INTERFACE
  $<$<COMPILE_LANGUAGE:C,CXX>:-fstack-clash-protection -fcf-protection>)
target_link_options(descent_options INTERFACE LINKER:-z,relro,-z,now)
if(NOT DESCENT_SANITIZER)
  target_compile_options(descent_options INTERFACE
    $<$<AND:$<COMPILE_LANGUAGE:C,CXX>,$<NOT:$<CONFIG:Debug>>>:-U_FORTIFY_SOURCE
      -D_FORTIFY_SOURCE=2>)
endif()

option(DESCENT_FAILPOINTS "Let tests end, stop and delay the programs at named points" OFF)
if(DESCENT_FAILPOINTS)
  target_compile_definitions(descent_options INTERFACE DESCENT_FAILPOINTS)
endif()

# With clang++ and the sanitizer fuzzer-no-link: preset `fuzz`.
option(DESCENT_FUZZ "Build the targets of libFuzzer, in place of what gives them known inputs" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # What ccache has to overlook so that files which use a precompiled header are cached as well.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
target_compile_definitions(descent_options INTERFACE DESCENT_VERSION="${PROJECT_VERSION}")
