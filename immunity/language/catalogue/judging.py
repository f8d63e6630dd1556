"""Errors of cohorts, and of published findings and the measures taken of them."""

from __future__ import annotations

from immunity.language.catalogue.kind import ErrorKind

KINDS = (
    # E72x cohorts ----------------------------------------------------------------------------------
    ErrorKind(
        "E721",
        "Cohort too small",
        "A cohort needs at least one host, one worker and one host per batch.",
        "Ask for at least one of each.",
        "Zero and negative numbers of hosts or workers are refused.",
    ),
    ErrorKind(
        "E722",
        "Correlations not possible",
        "The correlations between people do not fit together: {reason}.",
        "Bring the correlations between these numbers closer to zero, and state each pair once.",
        "A correlation matrix must be symmetric, with ones on its diagonal, and positive definite.",
    ),
    ErrorKind(
        "E723",
        "Unfinished cohort in the folder",
        "{text!r} holds an unfinished cohort.",
        "Go on with it (--resume), or choose another folder with --out.",
        "Finished parts of an interrupted cohort are never thrown away unasked.",
    ),
    ErrorKind(
        "E724",
        "Another cohort in the folder",
        "{text!r} holds an unfinished cohort that was started differently: {reason}.",
        "Ask for the same cohort, or choose another folder with --out.",
        "Hosts of different scenarios, seeds or versions are never mixed in one result.",
    ),
    ErrorKind(
        "E725",
        "No worker process starts",
        "No worker process starts: {reason}.",
        "Look at what it printed, if anything; one worker (--workers 1) needs no further process.",
        "Each worker is a Python of its own that imports this package.",
    ),
    ErrorKind(
        "E726",
        "Unknown readout to keep",
        "There is no readout {text!r} to keep.",
        "Give a name from 'immunity list readouts'.",
        "A cohort keeps the curves of the readouts that --keep names, or of all.",
    ),
    ErrorKind(
        "E727",
        "Cluster not reachable",
        "There is no Dask scheduler at {text!r}: {reason}.",
        "Start one (dask scheduler), and give its address with --dask, such as tcp://10.0.0.1:8786.",
        "A cohort runs on the workers of the scheduler that --dask names.",
    ),
    ErrorKind(
        "E728",
        "Cluster lost",
        "The Dask scheduler at {text!r} is gone, with the cohort half way.",
        "Start a scheduler again, and the cohort with --resume: parts in its --out folder are not run again.",
        "Workers write what they have finished at once; only what they were at is lost. Without --out, all of it is.",
    ),
    # E80x findings ---------------------------------------------------------------------------------
    ErrorKind(
        "E802",
        "Finding given twice",
        "The finding {text!r} is given twice; first in {first}.",
        "Rename one of them.",
        "Ids of findings are unique over all folders that are judged together.",
    ),
    ErrorKind(
        "E803",
        "Unknown run",
        "The measure names the run {text!r}, which the finding does not have.",
        "Correct the name, or add the run under 'runs'.",
        "A measure is taken of one of the finding's own runs.",
    ),
    ErrorKind(
        "E804",
        "Measure incomplete",
        "The measure does not fit together: {reason}.",
        "See the table of measures in docs/reference/findings.md.",
        "Each form of a measure needs its own keys and takes no others.",
    ),
    ErrorKind(
        "E805",
        "Expectation not possible",
        "The expectation does not fit together: {reason}.",
        "Give lo below hi with the value between them, all in the unit of the measure.",
        "An interval that is empty, or reaches zero on a log10 scale, would judge nothing.",
    ),
    ErrorKind(
        "E806",
        "Condition not readable",
        "The condition {text!r} cannot be read: {reason}.",
        "Write it like 'blood.neutrophils < 0.5 1e9 cell/L before day 3'.",
        "Conditions compare one readout with one value, or ask for an outcome, and may be joined by and, or, not.",
    ),
    ErrorKind(
        "E807",
        "Measured on nothing",
        "The measure holds no simulated value.",
        "Measure a readout, a flux or a fraction of hosts; constants may only scale it.",
        "A finding must be reproduced by a simulation, not by the numbers that went into it.",
    ),
    ErrorKind(
        "E808",
        "Used for calibration and for validation",
        "The finding {text!r} measures the same as {first!r}, but one is for calibration and one for validation.",
        "Decide on one use.",
        "What a model was fitted to cannot also test it.",
    ),
    ErrorKind(
        "E809",
        "Unit of a finding does not fit",
        "The measure is in {measured}, which {text!r} is not.",
        "Give a number in this unit, or one that converts to it.",
        "Expected values carry units, which are converted to the unit of what is measured.",
    ),
    ErrorKind(
        "E811",
        "Physiology not usable",
        "The invariants of physiology cannot be used: {reason}.",
        "Give one 'design', and readouts that `immunity list readouts` knows.",
        "The stress suite holds every run against bounds, orders and endings, which name readouts of the rule book.",
    ),
    # E83x calibration ------------------------------------------------------------------------------
    ErrorKind(
        "E831",
        "Number cannot be varied",
        "The number {text!r} cannot be varied: {reason}.",
        "See `immunity list numbers`; a star stands for anything.",
        "Derived numbers follow those they are derived from, and a number that is zero stays zero times any factor.",
    ),
    ErrorKind(
        "E832",
        "Sensitivity not possible",
        "This sensitivity cannot be taken: {reason}.",
        "Name a readout of `immunity list readouts`, a statistic, and at least two numbers for morris and sobol.",
        "A sensitivity is of one statistic of one readout to numbers of the rule book.",
    ),
    ErrorKind(
        "E833",
        "Fit not possible",
        "This fit cannot be made: {reason}.",
        "Name numbers and findings, keep held-out findings apart, and give each fit a folder of its own.",
        "A fit is judged by findings that it has not seen, and goes on only where it stopped.",
    ),
    # E84x asking ------------------------------------------------------------------------------------
    ErrorKind(
        "E840",
        "Cannot say why",
        "Why {text!r} stands where it does cannot be said: {reason}.",
        "Give a day of the run, and run the scenario again with its pools kept: im.run(...) keeps them.",
        "Why is answered from the amounts of a run and the rules that moved them, which files of results don't hold.",
    ),
    # E85x trials and scans ---------------------------------------------------------------------------
    ErrorKind(
        "E850",
        "Trial not possible",
        "This trial cannot be run: {reason}.",
        "See docs/reference/trials.md for what each key takes, and `immunity list readouts` for what can be measured.",
        "A trial is held against the scenario of each arm before anything is simulated.",
    ),
    ErrorKind(
        "E851",
        "Unknown trial",
        "There is no trial {text!r}.",
        "Give a name from 'immunity list trials', or the path of a file; 'immunity new trial NAME' writes one.",
        "It is neither a built-in trial nor a file.",
    ),
    ErrorKind(
        "E852",
        "Scan not possible",
        "This scan cannot be run: {reason}.",
        "Give keys with --over KEY='LOW to HIGH in STEPS' or KEY='[A, B]', and what to look at with --read.",
        "A scan goes over values of keys of a scenario, and looks at statistics of readouts or at conditions.",
    ),
    ErrorKind(
        "E853",
        "Scan too large",
        "{points} points with {hosts} hosts each are {runs} runs, more than {limit}: {told}.",
        "Take fewer points or hosts, Sobol points (--sobol) instead of a grid, or allow so many with --at-most.",
        "A grid grows with the product of its axes; what takes days is run on purpose only.",
    ),
    # E86x lives --------------------------------------------------------------------------------------
    ErrorKind(
        "E860",
        "Life not possible",
        "This life cannot be laid out: {reason}.",
        "See docs/reference/worlds.md for what each key of a world and of a schedule takes.",
        "Worlds and schedules are held against their keys and their own names before anything is simulated.",
    ),
    ErrorKind(
        "E861",
        "Unknown world or schedule",
        "There is no {kind} {text!r}.",
        "Give a name from 'immunity list worlds' or 'immunity list schedules', or the path of a file.",
        "It is neither one that comes with the package nor a file.",
    ),
    ErrorKind(
        "E862",
        "Dose not understood",
        "{text!r} cannot be followed: {reason}.",
        'Write doses.VACCINE="skip 2; late 60 d; extra 30 y", or treatments.THERAPY="400 mg/kg every 28 d from 4 y".',
        "Doses of a schedule can be skipped, be late, or be more, and a treatment can be given for years.",
    ),
)
