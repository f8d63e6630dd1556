"""Errors that come up in a run, in writing its results, or in judging findings."""

from __future__ import annotations

from immunity.language.catalogue.kind import ErrorKind

KINDS = (
    # E7xx running and writing ----------------------------------------------------------------------
    ErrorKind(
        "E701",
        "Cannot write",
        "{text!r} cannot be written: {reason}.",
        "Choose another folder.",
        "Nothing was changed there.",
    ),
    ErrorKind(
        "E702",
        "Disk full",
        "There is no space left to write {text!r}.",
        "Free some space, or choose another folder with --out. Earlier results are intact.",
        "A result is written beside its final place and moved there when it is complete.",
    ),
    ErrorKind(
        "E703",
        "Interrupted",
        "Interrupted before the result was complete.",
        "Run it again; a cohort goes on where it stopped with --resume. Earlier results are intact.",
        "A result is written beside its final place and moved there when it is complete.",
    ),
    ErrorKind(
        "E704",
        "Extra not installed",
        "This needs the package {text!r}, which is not installed.",
        "Install it: pip install {text}.",
        "Parts that few need are extras, so that the core stays small.",
    ),
    ErrorKind(
        "E705",
        "Result not readable",
        "{text!r} is not a complete result: {reason}.",
        "Name the folder that 'immunity run --out' wrote.",
        "A result folder holds result.zarr and summary.json.",
    ),
    ErrorKind(
        "E706",
        "File exists",
        "{text!r} is there already.",
        "Choose another name, or delete the file.",
        "Files with blanks never replace what somebody wrote.",
    ),
    ErrorKind(
        "E707",
        "Host does not come to rest",
        "The host of {text!r} could not be settled: {status}.",
        "Check production and loss of every pool: 'immunity trace' shows both.",
        "A scenario starts from a host at rest.",
    ),
    ErrorKind(
        "E708",
        "Table of observed data not readable",
        "{text!r} cannot be laid over a run: {reason}.",
        "Give a row for each value: columns time, value, unit, readout, subject, lod; see docs/howto/observed_data.md.",
        "A value is laid over the curve of its readout, in the readout's unit.",
    ),
    ErrorKind(
        "E709",
        "Not exported",
        "{text!r} has {reason}, which no exported document says.",
        "Export a scenario without it, with dated events alone.",
        "An export that leaves something out would be another model.",
    ),
    ErrorKind(
        "E715",
        "Not an SBML document",
        "{text!r} is not a document of SBML: {reason}.",
        "Check it with the tool that wrote it.",
        "Level 2 and 3 of SBML core are read, without faults that libSBML calls errors.",
    ),
    ErrorKind(
        "E716",
        "Not said in the rule language",
        "{text!r} cannot be brought over: {reason}.",
        "Write the model without it; docs/howto/import_sbml.md says what is understood.",
        "What a document says is brought over whole or not at all.",
    ),
    ErrorKind(
        "E731",
        "Too much for the explorer",
        "A page may not ask for {text}: its limit is {limit}.",
        "Ask for less, or run it on the command line: 'immunity run' and 'immunity cohort' have no such limit.",
        "A page runs a whole body at every touch of a slider, and shares this machine with whatever else is open.",
    ),
    ErrorKind(
        "E732",
        "Run no longer kept",
        "The run {text!r} is not kept any more.",
        "Move a slider, or reload the page: it is run again.",
        "The explorer keeps the last runs only.",
    ),
    ErrorKind(
        "E733",
        "Lesson speaks of what is not there",
        "The lesson speaks of {what} {text!r}, which there is not.",
        "Correct the name.",
        "Scenarios, readouts and deficiencies that a lesson names are those of the rule book.",
    ),
    ErrorKind(
        "E734",
        "Port in use",
        "The port {text} is in use, or may not be opened.",
        "Choose another with --port, or leave it out: then a free one is found.",
        "Another program, or another explorer, listens there.",
    ),
    # E8xx findings ---------------------------------------------------------------------------------
    ErrorKind(
        "E801",
        "Unknown finding",
        "There is no finding {text!r}.",
        "Give a name from 'immunity list findings'.",
        "The finding is in none of the folders of findings.",
    ),
    # E9xx numerical and internal -------------------------------------------------------------------
    ErrorKind(
        "E901",
        "Fault in the program",
        "The program failed in a way that is not your fault: {text}.",
        "Please report it, with the command and the rule book.",
        "Anything that reaches this code is a fault to be mended.",
    ),
    ErrorKind(
        "E902",
        "Integration stopped",
        "Host {host} stopped at day {day}: {reason}.",
        "Look for a rate or an amount that is far out of range: 'immunity check' lists suspects.",
        "The step size became too small or the number of steps too large.",
    ),
)
