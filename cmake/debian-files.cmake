# SPDX-License-Identifier: MIT
# Run by CPack: adds to the tree that becomes the package what Debian's policy asks for.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(source ${CMAKE_CURRENT_LIST_DIR}/..)
set(tree $ENV{DESTDIR}/usr)
set(doc ${tree}/share/doc/a7600sock)
file(COPY ${source}/data/debian/copyright DESTINATION ${doc})
set(overrides ${tree}/share/lintian/overrides)
file(MAKE_DIRECTORY ${overrides})
file(COPY_FILE ${source}/data/debian/lintian-overrides ${overrides}/a7600sock)
execute_process(COMMAND gzip -9nc ${source}/data/debian/changelog
  OUTPUT_FILE ${doc}/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
file(GLOB archives ${tree}/lib/*.a ${tree}/lib/*/*.a)
foreach(archive IN LISTS archives)
  execute_process(COMMAND strip --strip-debug --remove-section=.comment --remove-section=.note
    --enable-deterministic-archives ${archive} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
