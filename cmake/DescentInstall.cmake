# What `cmake --install` places below the prefix, and the Debian package made of it.
include(GNUInstallDirs)

install(TARGETS descent descent-coordinator descent-launch descent-worker
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Manual pages and completions are printed by the programs themselves, so that they name all that these
# have and nothing else.
set(page_directory ${CMAKE_BINARY_DIR}/install_pages)
install(CODE "
  execute_process(COMMAND \"${Python3_EXECUTABLE}\"
    \"${PROJECT_SOURCE_DIR}/deploy/debian/make_pages.py\" \"${CMAKE_BINARY_DIR}/bin\" \"${page_directory}\"
    COMMAND_ERROR_IS_FATAL ANY)")
install(DIRECTORY ${page_directory}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${page_directory}/completions/descent
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${page_directory}/completions/_descent
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${page_directory}/completions/descent.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

install(DIRECTORY examples deploy/slurm deploy/kubernetes deploy/monitoring
  DESTINATION ${CMAKE_INSTALL_DATADIR}/descent
  PATTERN CMakeLists.txt EXCLUDE PATTERN __pycache__ EXCLUDE)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md deploy/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES deploy/systemd/descent-coordinator.service deploy/systemd/descent-launch.service
  DESTINATION lib/systemd/system)
install(FILES deploy/systemd/descent-coordinator deploy/systemd/descent-launch
  DESTINATION /etc/default)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME descent)
set(CPACK_PACKAGE_CONTACT "The authors of Descent <descent@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "data-parallel training of neural networks")
set(CPACK_PACKAGE_DESCRIPTION
"Trains neural networks over several workers, with the same bits on any
number of them, interrupted and resumed or not: a coordinator, workers that
an MPI starts, and a client.")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # for what lies outside the prefix
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openmpi-bin")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "dataset-fashion-mnist, openssh-client")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
  ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
