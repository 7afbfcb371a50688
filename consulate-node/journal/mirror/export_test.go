package mirror

// Waiting gives how many transactions wait for a base, and whether one is written.
func (m *Mirror) Waiting() (n int, writing bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.build == nil {
		return 0, false
	}
	return len(m.build.queue), true
}
