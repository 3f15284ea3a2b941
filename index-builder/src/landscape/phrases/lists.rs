//! Words that name no topic.

/// Words that no name of a topic has in it: those of grammar, and those by which papers speak of
/// themselves.
#[rustfmt::skip]
pub(super) const STOP: &[&str] = &[
    "a", "able", "about", "above", "according", "account", "achieve", "across", "address", "after", "again",
    "against", "all", "allow", "allowing", "allows", "almost", "along", "also", "although", "among", "an", "and",
    "another", "any", "applied", "apply", "applying", "approach", "approaches", "are", "around", "article", "as",
    "at", "based", "be", "became", "because", "become", "been", "before", "being", "below", "best", "better",
    "between", "beyond", "both", "but", "by", "can", "cannot", "case", "cases", "certain", "compare", "compared",
    "comparing", "comparison", "comprehensive", "consider", "considered", "could", "current", "demonstrate", "derive",
    "derived", "despite", "determine", "determined", "determining", "develop", "developed", "did", "different",
    "discuss", "discussed", "do", "does", "doing", "done", "due", "during", "each", "easy", "effective", "efficient",
    "either", "enable", "enables", "enabling", "especially", "et", "etc", "even", "every", "examine", "examples",
    "existing", "explore", "exploring", "extended", "fast", "few", "finally", "find", "finding", "findings",
    "five", "following", "for", "found", "four", "from", "full", "further", "furthermore", "general", "give", "given",
    "gives", "good", "had", "has", "have", "having", "he", "hence", "her", "here", "high", "his", "how", "however",
    "if", "important", "improve", "improved", "improving", "in", "including", "initial", "insights", "into",
    "introduce", "introduction", "investigate", "investigated", "investigating", "investigation", "involving", "is",
    "it", "its", "itself", "just", "key", "known", "lead", "leading", "leads", "less", "letter", "like", "low",
    "made", "main", "make", "makes", "making", "many", "may", "method", "methods", "might", "more", "moreover",
    "most", "much", "must", "near", "need", "new", "no", "nor", "not", "note", "notes", "novel", "now", "obtain",
    "obtained", "obtaining", "of", "on", "one", "ones", "only", "onto", "or", "other", "others", "our", "out", "over",
    "own", "paper", "papers", "particular", "per", "perform", "performed", "possible", "present", "presented",
    "previous", "propose", "proposed", "provide", "provided", "provides", "providing", "quite", "rather", "real",
    "recent", "recently", "related", "remarks", "report", "reported", "respectively", "result", "resulting",
    "results", "revisited", "same", "second", "see", "several", "she", "should", "show", "showed", "showing", "shown",
    "shows", "significant", "similar", "simple", "since", "six", "small", "so", "some", "special", "still", "strong",
    "studied", "studies", "study", "studying", "such", "suggest", "survey", "than", "that", "the", "their", "them",
    "then", "there", "therefore", "these", "they", "third", "this", "those", "three", "through", "thus", "to",
    "together", "toward", "towards", "two", "type", "types", "under", "understanding", "unified", "until", "up",
    "upon", "us", "use", "used", "uses", "using", "various", "versus", "very", "via", "view", "vs", "was", "way",
    "ways", "we", "well", "were", "what", "when", "where", "whether", "which", "while", "who", "whose", "why", "will",
    "with", "within", "without", "work", "works", "would", "yet", "you", "your",
];

/// Words that say nothing of what a paper is about where nothing else stands beside them; singulars.
#[rustfmt::skip]
pub(super) const VAGUE: &[&str] = &[
    "access", "accuracy", "algorithm", "analysi", "analysis", "application", "aspect", "assessment", "baseline",
    "behavior", "behaviour", "benchmark", "bound", "calculation", "case", "challenge", "change", "characteristic",
    "characterization", "class", "classification", "coefficient", "collision", "commit", "communication", "component", "computation",
    "computing", "concept", "condition", "consistency", "constant", "constraint", "construction", "contribution",
    "control", "correction", "coupling", "course", "data", "dataset", "degree", "density", "design", "detection",
    "development", "difference", "digit", "dimension", "drop", "dynamic", "effect", "emission", "equation", "error",
    "estimate", "estimation", "evaluation", "evidence", "evolution", "example", "existence", "experiment",
    "extension", "factor", "family", "feature", "first", "formation", "formula", "formulation", "framework", "free",
    "function", "generalization", "generation", "group", "growth", "high", "identification", "impact",
    "implementation", "implication", "improvement", "influence", "information", "interaction", "iteration",
    "knowledge", "large", "learning", "level", "limit", "local", "long", "mass", "measure", "measurement",
    "mechanism", "mind", "model", "modeling", "modelling", "nature", "non", "number", "observation", "one",
    "optimization", "order", "parameter", "part", "performance", "perspective", "phase", "point", "prediction",
    "presence", "price", "probability", "problem", "procedure", "process", "processing", "production", "project",
    "proof", "property", "quality", "question", "range", "rate", "ratio", "read", "region", "relation",
    "relationship", "representation", "research", "residue", "resource", "review", "role", "sample", "scale",
    "scenario", "scheme", "science", "search", "self", "sequence", "series", "service", "set", "setting", "short",
    "signal", "simulation", "solution", "source", "space", "state", "strategy", "structure", "study", "support",
    "surface", "system", "task", "technique", "technology", "temperature", "term", "test", "theorem", "theory",
    "time", "tool", "training", "transition", "two", "update", "use", "user", "value", "variable", "variation",
    "velocity", "year",
];
