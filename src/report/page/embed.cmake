# Makes the shell of a page, one HTML file with style and scripts in it, and a C++ source that holds it:
#   cmake -DFOLDER=… -DD3=… -DSCRIPTS=a.js|b.js -DHTML=… -DSOURCE=… -P embed.cmake
# FOLDER holds the parts. Places of the shell that are filled when a page is made (@title@, …) stay.
function(read_part variable file)
    file(READ ${file} text)
    set(${variable} "${text}" PARENT_SCOPE)
endfunction()

read_part(html ${FOLDER}/shell.html)
read_part(style ${FOLDER}/style.css)
read_part(theme ${FOLDER}/theme.js)
read_part(scripts ${FOLDER}/d3-licence.js)
read_part(d3 ${D3})
string(APPEND scripts "${d3}")
string(REPLACE "|" ";" names "${SCRIPTS}")
foreach(name IN LISTS names)
    read_part(script ${FOLDER}/${name})
    string(APPEND scripts "${script}")
endforeach()
foreach(part style theme scripts)
    if("${${part}}" MATCHES "</(script|style)")
        message(FATAL_ERROR "the page's ${part} hold an end tag, which would end them in the page: ${CMAKE_MATCH_0}")
    endif()
    string(REPLACE "@${part}@" "${${part}}" html "${html}")
endforeach()

file(WRITE ${HTML} "${html}")
file(WRITE ${SOURCE} "#include \"report/page/shell.hpp\"

namespace ensemble::report {

std::string_view shell() noexcept {
    return R\"shell(${html})shell\";
}

}  // namespace ensemble::report
")
