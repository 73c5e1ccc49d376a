# LibTorch is the pinned PyPI wheel (requirements.txt). Its own CMake package insists on the CUDA toolkit, so its libraries
# are linked directly: the CPU's, while those for CUDA are loaded at run time where there is a GPU to use
# (models/device/compute_device.cpp), so that a program without one does not pay for them and no toolkit is needed.
if(NOT IMP_TORCH_DIR)
  execute_process(
    COMMAND "${IMP_PYTHON}" -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE torch_dir OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE torch_missing)
  if(torch_missing)
    message(FATAL_ERROR "no torch wheel under ${IMP_PYTHON}: run ./imp setup, or pass -DIMP_PYTHON=<python with torch==2.11.0>")
  endif()
  set(IMP_TORCH_DIR "${torch_dir}" CACHE PATH "folder of the torch wheel")
endif()

add_library(imp_torch INTERFACE)
add_library(imp::torch ALIAS imp_torch)
# The wheel's libraries export std::filesystem of a libstdc++ of their own; the system's comes before them.
target_link_options(imp_torch INTERFACE
  "-Wl,--push-state,--no-as-needed,-lstdc++,--pop-state" "-Wl,-rpath,${IMP_TORCH_DIR}/../nvidia/cu13/lib")
target_link_libraries(imp_torch INTERFACE "${IMP_TORCH_DIR}/lib/libtorch_cpu.so" "${IMP_TORCH_DIR}/lib/libc10.so")
target_include_directories(imp_torch SYSTEM INTERFACE
  "${IMP_TORCH_DIR}/include" "${IMP_TORCH_DIR}/include/torch/csrc/api/include")
# The wheel brings its own fmt headers but not their library; they come before Debian's on the include path, so that code
# that links LibTorch uses them header-only and does not link fmt::fmt.
target_compile_definitions(imp_torch INTERFACE FMT_HEADER_ONLY=1)
