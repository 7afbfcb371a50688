package kv

import "fmt"

// parsedPage reads the elements of a page without trusting it.
type parsedPage struct {
	id  uint64
	buf []byte
}

type leafElement struct {
	flags      uint32
	key, value []byte
}

func (p parsedPage) count() int { return int(order.Uint16(p.buf[10:])) }

func (p parsedPage) element(i int) ([]byte, error) {
	at := pageHeader + i*elementSize
	if at+elementSize > len(p.buf) {
		return nil, fmt.Errorf("page %d: element %d beyond the page", p.id, i)
	}
	return p.buf[at:], nil
}

// data cuts what lies pos bytes behind the element at rest.
func (p parsedPage) data(rest []byte, pos, size uint64) ([]byte, error) {
	if pos > uint64(len(rest)) || size > uint64(len(rest))-pos {
		return nil, fmt.Errorf("page %d: data beyond the page", p.id)
	}
	return rest[pos : pos+size], nil
}

func (p parsedPage) branchElement(i int) (key []byte, child uint64, err error) {
	e, err := p.element(i)
	if err != nil {
		return nil, 0, err
	}
	key, err = p.data(e, uint64(order.Uint32(e)), uint64(order.Uint32(e[4:])))
	return key, order.Uint64(e[8:]), err
}

func (p parsedPage) leafElement(i int) (leafElement, error) {
	e, err := p.element(i)
	if err != nil {
		return leafElement{}, err
	}
	pos, ksize, vsize := uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
	both, err := p.data(e, pos, ksize+vsize)
	if err != nil {
		return leafElement{}, err
	}
	return leafElement{flags: order.Uint32(e), key: both[:ksize], value: both[ksize:]}, nil
}
