// SPDX-License-Identifier: MIT
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// The file that all tasks share has one number of so many bytes. Each lane has opened it for itself, as a lock of flock(2)
// belongs to an open file.
const numberBytes = 8

// order is the machine's own.
var order = func() binary.ByteOrder {
	one := uint16(1)
	if *(*byte)(unsafe.Pointer(&one)) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}()

// makeSharedFile makes it, without a name, with the number 0.
func (w *work) makeSharedFile() error {
	folder := os.Getenv("TMPDIR")
	if folder == "" {
		folder = "/var/tmp"
	}
	file, err := os.CreateTemp(folder, "ccbench-")
	if err != nil {
		return refuse("cannot make the file that tasks share: %v", err)
	}
	os.Remove(file.Name())
	if _, err := file.Write(make([]byte, numberBytes)); err != nil {
		return refuse("cannot make the file that tasks share: %v", err)
	}
	w.number = file
	return nil
}

func (w *work) openSharedFile() *os.File {
	file, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", w.number.Fd()), os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	return file
}

// counted is what tasks have counted in the file.
func (w *work) counted() uint64 {
	var number [numberBytes]byte
	if w.number == nil {
		return 0
	}
	if _, err := w.number.ReadAt(number[:], 0); err != nil {
		panic(err)
	}
	return order.Uint64(number[:])
}

func failedBy(err error) uint16 {
	if pathError, is := err.(*os.PathError); is {
		err = pathError.Err
	}
	if number, is := err.(syscall.Errno); is {
		return statusErrno + uint16(number)
	}
	return statusErrno + uint16(syscall.EIO)
}

func loadFile(l *lane) (uint32, uint16) {
	var number [numberBytes]byte
	if _, err := l.number.ReadAt(number[:], 0); err != nil {
		return 0, failedBy(err)
	}
	l.fileRegister = order.Uint64(number[:])
	return 0, 0
}

func storeFile(l *lane) (uint32, uint16) {
	var number [numberBytes]byte
	order.PutUint64(number[:], l.fileRegister+1)
	if _, err := l.number.WriteAt(number[:], 0); err != nil {
		return 0, failedBy(err)
	}
	return 0, 0
}

func flock(l *lane, how int) uint16 {
	for {
		err := syscall.Flock(int(l.number.Fd()), how)
		if err == nil {
			return 0
		}
		if err != syscall.EINTR {
			return failedBy(err)
		}
	}
}

func lockFile(l *lane) (uint32, uint16) {
	status := flock(l, syscall.LOCK_EX)
	l.fileLocked = status == 0
	return 0, status
}

func unlockFile(l *lane) (uint32, uint16) {
	l.fileLocked = false
	return 0, flock(l, syscall.LOCK_UN)
}
