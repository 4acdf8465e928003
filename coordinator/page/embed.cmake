# cmake -DFILES=FILE;… -DOUTPUT=FILE -P embed.cmake: writes page_files.cc, with the page's files as
# string literals. index.html is "/", every other one lies in /assets/.
set(type_html "text/html")
set(type_css "text/css")
set(type_js "text/javascript")

set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  string(SUBSTRING ${extension} 1 -1 extension)
  set(path "/assets/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  file(READ ${file} content)
  string(APPEND rows
    "    {\"${path}\", \"${type_${extension}}; charset=utf-8\", R\"embedded(${content})embedded\"},\n")
endforeach()
list(LENGTH FILES count)

file(WRITE ${OUTPUT} "#include \"coordinator/page/page.h\"

#include <array>

namespace descent {
namespace {

constexpr std::array<PageFile, ${count}> kFiles = {{
${rows}}};

}  // namespace

std::span<const PageFile> PageFiles() { return kFiles; }

}  // namespace descent
")
