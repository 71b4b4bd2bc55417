# SPDX-License-Identifier: MIT
# a7600::options: what every target of the project compiles with. Linked PRIVATE, so that nothing
# of it reaches a program that uses the installed package.
add_library(a7600_options INTERFACE)
add_library(a7600::options ALIAS a7600_options)

target_compile_features(a7600_options INTERFACE cxx_std_20)
target_compile_options(a7600_options INTERFACE
  -fvisibility=hidden $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden>
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
  # GCC 12 warns falsely of `"text" + std::string` (its bug 105651).
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  # Debian 12's valgrind gives up on what its clang writes by itself.
  $<$<CXX_COMPILER_ID:Clang>:-fdebug-default-version=4>
  $<$<BOOL:${A7600_WERROR}>:-Werror>)

if(A7600_SANITIZE)
  target_compile_options(a7600_options INTERFACE
    -fsanitize=${A7600_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(a7600_options INTERFACE -fsanitize=${A7600_SANITIZE})
endif()

if(A7600_FUZZ)
  target_compile_options(a7600_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# a7600_room(NAME SOURCES… ROOMS… LINK…): one room of the library, a static target a7600::NAME that can
# include and link only the rooms named after ROOMS: the layering is the link graph. LINK: libraries
# that are not ours.
function(a7600_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LINK" ${ARGN})
  add_library(a7600_${name} STATIC ${ROOM_SOURCES})
  add_library(a7600::${name} ALIAS a7600_${name})
  target_include_directories(a7600_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  list(TRANSFORM ROOM_ROOMS PREPEND a7600::)
  target_link_libraries(a7600_${name} PUBLIC ${ROOM_ROOMS} PRIVATE a7600::options ${ROOM_LINK})
endfunction()
