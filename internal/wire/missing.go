package wire

// FeatureMissing is the feature level of a hello from which a node hears
// FrameMissing: the hub asks for a bundle that it has lost, and the session goes
// on. A node that stands lower is told by a refusal (SPEC.md section 8).
const FeatureMissing = 4
