# cmake -DINPUT=style.css -DOUTPUT=style.cc -DNAME=kPageStyle -P embed.cmake
# Writes a source file that holds the bytes of INPUT as a std::string_view. No xxd, no assembler.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," array "${bytes}")
file(WRITE ${OUTPUT} "#include <string_view>
namespace muster {
namespace { constexpr char kBytes[] = {${array}}; }
extern const std::string_view ${NAME};
const std::string_view ${NAME}(kBytes, sizeof(kBytes));
}  // namespace muster
")
