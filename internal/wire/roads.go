package wire

const (
	// FeatureRoads is the feature level from which a hub takes batches over bulk
	// connections too and puts them in order (SPEC.md section 8).
	FeatureRoads = 4
	// MaxAhead is how many bytes of batches a node may have without a receipt
	// while they travel over several connections. A hub keeps no more than four
	// times as much of what came before its turn.
	MaxAhead = 1 << 20
)
