// SPDX-License-Identifier: MIT
package main

import (
	"sync"
	"sync/atomic"
)

// goroutines: as many as there are lanes, each taking one task after the other.
type goroutines struct {
	work    *work
	claimed int64
	_       [cacheLine]byte
	ready   sync.WaitGroup
	start   chan struct{}
	done    sync.WaitGroup
}

func (g *goroutines) open() {
	g.start = make(chan struct{})
	g.ready.Add(g.work.plan.Lanes)
	g.done.Add(g.work.plan.Lanes)
	for i := 0; i < g.work.plan.Lanes; i++ {
		go g.worker(g.work.newLane())
	}
	g.ready.Wait()
}

func (g *goroutines) worker(l *lane) {
	defer g.done.Done()
	g.ready.Done()
	<-g.start
	l.freeNs = g.work.startNs
	for {
		i := int(atomic.AddInt64(&g.claimed, 1)) - 1
		if i >= g.work.plan.Tasks {
			return
		}
		g.work.runTask(l, i)
	}
}

func (g *goroutines) run() {
	close(g.start)
	g.done.Wait()
}

func (g *goroutines) close() { g.work.closeLanes() }

// plainLoop has one lane, whatever the plan's.
type plainLoop struct {
	work *work
	lane *lane
}

func (p *plainLoop) open() {
	p.lane = p.work.newLane()
}

func (p *plainLoop) run() {
	p.lane.freeNs = p.work.startNs
	for i := range p.work.slots {
		p.work.runTask(p.lane, i)
	}
}

func (p *plainLoop) close() { p.work.closeLanes() }

// bareLoop walks all tasks in turn, and takes the CPU time of that alone: what computing costs without lanes and
// stamps.
type bareLoop struct {
	plainLoop
}

func (b *bareLoop) run() {
	w := b.work
	before := cpuNs()
	for i := range w.slots {
		walk(b.lane, w.programs[w.slots[i].class])
	}
	w.rawCPUNs = cpuNs() - before
	for i := range w.slots { // a task without stamps would not have been carried out
		w.slots[i].arrivalNs, w.slots[i].beginNs, w.slots[i].endNs = w.startNs, w.startNs, w.startNs
	}
}
