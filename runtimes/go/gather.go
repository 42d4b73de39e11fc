// SPDX-License-Identifier: MIT
package main

import (
	"context"
	"encoding/json"
	"sync"
)

const (
	mostChildren = 64
	// Of a child that was given up, since another had failed: no task ends with it.
	statusCancelled = 0xffff
)

// A program is what a child carries out.
type program []step

// gather starts a goroutine for each child, and waits for all: a sync.WaitGroup. With cancels the first that fails cancels the
// context of the others; its status counts, and else that of the first in the list that failed.
func gather(children []program, cancels bool) step {
	return func(l *lane) (uint32, uint16) {
		group := newGroup(l, cancels)
		defer group.cancel()
		for i, steps := range children {
			group.done.Add(1)
			go group.carry(i, l.child(group.context), steps)
		}
		group.done.Wait()
		return group.sum()
	}
}

// gatherInTurn carries out one child after the other.
func gatherInTurn(children []program, cancels bool) step {
	return func(l *lane) (uint32, uint16) {
		group := newGroup(l, cancels)
		defer group.cancel()
		for i, steps := range children {
			group.done.Add(1)
			group.carry(i, l.child(group.context), steps)
		}
		return group.sum()
	}
}

// A group is the children of one step while they are under way.
type group struct {
	context  context.Context // of the children; nil: none of them can be cancelled
	cancel   context.CancelFunc
	cancels  bool
	done     sync.WaitGroup
	lock     sync.Mutex
	first    uint16 // status of the first that failed; 0: none has
	check    uint32
	statuses [mostChildren]uint16
}

func newGroup(l *lane, cancels bool) *group {
	g := &group{context: l.context, cancel: func() {}, cancels: cancels}
	if cancels {
		above := l.context
		if above == nil {
			above = context.Background()
		}
		g.context, g.cancel = context.WithCancel(above)
	}
	return g
}

func (g *group) carry(i int, l *lane, steps program) {
	defer g.done.Done()
	check, status := walk(l, steps)
	l.giveBack()
	l.leave()
	g.lock.Lock()
	defer g.lock.Unlock()
	g.check += check
	g.statuses[i] = status
	if status != 0 && status != statusCancelled && g.first == 0 {
		g.first = status
		if g.cancels {
			g.cancel()
		}
	}
}

func (g *group) sum() (uint32, uint16) {
	if g.first != 0 && g.cancels {
		return 0, g.first
	}
	cancelled := uint16(0)
	for _, status := range g.statuses {
		if status == statusCancelled {
			cancelled = status
		} else if status != 0 {
			return 0, status
		}
	}
	return g.check, cancelled
}

// look stands before each step of a child that can be cancelled.
func look(l *lane) (uint32, uint16) {
	if l.context.Err() != nil {
		return 0, statusCancelled
	}
	return 0, 0
}

// A family is what the children of a lane's tasks use, kept from one gather to the next: lanes, and, apart from them, clients,
// so that there are no more connections than children that fetch at once.
type family struct {
	lock    sync.Mutex
	lanes   []*lane // that no child has
	clients []client
	all     []client
	made    []*lane
}

// child is a lane for a child of the lane's task.
func (l *lane) child(ctx context.Context) *lane {
	f := l.family
	f.lock.Lock()
	defer f.lock.Unlock()
	var child *lane
	if last := len(f.lanes) - 1; last >= 0 {
		child, f.lanes = f.lanes[last], f.lanes[:last]
	} else {
		child = l.work.makeLane(f, l.index+len(f.made)+1)
		f.made = append(f.made, child)
	}
	child.context, child.register, child.fileRegister = ctx, l.register, l.fileRegister
	return child
}

func (l *lane) leave() {
	l.family.lock.Lock()
	defer l.family.lock.Unlock()
	l.family.lanes = append(l.family.lanes, l)
}

// borrowed is what a child fetches by: a client of its family's that no other uses.
type borrowed struct {
	family *family
	work   *work
}

func (b borrowed) fetch(ctx context.Context, t *target) (uint32, uint16) {
	taken := b.take()
	defer func() {
		b.family.lock.Lock()
		defer b.family.lock.Unlock()
		b.family.clients = append(b.family.clients, taken)
	}()
	return taken.fetch(ctx, t)
}

func (b borrowed) take() client {
	f := b.family
	f.lock.Lock()
	defer f.lock.Unlock()
	if last := len(f.clients) - 1; last >= 0 {
		taken := f.clients[last]
		f.clients = f.clients[:last]
		return taken
	}
	made := b.work.connect()
	f.all = append(f.all, made)
	return made
}

// What it borrows is its family's to count and to close.
func (b borrowed) retried() int64 { return 0 }

func (b borrowed) close() {}

func (c *compiler) gather(object map[string]json.RawMessage, depth int, within within) (step, error) {
	var lists [][]map[string]json.RawMessage
	onFailure := "wait"
	if err := json.Unmarshal(object["gather"], &lists); err != nil || len(lists) < 1 || len(lists) > mostChildren {
		return nil, refuse("gather %.60s is no list of lists of steps, expected 1 to %d of them", object["gather"], mostChildren)
	}
	if given, there := object["on_failure"]; there {
		if json.Unmarshal(given, &onFailure) != nil || (onFailure != "wait" && onFailure != "cancel") {
			return nil, refuse("on_failure %s cannot be, expected \"wait\" or \"cancel\"", given)
		}
	}
	if within.locked {
		return nil, refuse("gather may not stand between lock and unlock")
	}
	within.child, within.cancellable = true, within.cancellable || onFailure == "cancel"
	children := make([]program, len(lists))
	for i, list := range lists {
		steps, err := c.steps(list, depth+1, within)
		if err != nil {
			return nil, err
		}
		children[i] = steps
	}
	c.work.gathers = true
	if c.description.OneLane {
		return gatherInTurn(children, onFailure == "cancel"), nil
	}
	return gather(children, onFailure == "cancel"), nil
}

// connectionsAtOnce is the most that a task fetches by at once.
func connectionsAtOnce(list []map[string]json.RawMessage) int {
	most := 0
	for _, object := range list {
		var lists [][]map[string]json.RawMessage
		var inner []map[string]json.RawMessage
		sum := 0
		json.Unmarshal(object["gather"], &lists)
		json.Unmarshal(object["steps"], &inner)
		for _, one := range append(lists, inner) {
			sum += connectionsAtOnce(one)
		}
		if _, fetches := object["fetch"]; fetches {
			sum = 1
		}
		if sum > most {
			most = sum
		}
	}
	return most
}
