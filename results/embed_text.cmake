# cmake -DINPUT=schema.sql -DOUTPUT=schema_text.cpp -DSYMBOL=kSchemaText -P embed_text.cmake
# Writes a C++ file that holds INPUT's text as imp::results::SYMBOL.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}.new" "// Made from ${INPUT}; edit that file.
#include <string_view>
namespace imp::results {
extern const std::string_view ${SYMBOL};
const std::string_view ${SYMBOL} = R\"imp_text(${text})imp_text\";
}  // namespace imp::results
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
