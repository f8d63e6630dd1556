"""Files with blanks, as `immunity new` writes them: each is valid as it stands, and does something."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A kind of file: the folder it goes into, its text, and what to type next."""

    folder: str
    text: str
    then: str


_MOLECULE = """\
# A signal between cells. As it stands macrophages make it in an alarmed tissue, and it calls neutrophils.
# Replace the words and numbers by those of your molecule. Where you have a paper, name it (immunity new sources):
#   {value: "30 min", status: measured, source: smith2019}
id: NAME
kind: molecule
name: NAME
xref: {uniprot: "P00000"}
story: What makes it, what it does, how long it lasts.
unit: ng
lives_in: {each site: [], plasma: []}
flows:
  # who makes it, how much each makes, and what makes them do so
  - verb: secrete
    by: macrophage at each site
    to: at site
    hazard: {value: "1e-5 ng/cell/day", status: assumed}
    with: [local_alarm at site]
  # how it leaves the tissue, and how long it lasts
  - {verb: drain, from: at each site, to: at plasma, hazard: {value: "3 1/day", status: assumed}}
  - {verb: decay, of: at each site, half_life: {value: "1 h", status: assumed}}
  - {verb: clear, of: at plasma, half_life: {value: "30 min", status: assumed}}
modifies:
  # what it changes: a law laid on a rule of others (immunity list flows)
  - flow: neutrophil_traffic.extravasate
    rises_with:
      signal: NAME at site
      half: {value: "1 ng/mL", status: assumed}
      up_to: {value: "5", status: assumed}
readouts:
  - {id: skin.NAME, name: NAME in the dermis, sum: [at skin], per: volume of skin, unit: ng/mL, panel: skin}
  - {id: blood.NAME, name: NAME in plasma, sum: [at plasma], per: volume of plasma, unit: pg/mL, panel: cytokines}
"""

_CELL = """\
# A kind of cell. As it stands it is made at a steady rate, circulates, and dies.
id: NAME
kind: cell
name: NAME
xref: {cl: "CL:0000000"}
story: Where it is made, where it goes, what it does, how it ends.
lives_in: {blood: []}
flows:
  - {verb: produce, to: at blood, hazard: {value: "1e9 cell/day", status: assumed}}
  - {verb: die, of: at blood, mean_time: {value: "2 day", status: assumed}}
readouts:
  - {id: blood.NAME, name: NAME in blood, sum: [at blood], per: volume of blood, unit: 1e9 cell/L, panel: blood}
"""

_THREAT = """\
# A bacterium. Every cell that senses microbial patterns or engulfs bacteria meets it without a further rule.
id: NAME
kind: threat
name: NAME
xref: {ncbitaxon: "NCBITaxon:0"}
story: Where it lives, what it does where it gets in, what holds it.
unit: CFU
# every bacterium grows, spreads and is trapped; an extracellular one dies when it is engulfed
is: [bacterium, extracellular_bacterium]
carries: {microbial_pattern: {value: "1", status: assumed}}
lives_in: {each surface: [], each guarded: []}
enters: {each guarded_site: at guarded_site.surface}
floor: "1 CFU"
numbers:
  growth: {derived: "log(2) / doubling", where: {doubling: "1 h"}, status: assumed, note: in tissue}
  film_growth: {value: "3 1/day", status: assumed, note: on moist covered skin}
  uptake: {value: "1", status: assumed, note: "by phagocytes, relative to S. aureus; a capsule makes it less"}
  toxicity: {value: "2 1/day", status: assumed, note: death of tissue where the bacterium is at its densest}
"""

_THERAPY = """\
# A drug. As it stands it is swallowed or injected, cleared, and holds back what macrophages make of CXCL8.
id: NAME
kind: therapy
name: NAME
xref: {chebi: "CHEBI:0"}
story: How it is given, how long it stays, what it changes.
unit: mg
lives_in: {body: [gut], plasma: []}
given: {oral: gut at body, intravenous: at plasma}
floor: "1e-9 mg"
numbers:
  distribution: {derived: "per_kg * weight", where: {per_kg: "0.5 L/kg", weight: "70 kg"}, status: assumed}
  bioavailability: {value: "0.8", status: assumed}
signals:
  - {id: NAME_level, name: Level of NAME, sum: [at plasma], per: NAME.distribution, unit: mg/L}
flows:
  - verb: absorb
    from: gut at body
    to: at plasma
    half_life: {value: "30 min", status: assumed}
    yields: {use: NAME.bioavailability}
  - {verb: clear, of: at plasma, half_life: {value: "4 h", status: assumed}}
modifies:
  # what it changes: a law laid on a rule of others (immunity list flows)
  - flow: cxcl8.in_tissue
    falls_with:
      signal: NAME_level
      half: {value: "0.05 mg/L", status: assumed}
      down_to: {value: "0.1", status: assumed}
readouts:
  - {id: blood.NAME, name: NAME in plasma, signal: NAME_level, unit: mg/L, panel: drugs}
"""

