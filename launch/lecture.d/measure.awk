# From a run's summary.json and history.jsonl, in this order: one line with, separated by tabs,
# mean and standard deviation of the members' test accuracy in percent, the ensemble's, the mean member's NLL, the
# members' mean training loss in their last epoch, their mean number of epochs, gradients by layer in the first epoch.
function place(    path, i) {
    path = key[1]
    for (i = 2; i <= depth; i++) path = path "." key[i]
    return path
}
function value_of(name,    found) {
    if (!match($0, "\"" name "\":[^,}]*")) return ""
    found = substr($0, RSTART, RLENGTH)
    sub(/^[^:]*:/, "", found)
    return found
}
FILENAME ~ /summary\.json$/ {
    match($0, /^ */)
    depth = RLENGTH / 2
    line = substr($0, RLENGTH + 1)
    key[depth] = "-"
    if (match(line, /^"[^"]*": /)) {
        key[depth] = substr(line, 2, RLENGTH - 4)
        line = substr(line, RLENGTH + 1)
    }
    sub(/,$/, "", line)
    path = place()
    if (path == "members.-.test.accuracy" && line != "null") { n++; accuracy[n] = 100 * line; sum += 100 * line }
    if (path == "ensemble.average.accuracy") together = 100 * line
    if (path == "ensemble.mean_member.nll") nll = line
}
FILENAME ~ /history\.jsonl$/ {
    member = value_of("member")
    epoch = value_of("epoch") + 0
    if (epoch > last[member]) { last[member] = epoch; loss[member] = value_of("train_loss") }
    if (epoch == 1 && match($0, /"gradient_norm":\[[^]]*\]/)) {
        layers = split(substr($0, RSTART + 17, RLENGTH - 18), norm, ",")
        for (i = 1; i <= layers; i++) norms[i] += norm[i]
        observed++
    }
}
END {
    if (n == 0) exit 1
    mean = sum / n
    for (i = 1; i <= n; i++) squares += (accuracy[i] - mean) ^ 2
    for (m in last) { trained++; epochs += last[m]; losses += loss[m] }
    gradients = ""
    for (i = 1; i <= layers; i++) gradients = gradients (i > 1 ? " " : "") sprintf("%.0e", norms[i] / observed)
    deviation = (n > 1) ? sqrt(squares / (n - 1)) : 0
    printf "%.2f\t%.2f\t%.2f\t%.3f\t%.4f\t%.0f\t%s\n", mean, deviation, together, nll, losses / trained,
        epochs / trained, gradients
}
