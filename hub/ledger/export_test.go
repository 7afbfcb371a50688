package ledger

// FlowOf is for tests: the stored form of a case must lose nothing.
var FlowOf = flowOf

// Known is for tests: what a feature level knows.
var Known = known
