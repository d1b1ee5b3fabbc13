"""Seed -> papers with abstracts that read like real ones, each with the subject and the area it was written for.

An abstract has a background, an aim, a method, a result and a conclusion, each a sentence drawn from several of its
subject; what is in braces is drawn too. Sentences of its area, and sentences that any paper could hold, are added and
stand in for some of its own, so that subjects of one area have words in common, and all papers the words of science. A
few papers lie between two subjects of one area, and a few, such as an editorial, belong nowhere.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SECTIONS = ("background", "aim", "method", "result", "conclusion")
FEWEST_WORDS, MOST_WORDS = 60, 150  # of an abstract
MOST_MORE = 3  # sentences beyond one for each section
OWN = 0.7  # chance that a title, or a section other than the aim, speaks of its subject rather than of its area
SIZES = (100, 72, 54, 40, 32, 26, 20, 16, 13, 11, 9, 8)  # papers of a subject; which has how many, the seed says
BETWEEN = 24  # papers between two subjects: two of each pair
GENERIC = 6
NOWHERE = "none"  # subject and area of a paper that belongs nowhere
# Slots that hold a number: at least, less than.
NUMBERS = {"n": (24, 900), "many": (1_000, 90_000), "percent": (6, 64), "few": (2, 12), "year": (1996, 2021)}


@dataclass(frozen=True)
class Subject:
    """slots: name -> what may stand for {name}; {name_2} is another one. The others: sentences, one a paper or more."""

    area: str
    slots: Mapping[str, tuple[str, ...]]
    titles: tuple[str, ...]
    background: tuple[str, ...]
    aim: tuple[str, ...]
    method: tuple[str, ...]
    result: tuple[str, ...]
    conclusion: tuple[str, ...]


BIRDS = Subject(
    area="ecology",
    slots={
        "species": (
            *("barn swallows", "Arctic terns", "bar-tailed godwits", "white storks", "willow warblers", "ospreys"),
            *("pied flycatchers", "sandhill cranes", "honey buzzards", "common cuckoos"),
        ),
        "tags": ("light-level geolocators", "satellite tags", "colour rings", "radio transmitters", "GPS loggers"),
        "place": (
            *("the Sahara", "the Strait of Gibraltar", "the Baltic coast", "the Yellow Sea", "the Gulf of Mexico"),
            *("the Alps", "the eastern Mediterranean"),
        ),
        "season": ("spring", "autumn"),
        "driver": ("tailwinds", "day length", "winter rainfall", "lunar phase", "fat reserves", "artificial light"),
        "trait": (
            *("arrival date", "stopover duration", "flight altitude", "departure timing", "route fidelity"),
            *("flight speed", "first-year survival"),
        ),
    },
    titles=(
        "Influence of {driver} on {trait} in {species}",
        "{season} passage of {species} across {place}",
        "{trait} of {species} near {place}: evidence from {tags}",
        "How {species} find their way over {place}",
        "Carry-over effects of the wintering grounds on {trait} of {species}",
        "Loops, detours and stopovers: individual journeys of {species}",
    ),
    background=(
        "Every year {species} fly thousands of kilometres between nesting areas and wintering grounds.",
        "Long-distance migrants decline faster than resident birds, and losses on the journey may be one cause.",
        "How young {species} reach places that they have never seen is still poorly understood.",
        "Migrants have to match their travels to short peaks of food, and warmer springs shift these peaks.",
        "Barriers such as {place} make travelling birds choose between a risky crossing and a long detour.",
    ),
    aim=(
        "We tested whether {trait} in {species} depends on {driver}.",
        "Here we describe the {season} routes of {species} and the wetlands and woods where they refuel.",
        "Our aim was to separate the effect of {driver} on {trait} from the effects of age and sex.",
        "We asked whether {species} that cross {place} pay for it later in the breeding season.",
        "This paper follows {species} from one nesting season to the next and looks at {trait} in particular.",
    ),
    method=(
        "Between {year} and 2023 we fitted {n} adult {species} with {tags} at {few} nesting sites.",
        "Tracks were matched with hourly wind fields and split into flights and stops by a hidden Markov model.",
        "Ringing records of {few} observatories around {place} were compared with counts by weather radar.",
        "We weighed {n} birds trapped at a stopover near {place} and scored the fat under their skin.",
        "Isotopes in feathers told us in which part of the winter range each bird had moulted.",
        "Orientation of {n} hand-raised birds was recorded in funnels under a natural and a shifted magnetic field.",
    ),
    result=(
        "{trait} varied with {driver}, which explained {percent} % of the variation between individuals.",
        "Adults crossed {place} in {few} nights on average, whereas juveniles needed about twice as long.",
        "Of the marked {species}, {percent} % came back by the same flyway, and most rested at the same wetlands.",
        "{season} journeys were {few} days shorter than two decades ago, mostly because stopovers were cut short.",
        "Birds that left late flew faster but arrived with less fat and raised fewer chicks.",
        "Neither {driver} nor body size predicted {trait}, but experience did.",
    ),
    conclusion=(
        "Protecting a chain of stopover sites around {place} would help {species} more than any single reserve.",
        "{species} thus adjust their schedule on the way, but only within the limits set by {driver}.",
        "Such flexibility may let some flyway populations keep up with earlier springs.",
        "Events on the wintering grounds therefore reach into the breeding season far to the north.",
        "What looks like an inborn compass is in part learned on the first journey.",
    ),
)

CORALS = Subject(
    area="ecology",
    slots={
        "coral": (
            *("staghorn corals", "brain corals", "table corals", "lobe corals", "cauliflower corals"),
            *("mushroom corals", "fire corals", "soft corals"),
        ),
        "reef": (
            *("the northern Great Barrier Reef", "the Maldives", "the Red Sea", "the Florida Keys", "Okinawa"),
            *("the Seychelles", "the Andaman Sea"),
        ),
        "stress": ("heat stress", "strong light", "turbid water", "acidified water", "nutrient excess", "low oxygen"),
        "symbiont": ("Durusdinium", "Cladocopium", "Breviolum", "Symbiodinium"),
        "measure": (
            *("symbiont density", "photochemical efficiency", "live coral cover", "calcification rate"),
            *("larval settlement", "tissue thickness", "partial mortality"),
        ),
        "depth": ("shallow lagoons", "the reef crest", "the outer slope", "depths below thirty metres", "patch reefs"),
    },
    titles=(
        "Bleaching of {coral} under {stress} in {reef}",
        "Recovery of {measure} after mass bleaching in {reef}",
        "{symbiont} and the heat tolerance of {coral}",
        "{measure} of {coral} in {depth} during a marine heatwave",
        "Does repeated exposure to {stress} harden {coral}?",
        "Winners and losers among {coral} and {coral_2} on a warming reef",
    ),
    background=(
        "When the sea stays too warm for weeks, corals expel the algae that feed them and turn white.",
        "Mass bleaching has struck {reef} {few} times since {year}, with ever shorter pauses for recovery.",
        "Reefs shelter a quarter of all marine species, yet most of their builders live close to their thermal limit.",
        "Why {coral} bleach in one bay and stay healthy in the next is an open question.",
        "Symbiosis with {symbiont} gives a coral energy in good years and becomes a burden in hot ones.",
    ),
    aim=(
        "We examined how {stress} alters {measure} in {coral}.",
        "Our aim was to find out whether {depth} serve as a refuge for {coral}.",
        "Here we follow {coral} through a marine heatwave and the two years after it.",
        "We asked whether colonies that host {symbiont} keep their colour longer than others.",
        "This study compares {coral} and {coral_2} in their response to {stress}.",
    ),
    method=(
        "We photographed {n} tagged colonies in {depth} of {reef} before, during and after the hot season.",
        "Fragments of {coral} were kept in {few} aquarium systems, where temperature rose by half a degree a day.",
        "Algal partners were identified by amplicon sequencing and counted by flow cytometry.",
        "Degree heating weeks from satellite records were set against {few} decades of transect surveys.",
        "Light, temperature and oxygen were logged every ten minutes in {depth}.",
        "Larvae from {n} heat-selected parents were settled on tiles and reared for {few} months.",
    ),
    result=(
        "{measure} fell by {percent} % after {few} degree heating weeks and recovered only where grazers were common.",
        "Colonies with {symbiont} bleached later but grew more slowly in normal years.",
        "In {depth}, {percent} % of the {coral} survived, against half as many near the surface.",
        "Combined with {stress}, warming of one degree halved {measure}; either alone did little.",
        "Corals bleached once before lost fewer algae than those that met the heat for the first time.",
        "Dead skeletons were overgrown by turf within {few} months, which left no room for recruits.",
    ),
    conclusion=(
        "Cleaner water would buy {reef} some time, but not replace a stable climate.",
        "Shifts towards {symbiont} are no lasting rescue, since tolerance is paid for with growth.",
        "Reefs in {depth} deserve protection as a source of larvae for damaged neighbours.",
        "Past exposure should enter forecasts of which {coral} will bleach.",
        "Restoration with heat-tolerant stock looks feasible for {coral}, though only on a small scale.",
    ),
)

SOIL = Subject(
    area="ecology",
    slots={
        "habitat": (
            *("beech forests", "alpine meadows", "rice paddies", "maize fields", "drained peatlands"),
            *("dry grasslands", "vineyards", "permafrost tundra"),
        ),
        "group": (
            *("mycorrhizal fungi", "ammonia-oxidising archaea", "actinobacteria", "methanotrophs"),
            *("saprotrophic fungi", "rhizobia", "bacterial predators"),
        ),
        "treatment": (
            *("summer drought", "nitrogen addition", "deep tillage", "liming", "biochar", "experimental warming"),
            "cover cropping",
        ),
        "process": (
            *("carbon storage", "nitrous oxide emission", "litter decomposition", "enzyme activity"),
            *("phosphorus uptake", "microbial respiration", "aggregate formation"),
        ),
        "layer": ("the topsoil", "the subsoil", "the rhizosphere", "the litter layer"),
    },
    titles=(
        "Response of {group} to {treatment} in {habitat}",
        "{group} and {process} in {layer} of {habitat}",
        "Legacy of {treatment} in the soil microbiome of {habitat}",
        "{treatment} alters {process} through {group}",
        "Who lives in {layer}? Community assembly of {group} along a gradient of {habitat}",
        "Microbial controls on {process} after {treatment}",
    ),
    background=(
        "A gram of soil holds billions of cells, and most of what they do is known only in sum.",
        "In {habitat}, {group} drive much of the turnover of carbon and nutrients.",
        "Models of the carbon cycle treat microbes as a constant, although {treatment} changes who is active.",
        "Plants feed the microbes around their roots with sugars and get minerals in return.",
        "Whether {process} follows from the number of microbes or from their identity is debated.",
    ),
    aim=(
        "We studied how {treatment} affects {group} and, through them, {process}.",
        "Our aim was to tell the effects of moisture, acidity and {treatment} on {group} apart.",
        "Here we ask whether communities in {layer} of {habitat} return to their former state after {treatment}.",
        "We tested the idea that diverse communities of {group} keep up {process} under stress.",
        "This study links genes for nutrient cycling in {layer} with measured {process}.",
    ),
    method=(
        "Cores were taken from {n} plots in {habitat} and sequenced for bacterial and fungal marker genes.",
        "In a field trial that began in {year}, {few} levels of {treatment} were compared on loam and on sand.",
        "Microcosms were labelled with heavy carbon, and growing taxa were told by the density of their DNA.",
        "Gas fluxes were measured weekly with closed chambers, together with extractable nitrogen.",
        "We inoculated sterile soil with {few} dilutions of a natural community and followed it for {few} months.",
        "Phospholipid fatty acids and extracellular enzymes were assayed in {layer}.",
    ),
    result=(
        "{treatment} reduced the abundance of {group} by {percent} %, while total biomass hardly changed.",
        "{process} rose by {percent} % in {layer} and stayed the same below.",
        "Acidity explained more of the community than {treatment} or plant cover did.",
        "{group} gave way to {group_2} within {few} weeks and did not come back in the second year.",
        "Genes for denitrification were common wherever {process} was high, but their activity was not.",
        "Losing rare taxa left respiration untouched and cut the breakdown of lignin by {percent} %.",
    ),
    conclusion=(
        "Farm practice that spares {group} may therefore keep more carbon in the ground.",
        "Soil communities remember {treatment} for years, and trials of one season miss this.",
        "Models of {process} would gain from telling at least two groups of microbes apart.",
        "In {habitat} it is identity, not number, of microbes that governs {process}.",
        "Managing the acidity of {layer} is a simple way to steer its microbes.",
    ),
)

STROKE = Subject(
    area="medicine",
    slots={
        "therapy": (
            *("mirror therapy", "robot-assisted training", "constraint-induced therapy", "treadmill training"),
            *("transcranial stimulation", "virtual reality training", "electrical muscle stimulation"),
            *("music-supported therapy", "circuit training"),
        ),
        "function": (
            *("arm function", "walking speed", "balance", "hand dexterity", "swallowing", "speech fluency"),
            "spatial attention",
        ),
        "phase": ("the first month", "the subacute phase", "the chronic phase", "the second half-year"),
        "scale": ("Fugl-Meyer assessment", "Barthel index", "Berg balance scale", "Action Research Arm Test"),
        "setting": ("inpatient clinics", "home programmes", "community centres", "day hospitals", "rural hospitals"),
    },
    titles=(
        "{therapy} for {function} in {phase} after stroke",
        "Effect of {therapy} on {function} of stroke survivors in {setting}",
        "Dose and timing of {therapy} after ischaemic stroke",
        "Predictors of recovery of {function} after stroke",
        "{therapy} compared with {therapy_2} after stroke: {function} at six months",
        "What stroke survivors and carers expect of {therapy}",
    ),
    background=(
        "Stroke leaves half of its survivors with lasting weakness, and {function} is often what they miss most.",
        "Most recovery of {function} happens early, when the brain rewires itself around the lesion.",
        "Guidelines recommend {therapy}, but few services offer as many hours as trials do.",
        "After discharge from {setting}, many survivors practise little and lose what they had gained.",
        "Whether {therapy} restores movement or teaches the patient to compensate is disputed.",
    ),
    aim=(
        "We compared {therapy} with usual physiotherapy in people in {phase} after stroke.",
        "Our aim was to learn which patients regain {function} with {therapy}.",
        "This trial asked whether {therapy} at home is as good as sessions in {setting}.",
        "We assessed how many hours of {therapy} are needed for a change in {function} that patients notice.",
        "We explored how therapists in {setting} decide on {therapy} and when they stop it.",
    ),
    method=(
        "{n} adults with hemiparesis were assigned to {therapy} or control, five sessions a week for {few} weeks.",
        "The primary outcome was the change in the {scale} after {few} weeks, rated by blinded therapists.",
        "Lesion size and integrity of the corticospinal tract were measured by diffusion imaging.",
        "Wrist-worn accelerometers counted how often the affected arm was used during the day.",
        "Therapists in {few} {setting} were interviewed, and the transcripts were coded by two readers.",
        "Motor evoked potentials of both hemispheres were recorded before and after {few} weeks of {therapy}.",
    ),
    result=(
        "The {scale} improved by {few} points more with {therapy} than with control.",
        "Gains in {function} were kept at six months by {percent} % of the participants.",
        "Early finger extension and an intact motor tract predicted recovery better than age or lesion side.",
        "Participants who practised daily used their paretic arm {percent} % more, whatever group they were in.",
        "There was no difference in {function}, but fatigue and low mood were less common after {therapy}.",
        "Shoulder pain led {few} people to stop {therapy}; there were no falls during the sessions.",
    ),
    conclusion=(
        "{therapy} can be added to rehabilitation in {phase} without more staff.",
        "Intensity, more than the kind of training, seems to decide how far {function} comes back.",
        "Stroke services should test the motor tract early and plan {therapy} accordingly.",
        "For survivors with severe paresis, {therapy} is no substitute for hands-on physiotherapy.",
        "Rehabilitation should go on beyond {phase}, since {function} still improves then.",
    ),
)

RESISTANCE = Subject(
    area="medicine",
    slots={
        "bug": (
            *("Klebsiella pneumoniae", "Escherichia coli", "Staphylococcus aureus", "Acinetobacter baumannii"),
            *("Pseudomonas aeruginosa", "Enterococcus faecium", "Neisseria gonorrhoeae", "Salmonella enterica"),
        ),
        "drug": (
            *("carbapenems", "cephalosporins", "fluoroquinolones", "colistin", "vancomycin", "macrolides"),
            "aminoglycosides",
        ),
        "place": (
            *("intensive care units", "nursing homes", "poultry farms", "long-stay wards", "neonatal wards"),
            *("outpatient clinics", "veterinary practices"),
        ),
        "mechanism": (
            *("plasmid-borne beta-lactamases", "efflux pumps", "porin loss", "target mutations", "biofilm growth"),
            "ribosomal methylation",
        ),
    },
    titles=(
        "Resistance of {bug} to {drug} in {place}",
        "{mechanism} in clinical isolates of {bug}",
        "Genomic epidemiology of {bug} resistant to {drug}",
        "Stewardship of {drug} and carriage of resistant {bug} in {place}",
        "Evolution of {bug} under stepwise exposure to {drug}",
        "{drug} combined with {drug_2} against multidrug-resistant {bug}",
    ),
    background=(
        "Resistant {bug} is spreading in {place}, and few drugs are left to treat it.",
        "Overuse of {drug} selects for strains that survive treatment, and {place} provide the opportunity.",
        "Resistance genes move between species on plasmids, so that a strain can become untreatable within days.",
        "Infections by {bug} that no longer respond to {drug} double the risk of death.",
        "The share of resistance to {drug} that is due to {mechanism} is not well known.",
    ),
    aim=(
        "We determined how often {bug} from {place} resists {drug} and by what means.",
        "Our aim was to trace the spread of resistant {bug} between patients and {place}.",
        "This study tested whether cutting the use of {drug} lowers carriage of resistant {bug}.",
        "We investigated the part of {mechanism} in the failure of {drug}.",
        "We asked what it costs {bug}, in growth, to become resistant to {drug}.",
    ),
    method=(
        "{n} isolates collected since {year} were tested by broth microdilution and sequenced.",
        "Swabs were taken weekly in {few} {place} and plated on agar with {drug}.",
        "Bacterial lineages were passaged for {few} weeks at rising concentrations of {drug}.",
        "Plasmids were assembled from long reads, and transmission was inferred from core genome differences.",
        "Prescriptions of {drug} per thousand patient-days were related to resistance one month later.",
        "Time-kill curves of {drug} alone and with {drug_2} were recorded for {n} strains.",
    ),
    result=(
        "Of the isolates, {percent} % were resistant to {drug}, and most belonged to one clone.",
        "{mechanism} accounted for {percent} % of the resistant strains of {bug}.",
        "Resistance to {drug} fell within {few} months once prescriptions had been cut by a third.",
        "The minimum inhibitory concentration rose {few}-fold after the first mutation and more slowly afterwards.",
        "Identical plasmids turned up in {bug} of patients, of sinks and of staff.",
        "Adding {drug_2} restored killing in {percent} % of the strains and delayed regrowth in others.",
    ),
    conclusion=(
        "Screening for {bug} on admission and careful use of {drug} should go together.",
        "Sequencing in routine laboratories would uncover outbreaks of {bug} weeks earlier.",
        "Blocking {mechanism} may give old antibiotics such as {drug} a second life.",
        "Resistance of {bug} is not bound to fade once use of {drug} ends, as its cost is small.",
        "Surveillance that leaves {place} out underestimates the reservoir of resistance genes.",
    ),
)

APNOEA = Subject(
    area="medicine",
    slots={
        "treatment": (
            *("positive airway pressure", "a mandibular advancement device", "hypoglossal nerve stimulation"),
            *("weight loss", "positional therapy", "tongue exercises", "tonsil surgery"),
        ),
        "outcome": (
            *("daytime sleepiness", "morning blood pressure", "glucose control", "atrial fibrillation"),
            *("memory", "depressed mood", "reaction time"),
        ),
        "people": (
            *("middle-aged men", "pregnant women", "children", "patients with heart failure", "lorry drivers"),
            *("older adults", "shift workers", "adults with obesity"),
        ),
        "monitor": (
            *("full polysomnography", "a home sleep test", "wrist oximetry", "a bedside radar sensor"),
            *("a smartphone microphone", "a chest band"),
        ),
    },
    titles=(
        "Obstructive sleep apnoea and {outcome} in {people}",
        "{treatment} for sleep apnoea in {people}",
        "Diagnosis of sleep apnoea by {monitor} in {people}",
        "Effect of {treatment} on {outcome} in obstructive sleep apnoea",
        "Adherence to {treatment} among {people} with sleep-disordered breathing",
        "Night-to-night variation of apnoea recorded with {monitor}",
    ),
    background=(
        "In obstructive sleep apnoea the upper airway collapses many times a night, and oxygen drops each time.",
        "Sleep apnoea is common in {people}, yet most of them have never been tested.",
        "Untreated apnoea has been tied to {outcome}, though obesity may explain part of the link.",
        "Many patients give up {treatment} within a year because of discomfort.",
        "Snoring alone says little about how often breathing stops during sleep.",
    ),
    aim=(
        "We studied whether {treatment} improves {outcome} in {people} with moderate apnoea.",
        "Our aim was to validate {monitor} against a night in the sleep laboratory.",
        "We estimated how many {people} have undiagnosed sleep apnoea, and how it relates to {outcome}.",
        "This study asked what makes {people} keep using {treatment}.",
        "We looked for measures of disturbed breathing that predict {outcome} better than the apnoea index.",
    ),
    method=(
        "{n} {people} with an apnoea-hypopnoea index above fifteen were assigned to {treatment} or to advice alone.",
        "Breathing was recorded at home with {monitor} over {few} nights and scored by two technicians.",
        "Use of {treatment} was read from the device after {few} months.",
        "We measured {outcome} before treatment and after {few} months of it.",
        "Drug-induced endoscopy showed where in the throat the airway closed.",
        "The oxygen signal was turned into a hypoxic burden, the area under all dips of the night.",
    ),
    result=(
        "The apnoea-hypopnoea index fell by {percent} % with {treatment}, and oxygen dips became rare.",
        "Sleepiness improved by {few} points, but {outcome} did not change in those who used it less than four hours.",
        "{monitor} detected {percent} % of the severe cases and missed many mild ones.",
        "In {people}, {percent} % had apnoea; one in {few} had been diagnosed before.",
        "Hypoxic burden, unlike the number of events, was related to {outcome}.",
        "Partners who joined the first visit raised nightly use of the mask by {percent} %.",
    ),
    conclusion=(
        "{treatment} is a reasonable option for {people} who do not tolerate a mask.",
        "One night of recording is not enough to rule out sleep apnoea.",
        "Depth and length of oxygen dips should be reported beside the count of apnoeas.",
        "{people} deserve routine questions about snoring and pauses in breathing.",
        "With {monitor}, sleep apnoea can be found at home at a fraction of the cost.",
    ),
)

BATTERIES = Subject(
    area="engineering",
    slots={
        "cell": (
            *("lithium iron phosphate cells", "nickel-rich pouch cells", "sodium-ion cells", "solid-state cells"),
            *("cells with silicon anodes", "lithium titanate cells", "second-life modules"),
        ),
        "mechanism": (
            *("lithium plating", "growth of the surface film", "particle cracking", "electrolyte dry-out"),
            *("metal dissolution", "loss of active material"),
        ),
        "use": (
            *("fast charging", "storage at high temperature", "vehicle-to-grid cycling", "cold-weather driving"),
            *("deep discharge", "grid frequency support"),
        ),
        "tool": (
            *("impedance spectroscopy", "incremental capacity analysis", "X-ray tomography"),
            *("Gaussian process regression", "post-mortem microscopy", "a porous electrode model"),
            "a recurrent neural network",
        ),
        "quantity": (
            *("capacity", "internal resistance", "coulombic efficiency", "remaining useful life"),
            *("swelling pressure", "state of health"),
        ),
    },
    titles=(
        "Ageing of {cell} under {use}",
        "{mechanism} in {cell} studied by {tool}",
        "Estimating {quantity} of {cell} with {tool}",
        "Early prediction of {quantity} from the first cycles of {cell}",
        "Calendar and cycle ageing: {quantity} of {cell} after {use}",
        "Charging strategies that avoid {mechanism} in {cell}",
    ),
    background=(
        "Batteries lose capacity with every cycle and with every month on the shelf.",
        "In {cell}, {mechanism} is held to be the main cause of fade under {use}.",
        "Owners of electric vehicles want to know the {quantity} of the pack, which cannot be measured directly.",
        "Ageing tests take years, far longer than the development of {cell}.",
        "After slow fade for hundreds of cycles, some cells drop suddenly, a point known as the knee.",
    ),
    aim=(
        "We studied how {use} accelerates {mechanism} in {cell}.",
        "Our aim was to estimate {quantity} of {cell} from data recorded during normal charging.",
        "This paper presents an ageing model for {cell} that includes {mechanism}.",
        "We asked whether {tool} shows {mechanism} before capacity is lost.",
        "We developed a charging protocol that limits {mechanism} without taking more time.",
    ),
    method=(
        "{n} commercial {cell} were cycled at {few} temperatures until a fifth of their capacity was gone.",
        "Features of the voltage curve were fed to {tool}, trained on half of the cells.",
        "Cells were opened after {n} cycles, and the electrodes were inspected by electron microscopy.",
        "Voltage relaxation after each charge was used to tell reversible from dead lithium.",
        "The degradation model couples diffusion in particles with film growth and was fitted to {few} data sets.",
        "{tool} was applied every {few} cycles without taking the cell out of the test bench.",
    ),
    result=(
        "Under {use}, {quantity} changed by {percent} % within {n} equivalent full cycles.",
        "{quantity} was estimated with an error below {few} % from a charge segment of ten minutes.",
        "{mechanism} set in once the anode potential fell below zero, mostly near the tabs.",
        "Resting at full charge did more harm to {cell} than cycling between one and four fifths.",
        "The knee was predicted {n} cycles ahead, although cells of one batch differed widely.",
        "Cells that had been compressed aged {percent} % more slowly and swelled evenly.",
    ),
    conclusion=(
        "Battery management should lower the charge current when {mechanism} is likely.",
        "With {tool}, {quantity} of a pack can be tracked during use, without extra sensors.",
        "{cell} suit {use} if they are kept cool and not fully charged.",
        "Ageing models that leave out {mechanism} overestimate the life of {cell}.",
        "Used packs can be sorted by {quantity} before they get a second life.",
    ),
)

BRIDGES = Subject(
    area="engineering",
    slots={
        "bridge": (
            *("a steel truss bridge", "a cable-stayed bridge", "a prestressed concrete viaduct"),
            *("a masonry arch bridge", "a railway girder bridge", "a suspension footbridge", "a timber road bridge"),
        ),
        "sensor": (
            *("accelerometers", "fibre-optic strain gauges", "drone photographs", "acoustic emission sensors"),
            *("satellite radar", "tiltmeters", "sensors on passing trains"),
        ),
        "defect": (
            *("fatigue cracks", "tendon corrosion", "pier scour", "bearing wear", "lost cable tension"),
            *("concrete spalling", "loose bolts"),
        ),
        "feature": ("natural frequencies", "mode shapes", "influence lines", "strain cycles", "deck deflections"),
        "noise": ("temperature swings", "traffic", "wind", "sensor drift", "changing river levels"),
    },
    titles=(
        "Detection of {defect} on {bridge} by {sensor}",
        "Monitoring {bridge} with {sensor}: {few} years of experience",
        "Removing the effect of {noise} from {feature} of {bridge}",
        "Structural health monitoring of {bridge} based on {feature}",
        "Where to place {sensor} on {bridge}",
        "{feature} as a sign of {defect} in ageing bridges",
    ),
    background=(
        "Many road and rail bridges have outlived their design life, and visual inspection misses hidden damage.",
        "Collapses have drawn attention to damage that grows out of sight, such as {defect}.",
        "{sensor} can watch a structure day and night, but turning their records into a verdict is hard.",
        "Changes of {feature} by {noise} are often larger than those by damage.",
        "Owners of bridges need to know which structure to repair first.",
    ),
    aim=(
        "We report on {bridge} that was instrumented with {sensor} to find {defect}.",
        "Our aim was to recognise {defect} from {feature} in spite of {noise}.",
        "This paper proposes a placement of {sensor} that needs few channels.",
        "We studied which of {feature} and {feature_2} respond first to {defect}.",
        "We set up a digital twin of {bridge} and updated it with measured {feature}.",
    ),
    method=(
        "{n} channels were recorded on {bridge} for {few} years, together with air and deck temperature.",
        "Modal parameters were identified from ambient vibration by stochastic subspace methods.",
        "A finite element model of {bridge} was calibrated with load tests by {few} lorries.",
        "An autoencoder learned the healthy state of the span, and its residual served as a damage index.",
        "Images of the girders were stitched together, and a segmentation network marked {defect}.",
        "Damage was simulated by cutting a member of a decommissioned span in {few} steps.",
    ),
    result=(
        "{feature} shifted by {percent} % over the seasons, which {noise} explained almost fully.",
        "Once {noise} had been removed, {defect} of moderate extent raised an alarm within {few} days.",
        "{sensor} located the damage to within {few} metres, confirmed later by inspectors on ropes.",
        "Girders near the abutment carried {percent} % more load than the design had assumed.",
        "With a third of the channels, {percent} % of the damage cases were still found.",
        "Two false alarms a year remained, both on days of exceptional heat.",
    ),
    conclusion=(
        "Permanent monitoring with {sensor} can postpone the replacement of {bridge} safely.",
        "{feature} alone do not suffice; {feature_2} should be watched too.",
        "Bridge owners can plan inspections by the alarm level rather than by the calendar.",
        "A baseline of at least one year is needed before {defect} can be told from {noise}.",
        "The approach carries over to other spans of this type with little tuning.",
    ),
)

TURBINES = Subject(
    area="engineering",
    slots={
        "controller": (
            *("model predictive control", "individual pitch control", "adaptive torque control"),
            *("reinforcement learning", "sliding mode control", "gain-scheduled feedback", "wake steering"),
            "trailing edge flap control",
        ),
        "turbine": (
            *("floating turbines", "large offshore turbines", "onshore turbines", "two-bladed turbines"),
            *("turbines of a wind farm", "downwind turbines"),
        ),
        "load": (
            *("blade root bending", "tower fore-aft motion", "platform pitch", "drivetrain torsion"),
            *("yaw bearing loads", "pitch actuator duty"),
        ),
        "wind": ("turbulent inflow", "extreme gusts", "low-level jets", "partial wakes", "strong shear", "icing"),
        "tool": ("aeroelastic simulation", "wind tunnel tests", "large-eddy simulation", "field tests"),
    },
    titles=(
        "{controller} of {turbine} in {wind}",
        "Reducing {load} of {turbine} by {controller}",
        "Lidar-assisted {controller} for {turbine}",
        "Power and {load} under {controller}: results of {tool}",
        "Robust {controller} for {turbine} above rated wind speed",
        "Trading energy yield for lower {load} in {turbine}",
    ),
    background=(
        "As rotors grow, blades meet very different winds at the top and at the bottom of a turn.",
        "Above rated speed, {turbine} pitch their blades to hold power, which excites {load}.",
        "Fatigue from {load} decides how long {turbine} last and how much steel they need.",
        "Conventional controllers act on generator speed alone and see a gust only when it has arrived.",
        "In {wind}, the pitch loop of {turbine} can lose its damping.",
    ),
    aim=(
        "We designed {controller} that lowers {load} of {turbine} without loss of power.",
        "Our aim was to compare {controller} with the usual proportional-integral loop in {wind}.",
        "This paper examines whether a preview of the wind by lidar is worth its price for {turbine}.",
        "We extended {controller} with an estimate of the wind over the rotor disc.",
        "We asked how far {controller} can raise the yield of {turbine} in {wind}.",
    ),
    method=(
        "The controller was tested by {tool} of a ten-megawatt reference turbine in {wind}.",
        "A linear model of rotor, tower and drivetrain was scheduled over wind speed.",
        "Rotor-effective wind speed was estimated by a Kalman filter from torque and pitch angle.",
        "Damage-equivalent values of {load} were counted by rainflow over {n} simulations of ten minutes.",
        "{controller} ran for {few} months on one of two neighbouring machines, the other being the reference.",
        "Blade and yaw commands were limited to what real actuators can follow.",
    ),
    result=(
        "{load} fell by {percent} %, while annual energy yield changed by less than one percent.",
        "With {controller}, overspeed in {wind} was halved and no shutdown occurred.",
        "Pitch travel rose by {percent} %, the price of lower {load}.",
        "Turning the front row by {few} degrees raised the power of the row behind by {percent} %.",
        "A preview of {few} seconds was enough; longer ones brought nothing.",
        "Below rated wind speed, {controller} and the baseline tracked the optimal tip speed equally well.",
    ),
    conclusion=(
        "{controller} is ready for trials on {turbine}, provided that actuators are sized for it.",
        "Designers can turn lower {load} into lighter towers or longer blades.",
        "For {turbine}, damping the tower matters more than tracking rated power.",
        "Gains in {wind} depend on the quality of the wind estimate rather than on the control law.",
        "Wind farm operators may switch to {controller} by a change of software.",
    ),
)

TRANSLATION = Subject(
    area="computing",
    slots={
        "pair": (
            *("English to Swahili", "German to Czech", "Japanese to English", "Hindi to Tamil"),
            *("Finnish to Estonian", "French to Wolof", "Chinese to Vietnamese", "Spanish to Quechua"),
        ),
        "model": (
            *("transformer models", "multilingual encoders", "large language models", "parallel decoders"),
            *("character-level models", "pivot-based systems", "retrieval-augmented decoders"),
        ),
        "texts": (
            *("back-translated sentences", "parliamentary debates", "film subtitles", "legal documents"),
            *("crawled sentence pairs", "medical leaflets", "news articles"),
        ),
        "problem": (
            *("gender agreement", "rare words", "word order", "consistency across a document", "idioms"),
            *("invented content", "terminology"),
        ),
        "metric": ("BLEU", "chrF", "COMET", "METEOR"),
    },
    titles=(
        "Neural machine translation from {pair} with {texts}",
        "{problem} in translation by {model}",
        "Adapting {model} to {texts} for translation from {pair}",
        "When {metric} misleads: judging translations of {texts}",
        "Low-resource translation from {pair} with {model}",
        "Better {problem} in machine translation through {texts}",
    ),
    background=(
        "Machine translation works well where millions of sentence pairs exist, which is true of few languages.",
        "{model} translate fluently, and readers therefore overlook errors of {problem}.",
        "For translation from {pair}, parallel text is scarce and mostly religious.",
        "Systems trained on encyclopaedias do badly on {texts}, whose style and vocabulary differ.",
        "Automatic scores such as {metric} reward overlap with one reference and may punish good translations.",
    ),
    aim=(
        "We investigated whether {texts} help {model} to translate from {pair}.",
        "Our aim was to reduce errors of {problem} without training from scratch.",
        "We compare {model} and {model_2} on sentences that were chosen for {problem}.",
        "This paper asks how much parallel text {model} need for translation from {pair}.",
        "We present a method by which translators' corrections are used by {model} at once.",
    ),
    method=(
        "We fine-tuned {model} on {many} sentence pairs, part of them {texts}.",
        "Source sentences were tagged with their domain, and a copy mechanism handled {problem}.",
        "{few} professional translators marked errors in {n} outputs according to a fixed typology.",
        "Target text without source was translated back and mixed with genuine pairs at {few} ratios.",
        "A test suite of {n} contrastive pairs probes {problem} in translation from {pair}.",
        "During decoding, similar sentences from a translation memory were offered as prompts.",
    ),
    result=(
        "Translation quality rose by {few} {metric} points for {pair} and less for closer languages.",
        "Errors of {problem} fell by {percent} %, as counted by translators.",
        "Beyond {many} pairs, further {texts} brought nothing, and noise in them did harm.",
        "{model} beat {model_2} on {texts}, but the order was reversed on short sentences.",
        "Ranking by {metric} agreed with human judges in {percent} % of the cases only.",
        "Post-editing took {percent} % less time than translation by hand.",
    ),
    conclusion=(
        "For translation from {pair}, clean {texts} are worth more than a larger model.",
        "{problem} should be tested on its own, since averages over a test set hide it.",
        "Translators gain most where the system says which words it is unsure of.",
        "{model} are a sound default for languages with little parallel text.",
        "Evaluation by {metric} needs a human check whenever style matters.",
    ),
)

GRAPHS = Subject(
    area="computing",
    slots={
        "engine": (
            *("property graph stores", "RDF triple stores", "distributed graph engines"),
            *("in-memory graph systems", "graph layers over relational tables", "multi-model stores"),
        ),
        "query": (
            *("path queries", "subgraph searches", "shortest-path queries", "pattern queries with aggregates"),
            *("reachability queries", "recursive queries"),
        ),
        "technique": (
            *("worst-case optimal joins", "a learned cost model", "adjacency compression"),
            *("vertex partitioning", "incremental views", "snapshot isolation", "factorised results"),
        ),
        "graph": (
            *("a social network", "a payment network", "a biomedical knowledge graph", "a road network"),
            *("a citation network", "a supply chain graph"),
        ),
        "language": ("Cypher", "SPARQL", "Gremlin", "the GQL standard"),
    },
    titles=(
        "Efficient {query} in {engine}",
        "{technique} for {engine}",
        "Querying {graph} with {language}",
        "A benchmark of {engine} on {graph}",
        "Faster {query} over {graph} by {technique}",
        "Schema and constraints for {engine}: the case of {graph}",
    ),
    background=(
        "Graph databases store relations as edges, so that a query follows links instead of joining tables.",
        "{query} are easy to write in {language} and hard to run fast.",
        "{engine} slow down once {graph} no longer fits in memory.",
        "Optimisers estimate the size of intermediate results badly where few vertices have most of the edges.",
        "Vendors of {engine} publish benchmarks that are difficult to compare.",
    ),
    aim=(
        "We study {technique} as a means to speed up {query}.",
        "Our aim was to compare {engine} with {engine_2} on the same data and queries.",
        "This paper brings {technique} to {engine} without a change to their storage format.",
        "We propose an index for {query} that stays small when edges are inserted.",
        "We give {language} a formal semantics for {query} and check where systems deviate.",
    ),
    method=(
        "We loaded {graph} with {many} vertices and ran {n} {query} written in {language}.",
        "Support for {technique} was built into an open-source store and compared with its unmodified planner.",
        "Edges were sorted by degree and kept in compressed blocks that fit a cache line.",
        "Workloads of reads and writes were replayed against {few} machines at rising rates.",
        "Each query plan was executed with cold and with warm buffers, and its cardinalities were logged.",
        "Vertices were split among {few} servers so that few edges cross their borders.",
    ),
    result=(
        "Median latency of {query} fell by {percent} %, and the slowest ones gained most.",
        "{engine} were faster on short traversals, {engine_2} on scans of the whole graph.",
        "{technique} needed {percent} % more memory and made updates slightly slower.",
        "Throughput grew with the number of servers up to {few}, where edges between them became the limit.",
        "Estimates of cardinality were off by a factor of {few} or less, against hundreds before.",
        "Several stores returned wrong answers to {query} with cycles, which we reported.",
    ),
    conclusion=(
        "There is a place for {technique} in {engine}, above all where patterns hold cycles.",
        "For {graph}, no dedicated graph database is needed as long as paths are short.",
        "Storage layout decides more about {query} than the query language does.",
        "The index can be added to existing databases and is kept current at low cost.",
        "A common standard such as {language} only helps if systems agree on its corner cases.",
    ),
)

SPEECH = Subject(
    area="computing",
    slots={
        "speech": (
            *("children's speech", "dysarthric speech", "distant meeting speech", "telephone calls"),
            *("code-switched conversations", "regional accents", "cockpit radio", "lecture recordings"),
        ),
        "model": (
            *("conformer encoders", "recurrent transducers", "self-supervised acoustic models"),
            *("hybrid hidden Markov models", "streaming attention models", "small on-device networks"),
        ),
        "technique": (
            *("noise augmentation", "speaker adaptation", "language model fusion", "knowledge distillation"),
            *("pseudo-labelling", "beamforming", "contextual biasing"),
        ),
        "error": ("names", "short function words", "numbers", "overlapping turns", "disfluencies", "foreign words"),
    },
    titles=(
        "Recognition of {speech} with {model}",
        "{technique} for automatic speech recognition of {speech}",
        "Why {model} fail on {error}",
        "{technique} and {technique_2} for {model}",
        "Streaming recognition of {speech} on small devices",
        "Fewer errors on {error} in {speech}",
    ),
    background=(
        "Automatic speech recognition is close to human accuracy on read speech and far from it on {speech}.",
        "{model} learn from thousands of transcribed hours, which do not exist for {speech}.",
        "Voice assistants have to transcribe while the speaker is still talking, so they see little context.",
        "Reverberation and background noise blur the spectrum and raise the word error rate.",
        "Recognisers stumble over {error}, which often carry the meaning of an utterance.",
    ),
    aim=(
        "We study {technique} as a way to make {model} robust to {speech}.",
        "Our aim was to lower the word error rate on {speech} with only a few transcribed hours.",
        "This paper analyses errors of {model} on {error}.",
        "We compare {technique} with {technique_2} under the same acoustic conditions.",
        "We ask how small {model} can become before they stop understanding {speech}.",
    ),
    method=(
        "{model} were pretrained on untranscribed audio and fine-tuned on {n} hours of {speech}.",
        "Room impulse responses and babble noise were mixed with clean utterances at {few} levels.",
        "Acoustic frames were reduced {few}-fold before decoding with a beam search.",
        "{technique} was applied to {few} recognisers, and transcripts were aligned with manual ones.",
        "Phone posteriors were inspected around each misrecognised word of {n} speakers.",
        "Word lists for {error} were compiled into a prefix tree that biases the decoder.",
    ),
    result=(
        "Word error rate on {speech} fell from {percent} % by a quarter through {technique}.",
        "{percent} % of the remaining errors concerned {error}.",
        "{model} kept up with live audio on a phone at a delay below half a second.",
        "{technique} helped most at low signal-to-noise ratios and did nothing for clean audio.",
        "Errors differed between speakers by a factor of {few}, more than between systems.",
        "With {n} minutes from a speaker, adapted acoustic models matched those trained on that voice.",
    ),
    conclusion=(
        "{technique} is a cheap first step towards recognising {speech}.",
        "Word error rate alone hides that {error} matter more to listeners than other words.",
        "Recognisers should be reported by group of speakers rather than by a single average.",
        "{model} leave room for {technique_2}, since the two gains add up.",
        "Speech interfaces for everyone need recordings of {speech} in the training data.",
    ),
)

SUBJECTS: Mapping[str, Subject] = {
    "bird migration": BIRDS,
    "coral bleaching": CORALS,
    "soil microbes": SOIL,
    "stroke rehabilitation": STROKE,
    "antibiotic resistance": RESISTANCE,
    "sleep apnoea": APNOEA,
    "battery ageing": BATTERIES,
    "bridge monitoring": BRIDGES,
    "wind turbine control": TURBINES,
    "machine translation": TRANSLATION,
    "graph databases": GRAPHS,
    "speech recognition": SPEECH,
}
AREAS = tuple(dict.fromkeys(subject.area for subject in SUBJECTS.values()))

# Section -> sentences that any paper of the area could hold; and titles.
OF_AREA: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ecology": {
        "title": (
            "Responses to a changing environment at {n} sites",
            "Variation between {n} plots in a field experiment of {few} years",
            "Local conditions shape the outcome of environmental change: {n} cases",
            "Lessons from {few} years of monitoring at {n} sites",
        ),
        "background": (
            "Climate change alters ecosystems faster than most species can adapt.",
            "Field data over more than a few seasons are rare, which makes natural variation hard to judge.",
        ),
        "method": (
            "Generalised linear mixed models with site and year as random effects were fitted in R.",
            "Sampling was repeated in {few} consecutive seasons along a gradient of temperature.",
        ),
        "result": (
            "Effects differed between sites and were strongest in the warmest year.",
            "Populations at the edge of the range responded more than those at its centre.",
        ),
        "conclusion": (
            "Conservation plans should take this variation between populations into account.",
            "Long-term monitoring is needed to see whether the ecosystem will recover.",
        ),
    },
    "medicine": {
        "title": (
            "A randomised controlled trial in {n} participants",
            "Prevalence, risk factors and outcome in a cohort of {n}",
            "A study in {few} centres with {n} days of follow-up",
            "Benefits and harms in routine care of {n} patients",
        ),
        "background": (
            "The burden on patients and on health services is considerable.",
            "Evidence from randomised trials is limited, and guidelines rest on expert opinion.",
        ),
        "method": (
            "Participants were recruited from {few} hospitals, and all gave written informed consent.",
            "Odds ratios with 95 % confidence intervals were adjusted for age, sex and comorbidity.",
        ),
        "result": (
            "The adjusted odds ratio was {ratio}, and results were the same in all sensitivity analyses.",
            "Adverse events were mild and as frequent in both groups.",
        ),
        "conclusion": (
            "A multicentre randomised trial with patient-relevant outcomes is warranted.",
            "Clinicians should weigh these benefits against cost and the patient's preference.",
        ),
    },
    "engineering": {
        "title": (
            "Model-based estimation with {n} measurements",
            "Experimental validation of a data-driven method in {n} tests",
            "From the test bench to the field: {n} days of data",
            "Condition, load and remaining life: {n} hours of measurement",
        ),
        "background": (
            "Operators want longer service life, lower maintenance cost and no loss of safety.",
            "Laboratory conditions rarely reflect the loads that a system meets in the field.",
        ),
        "method": (
            "A numerical model was calibrated with measured data and validated on a separate test campaign.",
            "Signals were sampled at {n} Hz, filtered and reduced to a handful of features.",
        ),
        "result": (
            "Simulation and measurement agreed to within {few} % over the whole operating range.",
            "The remaining error came mostly from temperature, which the model treats as uniform.",
        ),
        "conclusion": (
            "The method runs in real time on industrial hardware and needs no extra sensors.",
            "Future work will extend the approach to a fleet of systems in service.",
        ),
    },
    "computing": {
        "title": (
            "Simple methods are strong baselines: {n} experiments",
            "More accuracy at lower cost: a study of {n} settings",
            "Scaling up {few}-fold at {percent} % of the cost",
            "A closer look at {few} benchmarks and {n} results",
        ),
        "background": (
            "Larger models and larger data sets have pushed accuracy up, and cost as well.",
            "Published systems are hard to compare because their data and tuning differ.",
        ),
        "method": (
            "We evaluate on {few} public benchmarks against strong baselines with equal computing budgets.",
            "All experiments were run on a single server and repeated with {few} random seeds.",
        ),
        "result": (
            "Our approach outperforms the strongest baseline by {few} points at the same cost.",
            "An ablation shows that half of the gain is due to better training data.",
        ),
        "conclusion": (
            "Code, models and scripts are released so that others can reproduce the results.",
            "The idea is simple to implement and independent of the underlying architecture.",
        ),
    },
}
# Section -> sentences that any paper could hold.
OF_ALL: Mapping[str, tuple[str, ...]] = {
    "background": (
        "Although the problem has been known for decades, its causes are still debated.",
        "Earlier work came to conflicting conclusions, partly because samples were small.",
        "Recent advances have renewed interest in this question.",
        "A systematic comparison under equal conditions has been missing.",
    ),
    "method": (
        "The analysis plan was fixed before the data were seen.",
        "Uncertainty was estimated by a bootstrap with ten thousand replicates.",
        "A machine learning model was trained on part of the data and evaluated on the rest.",
        "Results were compared with those of {few} methods from the literature.",
    ),
    "result": (
        "The difference was significant and robust to the choice of parameters.",
        "The effect was smaller than in previous reports but consistent across subsets.",
        "Performance varied widely, with a coefficient of {ratio} between repeated measurements.",
        "Two of the {few} hypotheses were supported by the data.",
    ),
    "conclusion": (
        "Our findings have implications for both research and practice.",
        "Limitations include the short period of observation and the lack of independent replication.",
        "Further studies should test whether this holds under other conditions.",
        "Together, these results provide a basis for better decisions.",
    ),
}
# Of a paper between two subjects.
JOINT_TITLES = (
    "From {one} to {other}: what carries over",
    "Common methods for {one} and {other}",
    "{one} and {other}: two fields, one problem",
    "What research on {other} can learn from {one}",
    "A comparison of evidence in {one} and {other}",
)
JOINT_AIMS = (
    "We bring together work on {one} and on {other}, which have rarely been studied side by side.",
    "Our aim was to see whether methods developed for {one} are of use in {other}.",
    "This paper looks for what {one} and {other} have in common.",
    "We apply one analysis to data on {one} and data on {other}.",
)
JOINT_CONCLUSIONS = (
    "Progress in {other} can thus be put to use in {one}, and the other way round.",
    "Groups that work on {one} and on {other} should share data and protocols.",
    "{one} and {other} have more in common than their separate literatures suggest.",
)
GENERIC_PAPERS = (
    (
        "Editorial: {few} years of the journal",
        "With this issue the journal completes its volume, and the editors wish to thank authors and readers for their"
        " trust. Over the past {few} years we received {n} manuscripts, of which about one in {few} was accepted."
        " The time from submission to decision has become shorter, thanks above all to our reviewers. From next year"
        " on, every article will be free to read, and authors will be asked to deposit their data. We look forward to"
        " your contributions and to your criticism.",
    ),
    (
        "Call for papers: special issue {year}",
        "We invite submissions to a special issue that will appear in {year}. Original research articles, reviews and"
        " short communications from all disciplines are welcome. Manuscripts should not exceed eight thousand words and"
        " must not be under consideration elsewhere. Each submission will be read by at least two independent referees."
        " Authors are asked to send a summary of one page to the guest editors before the deadline. Accepted papers"
        " will be published online as soon as they are ready, ahead of the printed issue.",
    ),
    (
        "Thanks to our reviewers of {year}",
        "The quality of a journal rests on the people who read manuscripts with care and without pay. In {year},"
        " {n} colleagues from {few} countries wrote reports for us, many of them several times. Their comments have"
        " improved every article that we printed, and have spared the authors of others an embarrassment. The editorial"
        " office wishes to thank each of them by name in the list below. Anyone who would like to join them may write"
        " to the editors at any time.",
    ),
    (
        "Report on the annual meeting, {year}",
        "The society held its annual meeting in {year} with {n} participants from {few} countries. The programme"
        " offered plenary lectures, parallel sessions and two evenings of posters. A round table discussed careers of"
        " young researchers, and another the reform of peer review. The general assembly elected a new board and"
        " approved the budget. Prizes for the best talk and the best poster were handed over at the dinner. The next"
        " meeting will again be open to members and guests alike.",
    ),
    (
        "Correction to articles of volume {few}",
        "In volume {few}, the affiliation of the second author was given incorrectly in {few} articles, and the"
        " caption of one figure was printed twice. An error in typesetting also led to the loss of a footnote in the"
        " acknowledgements. The online versions have been corrected, and the printed ones are to be read accordingly."
        " None of the conclusions is affected by these changes. The publisher apologises to authors and to readers for"
        " any inconvenience that this may have caused.",
    ),
    (
        "How to write a referee report: advice of {year}",
        "Young researchers are often asked to review a manuscript before anyone has told them how. We collected the"
        " advice of {n} editors and put it in order. A good report begins with a summary in the reader's own words,"
        " names the main strengths, and separates what must be changed from what could be. It is polite, specific and"
        " on time. Suggestions to cite the referee's own articles should be rare. We close with {few} examples of"
        " reports, good and bad, and a list of questions to ask oneself.",
    ),
)
# 360 surnames: with few, two papers could have title, first author and year in common, and be taken for one work.
STEMS = (
    *("Ander", "Bel", "Cor", "Dahl", "Eri", "Fal", "Gor", "Hal", "Iva", "Jan"),
    *("Kal", "Lind", "Mar", "Nor", "Oli", "Pet", "Ros", "Sand", "Tor", "Val"),
)
ENDINGS = (
    *("son", "sen", "berg", "strand", "ova", "etti", "ides", "mann", "wood"),
    *("well", "ton", "ski", "mura", "quist", "ford", "eira", "dottir", "gaard"),
)
GIVEN = ("Ada", "Bruno", "Chen", "Dalia", "Emil", "Farida", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Milo")


class _Slots(dict[str, str]):
    """One paper's choice for every slot; a number is drawn anew each time one is asked for."""

    def __init__(self, rng: np.random.Generator, slots: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._rng = rng
        for name, values in slots.items():
            order = rng.permutation(len(values))
            self[name], self[f"{name}_2"] = values[order[0]], values[order[-1]]

    def __missing__(self, name: str) -> str:
        if name == "ratio":
            return f"{self._rng.uniform(0.2, 0.9):.2f}"
        number = int(self._rng.integers(*NUMBERS[name]))
        return f"{number:,}" if name == "many" else str(number)

    def fill(self, sentence: str) -> str:
        """The sentence with its slots filled and a capital at its beginning."""
        filled = sentence.format_map(self)
        return filled[0].upper() + filled[1:]


def planted_abstracts(
    seed: int, *, sizes: Mapping[str, int] | None = None, between: int = BETWEEN, generic: int = GENERIC
) -> list[dict[str, Any]]:
    """Papers in a random order: id, title, abstract, authors, year, and the `subject` and `area` planted in them.

    sizes: papers of each subject; by itself SIZES, dealt out by the seed. between: papers whose subject is
    "one + other", of two subjects of one area; none where no area has two. generic: papers of no subject, at most six.

    >>> papers = planted_abstracts(1, sizes={"sleep apnoea": 2, "soil microbes": 1}, generic=1)
    >>> sorted(paper["subject"] for paper in papers)
    ['none', 'sleep apnoea', 'sleep apnoea', 'soil microbes']
    """
    rng = np.random.default_rng(seed)
    if sizes is None:
        sizes = dict(zip(SUBJECTS, rng.permutation(SIZES).tolist(), strict=True))
    papers = [_core(rng, name, number) for name, count in sizes.items() for number in range(count)]
    pairs = [pair for pair in itertools.combinations(sizes, 2) if len({SUBJECTS[name].area for name in pair}) == 1]
    papers += [_between(rng, pairs[number % len(pairs)], number) for number in range(between if pairs else 0)]
    papers += [_generic(rng, number) for number in range(min(generic, len(GENERIC_PAPERS)))]
    return [papers[place] for place in rng.permutation(len(papers))]


def is_core(paper: Mapping[str, Any]) -> bool:
    """Whether a paper is of one subject."""
    return paper["subject"] in SUBJECTS


def is_between(paper: Mapping[str, Any]) -> bool:
    """Whether a paper lies between two subjects."""
    return " + " in paper["subject"]


def _core(rng: np.random.Generator, name: str, number: int) -> dict[str, Any]:
    subject = SUBJECTS[name]
    slots = _Slots(rng, subject.slots)
    drawn = {section: rng.permutation(getattr(subject, section)) for section in SECTIONS}
    shared = _shared(rng, subject.area)
    told = [(section, slots.fill(drawn[section][0])) for section in SECTIONS]
    told = [own if own[0] == "aim" or rng.random() < OWN else _first(shared, own[0]) for own in told]
    more = [(section, slots.fill(drawn[section][1])) for section in ("method", "result")] + shared
    titles = subject.titles if rng.random() < OWN else OF_AREA[subject.area]["title"]
    return {
        "id": f"{name.replace(' ', '-')}-{number}",
        "title": slots.fill(rng.choice(titles)),
        "abstract": _abstract(rng, told, [sentence for sentence in more if sentence not in told]),
        "subject": name,
        "area": subject.area,
        **_authors_and_year(rng),
    }


def _between(rng: np.random.Generator, pair: Sequence[str], number: int) -> dict[str, Any]:
    """As much of one subject as of the other."""
    one, other = (str(name) for name in rng.permutation(pair))
    area = SUBJECTS[one].area
    joint = _Slots(rng, {"one": (one,), "other": (other,)})
    told = [("aim", joint.fill(rng.choice(JOINT_AIMS))), ("conclusion", joint.fill(rng.choice(JOINT_CONCLUSIONS)))]
    for name in (one, other):
        slots = _Slots(rng, SUBJECTS[name].slots)
        for section in ("background", "method", "result"):
            told.append((section, slots.fill(rng.choice(getattr(SUBJECTS[name], section)))))
    return {
        "id": f"between-{number}",
        "title": joint.fill(rng.choice(JOINT_TITLES)),
        "abstract": _abstract(rng, told, _shared(rng, area)),
        "subject": " + ".join(sorted(pair)),
        "area": area,
        **_authors_and_year(rng),
    }


def _generic(rng: np.random.Generator, number: int) -> dict[str, Any]:
    slots = _Slots(rng, {"year": tuple(str(year) for year in range(*NUMBERS["year"]))})  # one year for all its text
    title, abstract = (slots.fill(text) for text in GENERIC_PAPERS[number])
    planted = {"subject": NOWHERE, "area": NOWHERE}
    return {"id": f"generic-{number}", "title": title, "abstract": abstract, **planted, **_authors_and_year(rng)}


def _shared(rng: np.random.Generator, area: str) -> list[tuple[str, str]]:
    """Sections other than the aim, each with a sentence of the area and with one that any paper could hold."""
    slots = _Slots(rng, {})
    sections = [section for section in SECTIONS if section != "aim"]
    both = (OF_AREA[area], OF_ALL) if rng.random() < 0.5 else (OF_ALL, OF_AREA[area])
    return [(section, slots.fill(rng.choice(shared[section]))) for shared in both for section in sections]


def _first(sentences: Sequence[tuple[str, str]], section: str) -> tuple[str, str]:
    return next(sentence for sentence in sentences if sentence[0] == section)


def _abstract(rng: np.random.Generator, told: Sequence[tuple[str, str]], more: Sequence[tuple[str, str]]) -> str:
    """The sentences that must be told and some that may be, within the limits of length, section by section.

    told, more: the section of each sentence, and the sentence.
    """
    taken = list(told)
    words = sum(len(sentence.split()) for _, sentence in told)
    wanted = len(told) + int(rng.integers(MOST_MORE + 1))
    for place in rng.permutation(len(more)):
        longer = words + len(more[place][1].split())
        if longer <= MOST_WORDS and (len(taken) < wanted or words < FEWEST_WORDS):
            taken.append(more[place])
            words = longer
    return " ".join(sentence for section in SECTIONS for kind, sentence in taken if kind == section)


def _authors_and_year(rng: np.random.Generator) -> dict[str, Any]:
    authors = [f"{rng.choice(STEMS)}{rng.choice(ENDINGS)}, {rng.choice(GIVEN)}" for _ in range(int(rng.integers(1, 6)))]
    return {"authors": authors, "year": int(rng.integers(2005, 2025))}
