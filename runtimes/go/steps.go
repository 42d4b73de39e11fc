// SPDX-License-Identifier: MIT
package main

import (
	"errors"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
)

const statusErrno = 1000

// A step does its part of a task in the lane; what it adds to the checksum, and 0 or how it failed.
type step func(l *lane) (check uint32, status uint16)

// walk carries out a list of steps, up to one that fails.
func walk(l *lane, steps []step) (uint32, uint16) {
	var sum uint32
	for _, step := range steps {
		check, status := step(l)
		if status != 0 {
			return sum, status
		}
		sum += check
	}
	return sum, 0
}

func sleepFor(ns int64) step {
	return func(l *lane) (uint32, uint16) {
		early, cancelled := pause(l.context, nowNs()+ns)
		if cancelled {
			return 0, statusCancelled
		}
		if early > 0 {
			l.early += early
		}
		return 0, 0
	}
}

// blockFor sleeps in a system call, whatever that does to others.
func blockFor(ns int64) step {
	return func(l *lane) (uint32, uint16) {
		until := nowNs() + ns
		for left := ns; left > 0; left = until - nowNs() {
			wait := syscall.NsecToTimespec(left)
			syscall.Nanosleep(&wait, nil) // a signal may end it: then it goes on
		}
		return 0, 0
	}
}

// fib is the doubly recursive definition, modulo 2^32.
func fib(n uint32) uint32 {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func compute(n uint32, times int64) step {
	return func(l *lane) (uint32, uint16) {
		var sum uint32
		for i := int64(0); i < times; i++ {
			sum += fib(n)
		}
		return sum, 0
	}
}

func yield(times int64) step {
	return func(l *lane) (uint32, uint16) {
		for i := int64(0); i < times; i++ {
			runtime.Gosched()
		}
		return 0, 0
	}
}

// read reads at the lane's next place in the file, a multiple of grain; round to its start where that does not fit.
func read(file **os.File, size int, grain int64) step {
	return func(l *lane) (uint32, uint16) {
		l.offset = (l.offset + grain - 1) / grain * grain
		if l.offset+int64(size) > l.work.fileBytes {
			l.offset = 0
		}
		n, err := (*file).ReadAt(l.buffer[:size], l.offset)
		l.offset += int64(size)
		var number syscall.Errno
		if errors.As(err, &number) {
			return 0, statusErrno + uint16(number)
		}
		if err != nil && err != io.EOF {
			return 0, statusErrno + uint16(syscall.EIO)
		}
		return uint32(n), 0
	}
}

// copyOf copies at the lane's next place in memory, round to its start where that does not fit.
func copyOf(size int) step {
	return func(l *lane) (uint32, uint16) {
		if l.copied+size > len(l.work.source) {
			l.copied = 0
		}
		copy(l.copy[:size], l.work.source[l.copied:])
		l.copied += size
		return uint32(size), 0
	}
}

func load(l *lane) (uint32, uint16) {
	l.register = atomic.LoadUint64(&l.work.shared.counter)
	return 0, 0
}

func store(l *lane) (uint32, uint16) {
	atomic.StoreUint64(&l.work.shared.counter, l.register+1)
	return 0, 0
}

func add(n int64) step {
	return func(l *lane) (uint32, uint16) {
		atomic.AddUint64(&l.work.shared.counter, uint64(n))
		return 0, 0
	}
}

func lock(l *lane) (uint32, uint16) {
	l.work.shared.lock.Lock()
	l.locked = true
	return 0, 0
}

func unlock(l *lane) (uint32, uint16) {
	l.locked = false
	l.work.shared.lock.Unlock()
	return 0, 0
}

// touch is take and reply: what shares memory hands over a reference, and a byte of each page is read.
func touch(size int) step {
	return func(l *lane) (uint32, uint16) {
		sum := uint32(size)
		for at := 0; at < size; at += pageSize {
			sum += uint32(l.work.payload[at])
		}
		return sum, 0
	}
}

func repeat(times int64, steps []step) step {
	return func(l *lane) (uint32, uint16) {
		var sum uint32
		for i := int64(0); i < times; i++ {
			check, status := walk(l, steps)
			if status != 0 {
				return sum, status
			}
			sum += check
		}
		return sum, 0
	}
}

func fetch(t *target) step {
	return func(l *lane) (uint32, uint16) { return l.client.fetch(l.context, t) }
}
