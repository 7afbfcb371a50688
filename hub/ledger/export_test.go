package ledger

// FlowOf is for tests: the stored form of a case must lose nothing.
var FlowOf = flowOf

// LastKind is for tests: which kinds a feature level knows.
var LastKind = lastKind
