// SPDX-License-Identifier: MIT
package main

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	pageSize      = 4096
	fileBytes     = 64 << 20
	sourceBytes   = 64 << 20 // of memory that copies are made of: more than caches hold
	cacheLine     = 64
	directReading = syscall.O_DIRECT
)

// What tasks share.
type shared struct {
	_       [cacheLine]byte
	counter uint64
	_       [cacheLine]byte
	lock    sync.Mutex
	_       [cacheLine]byte
}

// A trial's work, as all models share it: the plan made ready.
type work struct {
	plan      *plan
	slots     []slot
	programs  [][]step // by class
	shared    shared
	startNs   int64 // of the run phase
	payload   []byte
	source    []byte // of memory that copies are made of; nil: none are
	copyMost  int
	readMost  int
	gathers   bool
	counts    bool // whether the shared counter is of interest
	file      *os.File
	direct    *os.File
	number    *os.File // what tasks share has it; nil: none is needed
	fileBytes int64
	connect   func() client // makes what a lane fetches by; nil: nothing is fetched
	lanes     []*lane
	peak      peak
	rawCPUNs  int64
}

// A lane is one place in flight: what a task has for itself while it runs, kept from task to task.
type lane struct {
	work         *work
	index        int
	family       *family         // nil where no task gathers
	context      context.Context // of a child that can be cancelled; nil: of nothing that can
	client       client
	register     uint64
	number       *os.File // the file that tasks share, of its own
	fileRegister uint64
	fileLocked   bool
	early        int64 // how often a sleep ended too early
	locked       bool
	offset       int64
	buffer       []byte
	copied       int // where the next copy begins
	copy         []byte
	freeNs       int64
}

func newWork(p *plan, d *description, chosen map[string]string) (*work, error) {
	if d.OneLane {
		p.Lanes = 1
	}
	w := &work{plan: p}
	var err error
	if w.slots, err = mapSlots(p.Tasks); err != nil {
		return nil, err
	}
	compiler := compiler{work: w, description: d, targets: map[targetKey]*target{}}
	for _, class := range p.Classes {
		steps, err := compiler.steps(class.Steps, 0, within{})
		if err != nil {
			return nil, err
		}
		w.programs = append(w.programs, steps)
	}
	return w, compiler.prepare(chosen)
}

// openFile opens what read steps read; where the plan has no file, one of its own that has no name any more.
func (w *work) openFile(direct bool) error {
	path := w.plan.File
	if path == "" {
		own, err := os.CreateTemp("", "ccbench-")
		if err != nil {
			return refuse("no file to read: %v", err)
		}
		path = own.Name()
		defer os.Remove(path)
		if err := fill(own); err != nil {
			return refuse("no file to read: %v", err)
		}
	}
	file, err := os.Open(path)
	if err == nil && direct {
		w.direct, err = os.OpenFile(path, os.O_RDONLY|directReading, 0)
	}
	if err != nil {
		return refuse("no file to read: %v", err)
	}
	w.file = file
	return w.measureFile()
}

func (w *work) measureFile() error {
	info, err := w.file.Stat()
	if err != nil {
		return refuse("no file to read: %v", err)
	}
	w.fileBytes = info.Size()
	return nil
}

