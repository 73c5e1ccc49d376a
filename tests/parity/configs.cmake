# config.json: imp's tables of keys beside transformers' own classes, in each generation; needs no LibTorch here.
add_executable(config_probe config_probe.cpp)
target_link_libraries(config_probe PRIVATE imp_model_config fmt::fmt nlohmann_json::nlohmann_json)
set_target_properties(config_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")

foreach(generation "" 4)
  set(environment "OMP_NUM_THREADS=1")
  set(folder configs)
  set(expected "")
  if(generation)
    list(APPEND environment "PYTHONPATH=${CMAKE_SOURCE_DIR}/.venv/transformers${generation}")
    set(folder configs_transformers${generation})
    set(expected --generation ${generation})
  endif()
  set(name Parity.${folder}.EveryKeyOfTransformersIsKnownWithItsDefault)
  add_test(NAME ${name}
           COMMAND "${IMP_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/check_config_keys.py" --bin "${CMAKE_BINARY_DIR}" ${expected})
  set_tests_properties(${name} PROPERTIES LABELS parity TIMEOUT 600 ENVIRONMENT "${environment}")
  if(NOT IMP_WITH_TORCH)
    continue()
  endif()
  foreach(group language tower projector llava)
    set(name Parity.${folder}.VariantsOf_${group}_EqualTransformers)
    add_test(NAME ${name}
             COMMAND "${IMP_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/check_config_variants.py" ${group}
                     "${CMAKE_CURRENT_BINARY_DIR}/${folder}_${group}" --bin "${CMAKE_BINARY_DIR}" ${expected})
    set_tests_properties(${name} PROPERTIES LABELS parity TIMEOUT 600 ENVIRONMENT "${environment}")
  endforeach()
endforeach()
