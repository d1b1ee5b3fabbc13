"""Words that name no topic: English function words, and what every paper says about itself."""

FUNCTION_WORDS = frozenset(
    """
    a about above across after again against all almost along already also although always am among an and another
    any are around as at away back be became because become becomes been before behind being below besides between
    beyond both but by can cannot could did do does doing done down due during each either else enough etc even ever
    every few for from further get gets give given gives go had has have having he hence her here him his how
    however i if in indeed instead into is it its itself just kept least less like likely made mainly make makes
    making many may me might more moreover most mostly much must my namely near nearly neither never nevertheless
    next no nor not nothing now of off often on once one ones only onto or other others otherwise our out over own
    per perhaps quite rather really regarding same say see seem seems seen several shall she should since so some
    still such than that the their theirs them then there thereby therefore these they this those though three through
    throughout thus to together too toward towards two under unless until up upon us use used uses using usually
    various very via was we well were what when whenever where whereas whereby wherein whether which while who whole
    whom whose why will with within without would yet you your first second third fourth four five six seven eight
    nine ten zero e.g i.e eg ie cf vs et al ii iii iv
    """.split()
)

# Never part of a keyword: what papers say about themselves, not about their subject.
PAPER_WORDS = frozenset(
    """
    paper papers article articles manuscript study studies work works research literature abstract introduction
    section conclusion conclusions propose proposed proposes proposing present presents presented presenting show
    shows showed shown showing demonstrate demonstrates demonstrated demonstrating introduce introduces introduced
    introducing investigate investigates investigated investigating investigation describe describes described
    describing discuss discusses discussed discussion report reports reported reporting provide provides provided
    providing offer offers achieve achieves achieved achieving obtain obtains obtained obtaining outperform
    outperforms outperforming improve improves improved improving improvement improvements reveal reveals revealed
    suggest suggests suggested indicate indicates indicated find finds found finding findings result results
    resulting experiment experiments experimental experimentally extensive comprehensive novel new recent recently
    exist exists existed existing lack lacks lacked lacking capable previous previously prior current currently
    state-of-the-art sota effective effectively effectiveness
    efficient efficiently efficiency significant significantly superior better best good highly largely smaller
    important importance main major different similar specific particular particularly common respectively able
    allow allows allowing enable enables enabling address addresses addressed addressing aim aims aimed consider
    considered considers considering develop developed develops developing apply applied applies applying analyze
    analyzed analyzing analyse analysed evaluate evaluated evaluating evaluation compare compared comparing
    comparison combine combines combined combining based include includes included including contain contains focus
    focuses focused focusing explore explores explored exploring establish established establishing derive derived
    derives deriving prove proves proved proven extend extends extended require requires required requiring need
    needs needed lead leads leading led remain remains known well- known widely increasingly challenge challenges
    challenging issue issues solution solutions approach approaches technique techniques methodology framework
    frameworks contribution contributions advantage advantages possible promising various way ways example
    examples fact role aspect aspects overall future available publicly dataset datasets benchmark benchmarks
    performance accuracy goal insight insights understand understanding understood simple practical theoretical
    numerical simultaneously directly especially furthermore additionally finally specifically consequently crucial
    essential remarkable unprecedented fundamental notably surprisingly interestingly typically generally commonly
    thoroughly accurately successfully traditional conventional standard original initial final total additional
    variety wide broad strongly fully complete completely detailed detail details rapid rapidly increased increase
    reduce reduces reduced reducing decrease enhance enhances enhanced enhancing ability capability capabilities
    procedure procedures characteristic characteristics characterize characterized kind year years scheme schemes
    strategy strategies tool tools
    """.split()
)

# Allowed inside a phrase ("finite element method", "large language model"), but not as a keyword on their own.
WEAK_ALONE = frozenset(
    """
    potential potentials accurate accuracy precise
    learn learned learns trained untrained distributed centralized robust sparse dense deterministic method methods
    model models modeling modelling algorithm algorithms analysis system systems theory function functions structure
    structures learning training network networks design test tests measure measures measurement measurements sample
    samples group groups point points line lines area field fields space region regions state states source sources
    signal signals unit units information knowledge human people user users input inputs output outputs estimate
    estimates estimation estimator solve solving optimal dynamics dynamic phase class classes condition conditions
    equation equations law laws rate rates size scale scales scaling step steps local global random linear nonlinear
    non-linear energy power mass force quantum neural deep machine image images text object objects domain domains
    distribution distributions error errors bound bounds control interaction interactions change changes behavior
    behaviour mechanism mechanisms surface material materials structural observation observations simulation
    simulations generation representation representations environment large larger small high higher low lower time
    times question questions number numbers weak strong data code feature features real world real-world complex
    single multiple set sets case process processes value values level levels effect effects open general end key
    rich full order average range increasing growing critical application applications problem problems cases task
    tasks form forms parameter parameters property properties impact factor factors type types term terms setting
    settings baseline baselines existence uniqueness gap gaps architecture architectures deployment context contexts
    quality cost costs proof proofs theorem theorems dimension dimensions dimensional detection prediction predictions
    calculation calculations construction constructions classification optimization convergence finite bounded certain
    classical family families constraint constraints resource resources scenario scenarios diverse limited empirical
    guarantee guarantees adaptive prompt semantic visual evolution observed certain computational transition
    characterization execution content search service
    """.split()
)