func fill(file *os.File) error {
	defer file.Close()
	piece := payloadOf(1 << 20)
	for i := 0; i < fileBytes/len(piece); i++ {
		if _, err := file.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// payloadOf is that many bytes of value 1.
func payloadOf(size int) []byte {
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = 1
	}
	return bytes
}

// readBuffer is on a page of its own, as reads past the page cache need it.
func (w *work) readBuffer() []byte {
	size := (w.readMost + pageSize) &^ (pageSize - 1)
	buffer, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	return buffer
}

func (w *work) newLane() *lane {
	l := w.makeLane(nil, len(w.lanes))
	if w.gathers {
		l.family = &family{}
	}
	w.lanes = append(w.lanes, l)
	return l
}

// makeLane makes one, of a task or, with a family, of a child.
func (w *work) makeLane(f *family, index int) *lane {
	l := &lane{work: w, index: index, family: f}
	switch {
	case w.connect == nil:
	case f != nil:
		l.client = borrowed{f, w}
	default:
		l.client = w.connect()
	}
	if w.number != nil {
		l.number = w.openSharedFile()
	}
	if w.source != nil {
		l.copy = make([]byte, w.copyMost)
	}
	if w.file != nil {
		l.buffer = w.readBuffer()
		// Each lane begins at another place, on a page.
		l.offset = int64(index) * int64(w.readMost) % (w.fileBytes + 1) / pageSize * pageSize
	}
	return l
}

// clients are all that a lane and the children of its tasks have.
func (l *lane) clients() []client {
	var all []client
	if l.client != nil {
		all = append(all, l.client)
	}
	if l.family != nil {
		all = append(all, l.family.all...)
	}
	return all
}

// giveBack gives back what its task, or child, held as it ended.
func (l *lane) giveBack() {
	if l.locked {
		unlock(l)
	}
	if l.fileLocked {
		unlockFile(l)
	}
}

func (w *work) closeLanes() {
	for _, l := range w.lanes {
		for _, client := range l.clients() {
			client.close()
		}
	}
}

// pause waits until then, or until the context is cancelled, which it tells.
func pause(ctx context.Context, whenNs int64) (early int64, cancelled bool) {
	if ctx == nil {
		return sleepUntil(whenNs), false
	}
	timer := time.NewTimer(time.Duration(whenNs - nowNs()))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return 0, true
	case <-timer.C:
		return sleepUntil(whenNs) + 1, false
	}
}

// sleepUntil never ends too early; how often it had to sleep on.
func sleepUntil(whenNs int64) int64 {
	times := int64(-1)
	for left := whenNs - nowNs(); left > 0; left = whenNs - nowNs() {
		time.Sleep(time.Duration(left))
		times++
	}
	return times
}

// runTask carries out task i in the lane; in an open loop, when it has arrived.
func (w *work) runTask(l *lane, i int) {
	slot := &w.slots[i]
	open := w.plan.Rate != nil
	if open {
		sleepUntil(w.startNs + slot.arrivalNs)
	}
	slot.beginNs = nowNs()
	check, status := walk(l, w.programs[slot.class])
	l.giveBack()
	endNs := nowNs()
	slot.endNs = endNs
	if !open {
		slot.arrivalNs = l.freeNs
		l.freeNs = endNs
	}
	slot.check, slot.status = check, status
	if w.plan.Memory {
		w.peak.end()
	}
}

// addFigures adds what the result has of the tasks.
func (w *work) addFigures(result map[string]any) {
	counters := map[string]int64{}
	for _, l := range w.lanes {
		counters["early_wakeups"] += l.early
		if l.family != nil {
			for _, child := range l.family.made {
				counters["early_wakeups"] += child.early
			}
		}
		for _, client := range l.clients() {
			counters["http_retries"] += client.retried()
		}
	}
	for name, count := range counters {
		if count == 0 {
			delete(counters, name)
		}
	}
	if w.plan.Model == "raw" {
		counters["raw_cpu_ns"] = w.rawCPUNs
	}
	if len(counters) > 0 {
		result["counters"] = counters
	}
	if w.counts {
		result["counter"] = atomic.LoadUint64(&w.shared.counter) + w.counted()
	}
	if w.plan.Memory {
		result["in_flight"] = w.peak.most
	}
}

// peak gives the mark of that name once, when as many tasks are in flight as there can be.
type peak struct {
	lock      sync.Mutex
	now, most int
	given     bool
}

// begin counts a task: the first step of each in a memory trial.
func (p *peak) begin(w *work) {
	p.lock.Lock()
	p.now++
	if p.now > p.most {
		p.most = p.now
	}
	gives := !p.given && p.now == w.plan.together()
	p.given = p.given || gives
	p.lock.Unlock()
	if gives {
		w.mark("peak")
	}
}

func (p *peak) end() {
	p.lock.Lock()
	p.now--
	p.lock.Unlock()
}

// together is how many tasks can be in flight.
func (p *plan) together() int {
	if p.Tasks < p.Lanes {
		return p.Tasks
	}
	return p.Lanes
}

// connections is how many fetch at once at the most, children included.
func (p *plan) connections() int {
	most := 1
	for _, class := range p.Classes {
		if n := connectionsAtOnce(class.Steps); n > most {
			most = n
		}
	}
	return most * p.together()
}
