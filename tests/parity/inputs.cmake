add_executable(input_probe input_probe.cpp)
target_link_libraries(input_probe PRIVATE imp_tokenizer imp_image imp_conversation imp_model_config imp_training_data fmt::fmt
  nlohmann_json::nlohmann_json)
set_target_properties(input_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")

foreach(kind phi smollm2 llama_legacy llama_plain llama_unsaid)
  add_test(NAME Parity.tokenizer_${kind}.IdsAndTextOf20000LinesEqualTransformers
           COMMAND "${IMP_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/check_tokenizers.py" ${kind}
                   "${CMAKE_CURRENT_BINARY_DIR}/tokenizer_${kind}" --probe $<TARGET_FILE:input_probe>)
  set_tests_properties(Parity.tokenizer_${kind}.IdsAndTextOf20000LinesEqualTransformers PROPERTIES LABELS parity TIMEOUT 600)
endforeach()

add_test(NAME Parity.images.EveryByteEqualsPillow
         COMMAND "${IMP_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/check_images.py" "${CMAKE_CURRENT_BINARY_DIR}/images"
                 --probe $<TARGET_FILE:input_probe>)
set_tests_properties(Parity.images.EveryByteEqualsPillow PROPERTIES LABELS parity TIMEOUT 600)

add_test(NAME Parity.conversations.IdsAndLabelsOf1500ConversationsFollowTheRules
         COMMAND "${IMP_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/check_conversations.py" "${CMAKE_CURRENT_BINARY_DIR}/conversations"
                 --probe $<TARGET_FILE:input_probe>)
set_tests_properties(Parity.conversations.IdsAndLabelsOf1500ConversationsFollowTheRules PROPERTIES LABELS parity TIMEOUT 600)

add_test(NAME Parity.rows.IdsAndLabelsOf1500RowsAreThoseOfLlavasTrainer
         COMMAND "${IMP_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/check_rows.py" "${CMAKE_CURRENT_BINARY_DIR}/trainer_rows"
                 --probe $<TARGET_FILE:input_probe>)
set_tests_properties(Parity.rows.IdsAndLabelsOf1500RowsAreThoseOfLlavasTrainer PROPERTIES LABELS parity TIMEOUT 600)

add_executable(rows_probe rows_probe.cpp)
target_link_libraries(rows_probe PRIVATE imp_training_data fmt::fmt nlohmann_json::nlohmann_json)
set_target_properties(rows_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")

# A tenth of the mix with bounds to match; tests/bench/llava_rows_index.py alone makes the whole.
add_test(NAME Parity.llava_rows.AFileOfTheMixesShapeIsIndexedInTimeAndMemory
         COMMAND "${IMP_PYTHON}" "${CMAKE_SOURCE_DIR}/tests/bench/llava_rows_index.py" "${CMAKE_CURRENT_BINARY_DIR}/llava_rows"
                 --probe $<TARGET_FILE:rows_probe> --rows 66530 --seconds 5 --mebibytes 100)
set_tests_properties(Parity.llava_rows.AFileOfTheMixesShapeIsIndexedInTimeAndMemory PROPERTIES LABELS parity TIMEOUT 600)
