# The manual page of a script, from what its --help says: cmake -DSCRIPT=FILE -DNAME=NAME -DVERSION=X -DPAGE=FILE -P script_page.cmake
get_filename_component(script_name ${SCRIPT} NAME)
file(READ ${SCRIPT} text)
if(text MATCHES "^#!/usr/bin/env python3\n\"\"\"")  # its help is what it begins with; building needs no Python
    string(REGEX REPLACE "^[^\n]*\n\"\"\"" "" help "${text}")
    string(FIND "${help}" "\"\"\"" end)
    string(SUBSTRING "${help}" 0 ${end} help)
else()
    execute_process(COMMAND ${SCRIPT} --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
endif()
string(REPLACE "launch/${script_name}" ${NAME} help "${help}")
string(REPLACE "…" "..." help "${help}")

# Its first sentence says what it does.
string(REGEX MATCH "\n\n[^\n.,]+" summary "${help}")
string(STRIP "${summary}" summary)
string(SUBSTRING "${summary}" 0 1 first)
string(SUBSTRING "${summary}" 1 -1 summary)
string(TOLOWER "${first}" first)
string(PREPEND summary "${first}")
foreach(text help summary)
    string(REPLACE "\\" "\\e" ${text} "${${text}}")
    string(REPLACE "-" "\\-" ${text} "${${text}}")
    string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" ${text} "${${text}}")
endforeach()
string(TOUPPER ${NAME} title)
string(REPLACE "-" "\\-" name ${NAME})
file(WRITE ${PAGE} ".\\\" Made from ${NAME} --help.\n.TH ${title} 1 \"\" \"ensemble ${VERSION}\" \"User Commands\"\n.SH NAME\n"
     "${name} \\- ${summary}\n.SH DESCRIPTION\n.nf\n${help}.fi\n.SH \"SEE ALSO\"\n\\fBensemble_train\\fR(1)\n")
