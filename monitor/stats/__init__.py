"""Statistics: evidence by betting, intervals, thresholds, effects, histograms, timing, missing mass.

A leaf library: it knows rates, counts and bins, nothing of spans or flows. What is a guarantee and
what an estimate is said in each module.
"""
