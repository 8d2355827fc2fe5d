# cmake -DINPUT=style.css -DOUTPUT=style.cc -DNAME=kPageStyle -P embed.cmake
# Writes a source file that holds the bytes of INPUT as a std::string_view. No xxd, no assembler.
# What would end the element that it is put in, or begin a comment there, must not be in it.
file(READ ${INPUT} text)
string(TOLOWER "${text}" text)
foreach(end "</script" "<script" "</style" "<!--")
  string(FIND "${text}" "${end}" place)
  if(NOT place EQUAL -1)
    message(FATAL_ERROR "muster: ${INPUT} contains ${end}, which a page cannot hold; write it in another way")
  endif()
endforeach()
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," array "${bytes}")
file(WRITE ${OUTPUT} "#include <string_view>
namespace muster {
namespace { constexpr char ${NAME}Bytes[] = {${array}}; }
extern const std::string_view ${NAME};
const std::string_view ${NAME}(${NAME}Bytes, sizeof(${NAME}Bytes));
}  // namespace muster
")
