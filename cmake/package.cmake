# SPDX-License-Identifier: MIT
# The CMake package, the pkg-config file, and the Debian package (cpack -G DEB).
include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/a7600)
configure_package_config_file(cmake/a7600Config.cmake.in a7600Config.cmake
  INSTALL_DESTINATION ${config_dir}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(a7600ConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/a7600Config.cmake ${PROJECT_BINARY_DIR}/a7600ConfigVersion.cmake
        DESTINATION ${config_dir})
foreach(kind IN ITEMS shared static)
  install(EXPORT a7600-${kind} NAMESPACE a7600:: DESTINATION ${config_dir})
endforeach()

set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pc_dir}
           OUTPUT_VARIABLE A7600_PREFIX_FROM_PC)
configure_file(cmake/a7600.pc.in a7600.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/a7600.pc DESTINATION ${pc_dir})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME a7600sock)
set(CPACK_PACKAGE_VENDOR "The a7600sock authors")
set(CPACK_PACKAGE_CONTACT "The a7600sock authors <a7600sock@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sockets over a SIMCom A7600-family cellular modem")
set(CPACK_PACKAGE_DESCRIPTION
"Programs that know nothing of it reach the network through the TCP/IP stack
of a SIMCom A7600-family module, by AT commands over a serial line: a library
for LD_PRELOAD, one to link with, the commands a7600 and a7600-trace, and a
simulated module to try them with.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS OFF)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libserialport-dev")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian ${PROJECT_SOURCE_DIR}/data/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/triggers)
# What only a package of Debian's has: its copyright file and changelog.
set(CPACK_INSTALL_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian-files.cmake)
include(CPack)
