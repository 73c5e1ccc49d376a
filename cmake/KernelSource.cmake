# imp_kernel_source(TARGET FILE.cu NAME): puts a GPU kernel's text into TARGET as the constant NAME of a generated header
# beside it, FILE_source.h. It is compiled on the machine that has a GPU (models/device/gpu_kernel.h).
function(imp_kernel_source target file name)
  get_filename_component(path "${file}" ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
  file(READ "${path}" text)
  file(RELATIVE_PATH relative "${CMAKE_SOURCE_DIR}" "${path}")
  string(REGEX REPLACE "\\.cu$" "_source.h" header "${relative}")
  set(content "#pragma once\n\nnamespace imp::models {\n\ninline constexpr const char* ${name} = R\"source(${text})source\";\n\n}\n")
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/generated/${header}" CONTENT "${content}" @ONLY)
  target_include_directories(${target} PRIVATE "${CMAKE_BINARY_DIR}/generated")
endfunction()
