//go:build !crashstates

package crash

import (
	"errors"

	"jaliya/internal/durable"
)

// listen cannot work without the recording copy of bbolt.
func listen(string, func(durable.Op)) (stop func(), err error) {
	return nil, errors.New("built without the recorder: use scripts/crash-states.sh")
}