_DEFICIENCY = """\
# What is missing or faulty in a person: changes of numbers (immunity list numbers). It composes with any scenario.
id: NAME
kind: deficiency
name: NAME
xref: {omim: "0"}
story: What is missing, and in whom.
changes:
  - {number: neutrophil_traffic.extravasate.hazard, multiply: {value: "0.1", status: assumed}}
"""

_SCENARIO = """\
# Who meets what, and when. Every line may be changed at the command line too: --with days=5
id: NAME
kind: scenario
title: NAME
days: 10
every: "1 h"
host: {age: "35 y", deficiencies: []}
exposures:
  - {threat: staphylococcus_aureus, site: skin, dose: "1e5 CFU", at: "0 d"}
  - {threat: scrape, site: skin, dose: "1 cm2", at: "0 d"}
therapies: []
show: [skin.bacteria, skin.neutrophils, skin.damage, blood.neutrophils, blood.crp]
"""

_RULES = """\
# Rules that belong to no single entity: laws laid on rules of others, signals, readouts.
id: NAME
kind: rules
name: NAME
story: What these rules say.
modifies:
  - flow: neutrophil_traffic.extravasate
    falls_with:
      signal: il6.free at site
      half: {value: "0.1 ng/mL", status: assumed}
readouts:
  - {id: skin.NAME, name: Phagocytes in the dermis, sum: [phagocyte at skin], unit: cell, panel: skin}
"""

_SOURCES = """\
# Papers. A number names one by its key: {value: "30 min", status: measured, source: smith2019, page: 12}
id: NAME
kind: sources
sources:
  smith2019:
    cite: Smith A, Jones B. Title. Journal 2019;1:1-10
    doi: 10.0000/replace
    note: What it is evidence for.
"""

_FINDING = """\
# A published result that the model should reproduce. Judged by: immunity validate --findings FOLDER
id: NAME
kind: finding
topic: skin
claim: What was found.
design: In whom, how many, what was done to them.
cite: Author A, Author B. Title. Journal year;volume:page
used_for: validation
interval: Where lo and hi come from.
runs:
  people: {scenario: cut_finger, days: 3}
measure: {run: people, readout: skin.neutrophils, statistic: time_of_maximum}
expect: {value: "1 d", lo: "12 h", hi: "2 d"}
"""

_TRIAL = """\
# A trial: arms of hosts, what is looked at, how arms differ. One of two scraped fingers gets an antibiotic.
# Run it: immunity trial FILE --hosts 10 --out DIR
id: NAME
kind: trial
title: NAME
question: What is to be found out.
scenario: cut_finger
days: 7
arms:
  # the first is the one that others are compared with; 'with' changes keys of the scenario, as --with does
  placebo: {}
  antibiotic:
    with:
      therapies: [{therapy: flucloxacillin, dose: "500 mg", every: "6 h", from: "12 h", until: "5 d"}]
# people: {young: {share: 1, host: {age: "35 y"}}, old: {share: 1, host: {age: "75 y"}}}
# enrolment: {at: "12 h", eligible: skin.bacteria > 1e6 CFU/mL at 12 h}
allocation: same_hosts            # or randomised
hosts: 50                         # in each arm
# dropout: "0.01 1/day"
endpoints:
  # the first is the primary one
  clean: {title: Wound clean, time_to: skin.bacteria < 1e3 CFU/mL after 1 d, better: more}
  damage: {title: Dead tissue, readout: skin.damage, statistic: maximum, compare: geometric_mean, better: less}
show: [skin.bacteria, skin.damage]
"""

_LOOK = "immunity check INTO; then: immunity explain NAME --overlay INTO"

TEMPLATES: dict[str, Template] = {
    "molecule": Template("molecules", _MOLECULE, _LOOK),
    "cell": Template("cells", _CELL, _LOOK),
    "threat": Template("threats", _THREAT, _LOOK),
    "therapy": Template("therapies", _THERAPY, _LOOK),
    "deficiency": Template("deficiencies", _DEFICIENCY, _LOOK),
    "rules": Template("rules", _RULES, _LOOK),
    "scenario": Template("scenarios", _SCENARIO, "immunity run NAME --overlay INTO"),
    "sources": Template("sources", _SOURCES, "immunity check INTO"),
    "trial": Template("trials", _TRIAL, "immunity trial INTO/trials/NAME.yaml --hosts 10 --out DIR"),
    "finding": Template("findings", _FINDING, "immunity validate --findings INTO/findings"),
}
