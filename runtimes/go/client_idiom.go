// SPDX-License-Identifier: MIT
package main

import (
	"context"
	"net"
	"net/http"
)

// sharedClient is one http.Client for all lanes, with as many connections as there are tasks at once: by default two of
// them would be kept open. Another keeps none, for fetches that are to have one of their own.
type sharedClient struct {
	http, fresh http.Client
}

func newSharedClient(p *plan, d *dialer) *sharedClient {
	transport := &http.Transport{
		Proxy:               nil, // proxies of the environment are none of a measurement's
		TLSClientConfig:     d.tls,
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: p.connections(),
		MaxConnsPerHost:     p.connections(),
		DisableCompression:  true,
	}
	if d.socket != "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", d.socket)
		}
	}
	none := transport.Clone()
	none.DisableKeepAlives = true
	none.MaxConnsPerHost = 0 // which one that is being closed would still count for
	return &sharedClient{http: overTransport(transport, d), fresh: overTransport(none, d)}
}

func overTransport(transport *http.Transport, d *dialer) http.Client {
	unfollowed := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return http.Client{Transport: transport, Timeout: d.timeout, CheckRedirect: unfollowed}
}

func (s *sharedClient) fetch(ctx context.Context, t *target) (uint32, uint16) {
	check, status := s.get(ctx, t)
	if ctx != nil && ctx.Err() != nil {
		return 0, statusCancelled
	}
	return check, status
}

func (s *sharedClient) get(ctx context.Context, t *target) (uint32, uint16) {
	request := &http.Request{Method: http.MethodGet, URL: t.url, Header: t.headers, Host: t.host}
	if ctx != nil {
		request = request.WithContext(ctx)
	}
	by := &s.http
	if t.fresh {
		by = &s.fresh
	}
	response, err := by.Do(request)
	if err != nil {
		return 0, statusOf(err)
	}
	defer response.Body.Close()
	check, err := readBody(response.Body, t.hashed)
	if err != nil {
		return 0, statusOf(err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return 0, uint16(response.StatusCode)
	}
	return check, 0
}

func (s *sharedClient) retried() int64 { return 0 }

func (s *sharedClient) close() { s.http.CloseIdleConnections() }
