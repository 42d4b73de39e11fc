// SPDX-License-Identifier: MIT
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"unsafe" // for go:linkname too
)

const protocolVersion = 1

// Descriptors.
const (
	planFd   = 0
	resultFd = 3
	slotsFd  = 4
)

// nowNs is the clock of the runtime's own timers: CLOCK_MONOTONIC on Linux, read without a system call. package time
// has no way to its value.
//
//go:linkname nowNs runtime.nanotime
func nowNs() int64

// A refusal says why the plan cannot be carried out; lacks: only for want of the model or of a step.
type refusal struct {
	text  string
	lacks bool
}

func (r refusal) Error() string { return r.text }

func refuse(format string, values ...any) error {
	return refusal{fmt.Sprintf(format, values...), false}
}

func lack(format string, values ...any) error { return refusal{fmt.Sprintf(format, values...), true} }

// A planned trial, as the protocol has it.
type plan struct {
	Protocol     int
	Describe     bool
	Model        string
	Tasks, Lanes int
	Cores        int
	Classes      []class
	Origin       string
	OriginTLS    string `json:"origin_tls"`
	URL          *string
	Headers      []string
	CACert       string
	CAPath       string
	// The one to trust, as PEM, of what origin_tls is.
	OriginCertificate string `json:"origin_certificate"`
	Insecure          bool
	UnixSocket        string `json:"unix_socket"`
	TaskTimeoutNs     int64  `json:"task_timeout_ns"`
	Parameters        map[string]any
	Rate              *float64 `json:"rate_per_s"`
	Chunk             int
	File              string
	Memory            bool
}

type class struct {
	Steps []map[string]json.RawMessage
}

// readFull is a read that signals do not interrupt.
func readFd(fd int, buf []byte) int {
	for {
		n, err := syscall.Read(fd, buf)
		if err != syscall.EINTR {
			return n
		}
	}
}

// readPlan reads one line. What comes behind it answers marks, and none has been given yet.
func readPlan() (*plan, error) {
	var text []byte
	buf := make([]byte, 1<<16)
	for !bytes.HasSuffix(text, []byte{'\n'}) {
		n := readFd(planFd, buf)
		if n <= 0 {
			break
		}
		text = append(text, buf[:n]...)
	}
	p := &plan{Cores: 1, Chunk: 1}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, refuse("the plan cannot be read: %v", err)
	}
	if p.Protocol != protocolVersion {
		return nil, refuse("protocol %d is not spoken here, expected %d", p.Protocol, protocolVersion)
	}
	if !p.Describe && (p.Tasks < 1 || p.Lanes < 1 || p.Cores < 1 || len(p.Classes) < 1) {
		return nil, refuse("the plan lacks tasks, lanes or classes")
	}
	return p, nil
}

// messages is where they go: standard output where descriptor 3 is no pipe, as when a trial is replayed by hand.
func messages() *os.File {
	var stat syscall.Stat_t
	if syscall.Fstat(resultFd, &stat) == nil && stat.Mode&syscall.S_IFMT == syscall.S_IFIFO {
		return os.NewFile(resultFd, "messages")
	}
	return os.Stdout
}

var messagesFile = messages()

// say sends one message.
func say(message map[string]any) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	messagesFile.Write(append(line, '\n'))
}

// mark gives a mark of a memory trial, and waits until ccbench has read the memory.
func (w *work) mark(name string) {
	if w.plan.Memory {
		say(map[string]any{"mark": name})
		readFd(planFd, make([]byte, 1))
	}
}

const clockProcessCPUTime = 2 // CLOCK_PROCESS_CPUTIME_ID

// cpuNs is the CPU time of all threads of this process.
func cpuNs() int64 {
	var spent syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockProcessCPUTime, uintptr(unsafe.Pointer(&spent)), 0)
	return spent.Nano()
}

// What this process has used.
type usage struct {
	cpuNs, switchesOwn, switchesForced int64
}

func usageNow() usage {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return usage{cpuNs(), int64(r.Nvcsw), int64(r.Nivcsw)}
}

// phases times set-up, run and teardown, each from its own call to the next, and what was used over all three.
type phases struct {
	work                                            *work
	before, after                                   usage
	openedNs, startedNs, ranNs, closingNs, closedNs int64
}

func (p *phases) begin() {
	p.before = usageNow()
	p.openedNs = nowNs()
}

func (p *phases) run() {
	p.startedNs = nowNs()
	p.work.startNs = p.startedNs
}

func (p *phases) close() {
	p.ranNs = nowNs()
	p.work.mark("before_close")
	p.closingNs = nowNs()
}

func (p *phases) end() {
	p.closedNs = nowNs()
	p.after = usageNow()
}

func (p *phases) figures() map[string]any {
	return map[string]any{
		"setup_ns":        p.startedNs - p.openedNs,
		"run_ns":          p.ranNs - p.startedNs,
		"teardown_ns":     p.closedNs - p.closingNs,
		"startup_cpu_ns":  p.before.cpuNs,
		"cpu_ns":          p.after.cpuNs - p.before.cpuNs,
		"switches_own":    p.after.switchesOwn - p.before.switchesOwn,
		"switches_forced": p.after.switchesForced - p.before.switchesForced,
		"run_start_ns":    p.startedNs,
	}
}
