# What --version says and an outcome records: the project's version and the commit that was configured. A new commit
# configures again. Without git (a source archive) the commit is empty.
function(imp_git result)
  execute_process(COMMAND git ${ARGN} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
                  OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

imp_git(IMP_GIT_COMMIT rev-parse --short=12 HEAD)
imp_git(IMP_GIT_LOG rev-parse --git-path logs/HEAD)
get_filename_component(IMP_GIT_LOG "${IMP_GIT_LOG}" ABSOLUTE BASE_DIR "${CMAKE_SOURCE_DIR}")
if(IMP_GIT_COMMIT AND EXISTS "${IMP_GIT_LOG}")
  set_property(DIRECTORY "${CMAKE_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${IMP_GIT_LOG}")
endif()

set(IMP_VERSION_TEXT "${PROJECT_VERSION}")
if(IMP_GIT_COMMIT)
  string(APPEND IMP_VERSION_TEXT " (${IMP_GIT_COMMIT})")
endif()
set(IMP_TORCH_VERSION "")
if(IMP_WITH_TORCH)
  file(STRINGS "${IMP_TORCH_DIR}/version.py" IMP_TORCH_VERSION REGEX "^__version__")
  string(REGEX REPLACE ".*'(.*)'.*" "\\1" IMP_TORCH_VERSION "${IMP_TORCH_VERSION}")
endif()

# #include "imp_version.h"
set(generated "${CMAKE_BINARY_DIR}/generated/version")
configure_file(cmake/imp_version.h.in "${generated}/imp_version.h" COPYONLY)
configure_file(cmake/imp_version.cpp.in "${generated}/imp_version.cpp" @ONLY)
add_library(imp_version STATIC "${generated}/imp_version.cpp")
target_include_directories(imp_version PUBLIC "${generated}")
target_link_libraries(imp_version PRIVATE imp_options)
