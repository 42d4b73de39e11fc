// SPDX-License-Identifier: MIT
package main

import (
	"syscall"
	"unsafe"
)

// A task's slot, as the protocol has it.
type slot struct {
	arrivalNs, beginNs, endNs int64
	class, status             uint16
	check                     uint32
}

const slotSize = int(unsafe.Sizeof(slot{}))

// mapSlots maps those that ccbench has made; where there are none, as in a replay by hand, all are of the first class.
func mapSlots(tasks int) ([]slot, error) {
	var stat syscall.Stat_t
	if syscall.Fstat(slotsFd, &stat) != nil || stat.Size != int64(tasks*slotSize) {
		return make([]slot, tasks), nil
	}
	data, err := syscall.Mmap(slotsFd, 0, tasks*slotSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, refuse("the slots cannot be mapped: %v", err)
	}
	return unsafe.Slice((*slot)(unsafe.Pointer(&data[0])), tasks), nil
}
