# cmake -DSOURCE=DIR -DOUTPUT=FILE -P embed.cmake: writes page_files.cc, with the page's files as
# string literals.
file(READ ${SOURCE}/index.html index_html)
file(READ ${SOURCE}/page.css page_css)
file(READ ${SOURCE}/page.js page_js)
file(WRITE ${OUTPUT} "#include \"coordinator/page/page.h\"

#include <array>

namespace descent {
namespace {

constexpr std::array<PageFile, 3> kFiles = {{
    {\"/\", \"text/html; charset=utf-8\", R\"embedded(${index_html})embedded\"},
    {\"/assets/page.css\", \"text/css; charset=utf-8\", R\"embedded(${page_css})embedded\"},
    {\"/assets/page.js\", \"text/javascript; charset=utf-8\", R\"embedded(${page_js})embedded\"},
}};

}  // namespace

std::span<const PageFile> PageFiles() { return kFiles; }

}  // namespace descent
")
