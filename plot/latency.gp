# SPDX-License-Identifier: GPL-2.0-or-later
#
# The latency tail of cases, from the raw buckets of their records: the share of ops that took longer
# than x. The percentiles are computed here, from the counts, as everywhere.
#
#   jq -r 'select(.latency_ns.count > 0) | .case as $case | .latency_ns.buckets[] | [$case, .[0], .[1]] | @tsv' \
#       BUNDLE/cases.jsonl | grep '^odirect/file_shared' >tail.tsv
#   gnuplot -c plot/latency.gp tail.tsv tail.svg
#
# One case per curve, in the order of the file; each has a colour (Okabe and Ito's) and dashes of its own.
if (ARGC < 2) {
  print "usage: gnuplot -c plot/latency.gp DATA.tsv OUT.svg"
  exit status 64
}
data = ARG1
set datafile separator "\t"

cases = system(sprintf("cut -f1 '%s' | uniq", data))
set terminal svg size 960,500 + 22 * words(cases) font "sans-serif,13" background "white"
set output ARG2
array colours[7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]

set title "Latency tail: the share of ops that took longer" noenhanced
set xlabel "latency of an op (ms)"
set ylabel "share of ops that took longer"
set logscale xy
set format y "10^{%L}"
set grid xtics ytics linecolor "#dddddd"
set key outside bottom center vertical noenhanced

# The share of the counts above each bucket; the last one, with nothing above it, has no place on a
# logarithmic axis.
tail(name) = sprintf("< awk -F'\\t' -v c='%s' '$1 == c { low[n++] = $2; count[n - 1] = $3; all += $3 } END { for (i = 0; i < n - 1; i++) { seen += count[i]; print low[i] / 1e6 \"\\t\" (all - seen) / all } }' '%s'", name, data)

plot for [i = 1:words(cases)] tail(word(cases, i)) using 1:2 with steps \
  linewidth 2 dashtype i linecolor rgb colours[1 + (i - 1) % 7] title word(cases, i)
