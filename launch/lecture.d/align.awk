# Rows of cells separated by tabs as a table: aligned for a terminal, or in Markdown with -v markdown=1.
BEGIN { FS = "\t" }
{
    rows = NR
    if (NF > columns) columns = NF
    for (i = 1; i <= NF; i++) {
        cell[NR, i] = $i
        if (length($i) > width[i]) width[i] = length($i)
    }
}
END {
    for (row = 1; row <= rows; row++) {
        line = markdown ? "|" : " "
        for (i = 1; i <= columns; i++) {
            pad = sprintf("%" (width[i] - length(cell[row, i])) "s", "")
            if (width[i] == length(cell[row, i])) pad = ""
            text = i == 1 ? cell[row, i] pad : pad cell[row, i]
            line = line (markdown ? " " text " |" : (i == 1 ? " " : "  ") text)
        }
        sub(/ +$/, "", line)
        print line
        if (row > 1) continue
        rule = markdown ? "|" : "  "
        for (i = 1; i <= columns; i++) {
            dashes = sprintf("%" (width[i] + (markdown || i == 1 ? 0 : 2)) "s", "")
            gsub(/ /, "-", dashes)
            rule = rule (markdown ? (i == 1 ? " " dashes " |" : " " substr(dashes, 2) ": |") : dashes)
        }
        print rule
    }
}
