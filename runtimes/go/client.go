// SPDX-License-Identifier: MIT
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How a fetch failed: 2000 + what libcurl calls it.
const (
	statusConnect  = 2007
	statusWeird    = 2008
	statusPartial  = 2018
	statusTimeout  = 2028
	statusTLS      = 2035
	statusNothing  = 2052
	statusReceive  = 2056
	statusDistrust = 2060
	statusNoPort   = statusErrno + uint16(syscall.EADDRNOTAVAIL)
)

// A client fetches for a lane.
type client interface {
	// fetch GETs the target and reads its body; what that adds to the checksum, and 0 or how it failed: statusCancelled as soon as
	// the context, where there is one, is cancelled.
	fetch(ctx context.Context, t *target) (check uint32, status uint16)
	// retried is how often a request was sent again, since a connection that was kept open had been closed.
	retried() int64
	close()
}

// What a fetch asks for.
type target struct {
	url     *url.URL
	address string // host:port, or the path of a Unix socket
	secure  bool
	fresh   bool // on a connection of its own
	headers http.Header
	host    string
	request []byte
	hashed  bool // a user's own server: the body counts by its hash
}

func newTarget(p *plan, text string, fresh bool) (*target, error) {
	parts, err := url.Parse(text)
	if err != nil || (parts.Scheme != "http" && parts.Scheme != "https") || parts.Hostname() == "" {
		return nil, errors.New("'" + text + "' is no http:// or https:// address")
	}
	t := &target{url: parts, secure: parts.Scheme == "https", fresh: fresh, hashed: p.URL != nil, host: parts.Host}
	port := parts.Port()
	if port == "" {
		port = map[bool]string{false: "80", true: "443"}[t.secure]
	}
	t.address = net.JoinHostPort(parts.Hostname(), port)
	var given []string
	if t.hashed {
		given = p.Headers
	}
	t.headers = headerFields(given)
	t.write()
	return t, nil
}

// headerFields is what a request has besides Host, changed as curl's --header has it: "Name: value" sets, "Name;"
// sets to nothing, "Name:" takes away.
func headerFields(given []string) http.Header {
	fields := http.Header{"User-Agent": {"ccbench"}, "Accept": {"*/*"}}
	for _, line := range given {
		name, value, colon := strings.Cut(line, ":")
		if !colon {
			name = strings.TrimRight(line, ";")
		}
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if colon && value == "" {
			fields.Del(name)
		} else {
			fields.Set(name, value)
		}
	}
	return fields
}

// write makes the request as it is sent.
func (t *target) write() {
	if host := t.headers.Get("Host"); host != "" {
		t.host = host
		t.headers.Del("Host")
	}
	text := "GET " + t.url.RequestURI() + " HTTP/1.1\r\nHost: " + t.host + "\r\n"
	names := make([]string, 0, len(t.headers))
	for name := range t.headers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		text += name + ": " + t.headers.Get(name) + "\r\n"
	}
	t.request = []byte(text + "\r\n")
}

// trusted is what a server's certificate is held to; an error where the plan's cannot be read. Sessions are never resumed,
// as there is nothing that keeps them.
func trusted(p *plan) (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: p.Insecure, MinVersion: tls.VersionTLS12}
	if p.OriginCertificate != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(p.OriginCertificate)) {
			return nil, refuse("origin_certificate is none, expected one as PEM")
		}
		return config, nil
	}
	var files []string
	if p.CACert != "" {
		files = append(files, p.CACert)
	}
	if p.CAPath != "" {
		inside, _ := filepath.Glob(filepath.Join(p.CAPath, "*"))
		files = append(files, inside...)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, refuse("no certificates: %v", err)
		}
		if config.RootCAs == nil {
			config.RootCAs = x509.NewCertPool()
		}
		config.RootCAs.AppendCertsFromPEM(text)
	}
	return config, nil
}

// A dialer connects to where the plan says.
type dialer struct {
	tls     *tls.Config
	timeout time.Duration
	socket  string // path of a Unix socket to connect to whatever the address; "": none
}

func newDialer(p *plan) (*dialer, error) {
	config, err := trusted(p)
	return &dialer{tls: config, timeout: time.Duration(p.TaskTimeoutNs), socket: p.UnixSocket}, err
}

func clientName(chosen map[string]string) string {
	if chosen["client"] == "idiom" {
		return "net/http's Client"
	}
	return "net.Conn and http.ReadResponse"
}

// chooseClient returns what makes the clients of the lanes.
func chooseClient(p *plan, chosen map[string]string) (func() client, error) {
	d, err := newDialer(p)
	if err != nil {
		return nil, err
	}
	if chosen["client"] == "idiom" {
		all := newSharedClient(p, d)
		return func() client { return all }, nil
	}
	return func() client { return &sorts{dialer: d} }, nil
}

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// readBody reads it to its end; what it adds to the checksum.
func readBody(body io.Reader, hashed bool) (uint32, error) {
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	hash := fnv.New32a()
	var length uint32
	for {
		n, err := body.Read(buffer[:])
		length += uint32(n)
		if hashed {
			hash.Write(buffer[:n])
		}
		if err == io.EOF && hashed {
			return hash.Sum32() ^ length, nil
		}
		if err == io.EOF {
			return length, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

var resets = []error{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}

// says tells of an error in whose text only another is left: net/http's Transport wraps what it had as text, or in a type
// of its own (mapRoundTripError, "net/http: HTTP/1.x transport connection broken: …").
func says(err error, what string) bool {
	return strings.HasSuffix(err.Error(), what)
}

// isReset tells of a connection that the other side has closed while it was in use.
func isReset(err error) bool {
	for _, reset := range resets {
		if errors.Is(err, reset) || says(err, reset.Error()) {
			return true
		}
	}
	return errors.Is(err, net.ErrClosed)
}

// isNothing tells of a connection that was closed where an answer was waited for.
func isNothing(err error) bool {
	return errors.Is(err, io.EOF) || says(err, ": "+io.EOF.Error()) || says(err, "server closed idle connection")
}

// isDistrust tells of a certificate that was at fault.
func isDistrust(err error) bool {
	var unknown x509.UnknownAuthorityError
	var other x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &unknown) || errors.As(err, &other) || errors.As(err, &invalid)
}

// statusOf is the status of a fetch that failed so.
func statusOf(err error) uint16 {
	var network net.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &network) && network.Timeout():
		return statusTimeout
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return statusNoPort
	case errors.As(err, &operation) && operation.Op == "dial":
		return statusConnect
	case isReset(err):
		return statusReceive
	case isDistrust(err):
		return statusDistrust
	case errors.Is(err, io.ErrUnexpectedEOF) || says(err, ": "+io.ErrUnexpectedEOF.Error()):
		return statusPartial
	case isNothing(err):
		return statusNothing
	}
	return statusWeird
}
