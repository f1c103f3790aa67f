package server

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net"
	"strings"
	"testing"
)

// A tap keeps what comes in on a connection.
type tap struct {
	net.Conn
	in bytes.Buffer
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.in.Write(p[:n])
	return n, err
}

// TX-TLS-04: the session tickets of a TLS 1.3 connection, decrypted, permit no
// early data: none has the extension early_data (RFC 8446 §4.6.1). The session
// that the ticket stands for is resumed, and answers.
func TestNoEarlyData(t *testing.T) {
	ca := newAuthority(t, "Server CA")
	s := start(t, tlsConfig(t, ca))
	sessions := tls.NewLRUClientSessionCache(1)
	for _, resumed := range []bool{false, true} {
		raw, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		var keys bytes.Buffer
		in := &tap{Conn: raw}
		conn := tls.Client(in, &tls.Config{RootCAs: ca.pool(), ServerName: "localhost", MinVersion: tls.VersionTLS13, KeyLogWriter: &keys, ClientSessionCache: sessions})
		fmt.Fprintf(conn, "GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n", s.token(t))
		answer, err := io.ReadAll(conn)
		if state := conn.ConnectionState(); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 OK\r\n")) || state.DidResume != resumed {
			t.Errorf("GET = %.40q, %v, resumed: %v; want 200, resumed: %v", answer, err, state.DidResume, resumed)
		}
		tickets := ticketsIn(t, in.in.Bytes(), conn.ConnectionState().CipherSuite, keyOf(t, keys.String(), "SERVER_TRAFFIC_SECRET_0"))
		if len(tickets) == 0 {
			t.Fatal("the server sent no session ticket, so there is nothing to look at")
		}
		for _, ticket := range tickets {
			if permitsEarlyData(t, ticket) {
				t.Errorf("the ticket %x permits early data", ticket)
			}
		}
	}
}

// The test above would see a ticket that permits early data.
func TestEarlyDataIsSeen(t *testing.T) {
	body := append(make([]byte, 8), 1, 9, 0, 2, 7, 7)
	for extensions, want := range map[string]bool{"": false, "\x00\x2a\x00\x04\xff\xff\xff\xff": true, "\x12\x34\x00\x00\x00\x2a\x00\x04\x00\x00\x00\x01": true} {
		ticket := append(binary.BigEndian.AppendUint16(bytes.Clone(body), uint16(len(extensions))), extensions...)
		if got := permitsEarlyData(t, ticket); got != want {
			t.Errorf("permitsEarlyData with the extensions %x = %v; want %v", extensions, got, want)
		}
	}
}

// keyOf reads a secret from a key log (NSS format: LABEL CLIENT_RANDOM SECRET).
func keyOf(t *testing.T, log, label string) []byte {
	t.Helper()
	_, rest, _ := strings.Cut(log, label+" ")
	line, _, _ := strings.Cut(rest, "\n")
	_, secret, _ := strings.Cut(line, " ")
	key, err := hex.DecodeString(secret)
	if err != nil || len(key) == 0 {
		t.Fatalf("no %s in the key log", label)
	}
	return key
}

// ticketsIn decrypts what the server sent after the handshake and returns the
// NewSessionTicket messages in it.
func ticketsIn(t *testing.T, stream []byte, suite uint16, secret []byte) (tickets [][]byte) {
	t.Helper()
	open := recordKey(t, suite, secret)
	for len(stream) >= 5 {
		end := 5 + int(binary.BigEndian.Uint16(stream[3:]))
		if end > len(stream) {
			break
		}
		record := stream[:end]
		stream = stream[end:]
		// Records of the handshake have other keys: they do not open.
		plain, ok := open(record)
		if plain = bytes.TrimRight(plain, "\x00"); !ok || len(plain) == 0 || plain[len(plain)-1] != 22 {
			continue
		}
		for m := plain[:len(plain)-1]; len(m) >= 4; {
			size := int(m[1])<<16 | int(m[2])<<8 | int(m[3])
			if m[0] == 4 {
				tickets = append(tickets, m[4:4+size])
			}
			m = m[4+size:]
		}
	}
	return tickets
}

// recordKey returns what opens the records of a traffic secret, in their order
// (RFC 8446 §5.2, §7.3).
func recordKey(t *testing.T, suite uint16, secret []byte) func(record []byte) ([]byte, bool) {
	t.Helper()
	size, newHash := 16, func() hash.Hash { return sha256.New() }
	switch suite {
	case tls.TLS_AES_128_GCM_SHA256:
	case tls.TLS_AES_256_GCM_SHA384:
		size, newHash = 32, sha512.New384
	default:
		t.Skipf("%s is chosen on this processor, which has no AES; this test opens AES only", tls.CipherSuiteName(suite))
	}
	expand := func(label string, size int) []byte {
		info := fmt.Sprintf("\x00%c%ctls13 %s\x00", size, len("tls13 ")+len(label), label)
		key, err := hkdf.Expand(newHash, secret, info, size)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	block, err := aes.NewCipher(expand("key", size))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	iv, sequence := expand("iv", 12), uint64(0)
	return func(record []byte) ([]byte, bool) {
		nonce := binary.BigEndian.AppendUint64(bytes.Clone(iv[:4]), binary.BigEndian.Uint64(iv[4:])^sequence)
		plain, err := aead.Open(nil, nonce, record[5:], record[:5])
		if err == nil {
			sequence++
		}
		return plain, err == nil
	}
}

// permitsEarlyData looks for the extension early_data, number 42, behind
// lifetime, age, nonce and ticket.
func permitsEarlyData(t *testing.T, ticket []byte) bool {
	t.Helper()
	rest := ticket[8:]
	rest = rest[1+rest[0]:]
	rest = rest[2+binary.BigEndian.Uint16(rest):]
	if size := int(binary.BigEndian.Uint16(rest)); size != len(rest)-2 {
		t.Fatalf("the ticket ends in %d bytes, its extensions have %d", len(rest)-2, size)
	}
	for rest = rest[2:]; len(rest) >= 4; rest = rest[4+binary.BigEndian.Uint16(rest[2:]):] {
		if binary.BigEndian.Uint16(rest) == 42 {
			return true
		}
	}
	return false
}
