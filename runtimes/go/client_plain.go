// SPDX-License-Identifier: MIT
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// A connection is a lane's own, kept open from fetch to fetch, with the parser of the standard library.
type connection struct {
	dialer  *dialer
	context context.Context // of the fetch under way
	lock    sync.Mutex      // conn is changed, or given another deadline, under it
	conn    net.Conn
	reader  *bufio.Reader
	address string
	retries int64
}

// sorts are a lane's connections: one without TLS and one with it, both kept open, and another for each fetch that is to have
// its own.
type sorts struct {
	dialer *dialer
	kept   [2]*connection
}

func (s *sorts) one(t *target) *connection {
	at := 0
	if t.secure {
		at = 1
	}
	if s.kept[at] == nil {
		s.kept[at] = &connection{dialer: s.dialer}
	}
	return s.kept[at]
}

func (s *sorts) fetch(ctx context.Context, t *target) (uint32, uint16) {
	if !t.fresh {
		return s.one(t).fetch(ctx, t)
	}
	own := connection{dialer: s.dialer}
	defer own.close()
	return own.fetch(ctx, t)
}

func (s *sorts) retried() int64 {
	var times int64
	for _, c := range s.kept {
		if c != nil {
			times += c.retries
		}
	}
	return times
}

func (s *sorts) close() {
	for _, c := range s.kept {
		if c != nil {
			c.close()
		}
	}
}

func (c *connection) close() {
	if c.conn != nil {
		c.conn.Close()
		c.use(nil)
	}
}

func (c *connection) fetch(ctx context.Context, t *target) (uint32, uint16) {
	if ctx == nil {
		c.context = context.Background()
		return c.get(t)
	}
	c.context = ctx
	over := make(chan struct{})
	ended := make(chan struct{})
	go c.watch(ctx, over, ended)
	check, status := c.get(t)
	close(over)
	<-ended
	if ctx.Err() != nil {
		c.close()
		return 0, statusCancelled
	}
	return check, status
}

// watch has whatever is waited for fail where the context is cancelled before it is over.
func (c *connection) watch(ctx context.Context, over, ended chan struct{}) {
	defer close(ended)
	select {
	case <-ctx.Done():
		c.limit(time.Time{})
	case <-over:
	}
}

func (c *connection) use(conn net.Conn) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.conn = conn
}

// limit says until when to wait, which is over where the fetch is cancelled.
func (c *connection) limit(deadline time.Time) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.context.Err() != nil {
		deadline = time.Unix(1, 0)
	}
	if c.conn != nil && !deadline.IsZero() {
		c.conn.SetDeadline(deadline)
	}
}

func (c *connection) get(t *target) (uint32, uint16) {
	var deadline time.Time
	if c.dialer.timeout > 0 {
		deadline = time.Now().Add(c.dialer.timeout)
	}
	kept := c.conn != nil && c.address == t.address
	check, status, stale := c.once(t, kept, deadline)
	// A server may close what was kept open at any time: the request is made again (RFC 9110, 9.2.2).
	if stale {
		c.retries++
		check, status, _ = c.once(t, false, deadline)
	}
	return check, status
}

// dial makes a new connection; 0, or the status of the fetch.
func (c *connection) dial(t *target, deadline time.Time) uint16 {
	c.close()
	network, address := "tcp", t.address
	if c.dialer.socket != "" {
		network, address = "unix", c.dialer.socket
	}
	conn, err := (&net.Dialer{Deadline: deadline}).DialContext(c.context, network, address)
	if err != nil {
		return statusOf(err)
	}
	c.use(conn)
	if t.secure {
		if conn, err = c.shakeHands(conn, t, deadline); err != nil {
			c.close()
			return handshakeStatus(err)
		}
		c.use(conn)
	}
	c.reader, c.address = bufio.NewReader(conn), t.address
	return 0
}

func (c *connection) shakeHands(conn net.Conn, t *target, deadline time.Time) (net.Conn, error) {
	config := c.dialer.tls.Clone()
	config.ServerName = t.url.Hostname()
	secure := tls.Client(conn, config)
	c.limit(deadline)
	return secure, secure.Handshake()
}

// handshakeStatus is the status of a fetch whose server and client did not come to terms.
func handshakeStatus(err error) uint16 {
	if status := statusOf(err); status == statusTimeout || status == statusDistrust {
		return status
	}
	return statusTLS
}

// once makes the request once. stale: a connection that was kept turned out to be closed.
func (c *connection) once(t *target, kept bool, deadline time.Time) (check uint32, status uint16, stale bool) {
	if !kept {
		if status := c.dial(t, deadline); status != 0 {
			return 0, status, false
		}
	}
	c.limit(deadline)
	_, err := c.conn.Write(t.request)
	if err == nil {
		_, err = c.reader.Peek(1)
	}
	if err != nil {
		c.close()
		return 0, statusOf(err), kept && (isReset(err) || err == io.EOF)
	}
	check, status = c.receive(t)
	return check, status, false
}

// receive reads the answer, and closes what cannot be used again.
func (c *connection) receive(t *target) (uint32, uint16) {
	response, err := http.ReadResponse(c.reader, nil)
	for err == nil && response.StatusCode < 200 { // interim: the answer comes behind it
		response, err = http.ReadResponse(c.reader, nil)
	}
	var check uint32
	if err == nil {
		check, err = readBody(response.Body, t.hashed)
	}
	if err != nil {
		c.close()
		return 0, statusOf(err)
	}
	if response.Close {
		c.close()
	}
	if response.StatusCode > 299 {
		return 0, uint16(response.StatusCode)
	}
	return check, 0
}
