# cmake -DFILES=FILE;… -DOUTPUT=FILE -DHEADER=HEADER -DFUNCTION=NAME -P embed_files.cmake: writes the
# source of a function that gives the files by name, byte for byte.
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  file(SIZE ${file} size)
  string(APPEND rows "    {\"${name}\", {\"${bytes}\", ${size}}},\n")
endforeach()
list(LENGTH FILES count)

file(WRITE ${OUTPUT} "#include \"${HEADER}\"

#include <array>

namespace descent {
namespace {

constexpr std::array<EmbeddedFile, ${count}> kFiles = {{
${rows}}};

}  // namespace

std::span<const EmbeddedFile> ${FUNCTION}() { return kFiles; }

}  // namespace descent
")
