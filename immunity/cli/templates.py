"""Files with blanks, as `immunity new` writes them: each is valid as it stands."""

from __future__ import annotations

_MOLECULE = """\
# A signal between cells. Replace the numbers, and give each its source.
id: NAME
kind: molecule
name: NAME
xref: {uniprot: "P00000"}
story: What makes it, what it does, how long it lasts.
unit: ng
floor: "1 ng"
lives_in: {blood: [], each site: []}
flows:
  - verb: secrete
    at: each site
    by: macrophage at site
    hazard: {value: "1e-6 ng/cell/day", status: assumed}
    needs: {signal: microbial_pattern at site, half: {value: "1e5 CFU/mL", status: assumed}}
  - {verb: drain, from: each site, to: at blood, half_life: {value: "1 h", status: assumed}}
  - {verb: clear, of: at blood, half_life: {value: "1 h", status: assumed}}
readouts:
  - {id: blood.NAME, name: NAME in blood, sum: [at blood], per: volume of blood, unit: pg/mL, panel: signals}
# To let a cell sense it, add a law to one of its rules:
# modifies:
#   - {flow: neutrophil.extravasate, rises_with: {signal: NAME at site, half: "1 ng/mL", up_to: "5"}}
"""

_CELL = """\
id: NAME
kind: cell
name: NAME
xref: {cl: "CL:0000000"}
story: Where it is made, where it goes, what it does, how it ends.
lives_in: {blood: []}
flows:
  - {verb: produce, to: at blood, hazard: {value: "1e9 cell/day", status: assumed}}
  - {verb: die, of: at blood, half_life: {value: "1 day", status: assumed}}
readouts:
  - {id: blood.NAME, name: NAME in blood, sum: [at blood], per: volume of blood, unit: 1e9 cell/L, panel: blood}
"""

_THREAT = """\
# A bacterium. Every cell that senses microbial patterns or engulfs bacteria meets it without a further rule.
id: NAME
kind: threat
name: NAME
xref: {ncbi_taxonomy: "0"}
story: Where it enters, how fast it grows, what holds it.
unit: CFU
is: [bacterium]
carries: {microbial_pattern: "1"}
lives_in: {each site: []}
flows:
  - {verb: replicate, at: each site, of: NAME at site, doubling_time: {value: "1 h", status: assumed}}
"""

_THERAPY = """\
id: NAME
kind: therapy
name: NAME
xref: {atc: "X00XX00"}
story: How it is given, how long it stays, what it changes.
unit: mg
lives_in: {blood: []}
given: {intravenous: at blood}
flows:
  - {verb: clear, of: at blood, half_life: {value: "2 h", status: assumed}}
readouts:
  - {id: blood.NAME, name: NAME in blood, sum: [at blood], per: volume of blood, unit: mg/L, panel: drugs}
# What it does: laws laid on rules of others.
# modifies:
#   - {flow: tnf.secrete, falls_with: {signal: NAME at blood, half: "1 mg/L"}}
"""

_DEFICIENCY = """\
id: NAME
kind: deficiency
name: NAME
story: What is missing, and in whom.
changes:
  - {number: neutrophil.produce.hazard, multiply: {value: "0.1", status: assumed}}
"""

_SCENARIO = """\
id: NAME
kind: scenario
title: NAME
days: 10
every: "1 h"
host: {age: "35 y"}
exposures: []
therapies: []
"""

_FINDING = """\
id: NAME
kind: finding
claim: What was found, in whom, how many.
cite: Author. Journal year;volume:page
used_for: validation
runs:
  people: {scenario: cut_finger, days: 10}
measure: {run: people, readout: blood.neutrophils, statistic: maximum}
expect: {value: "10e9 cell/L", lo: "6e9 cell/L", hi: "15e9 cell/L", scale: log10}
"""

TEMPLATES: dict[str, tuple[str, str]] = {
    "molecule": ("molecules", _MOLECULE),
    "cell": ("cells", _CELL),
    "threat": ("threats", _THREAT),
    "therapy": ("therapies", _THERAPY),
    "deficiency": ("deficiencies", _DEFICIENCY),
    "scenario": ("scenarios", _SCENARIO),
    "finding": ("findings", _FINDING),
}
