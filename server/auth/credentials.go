package auth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
)

const (
	// maxToken bounds a token before anything of it is parsed. Ours have about
	// 500 bytes; other issuers put more in.
	maxToken = 8 << 10

	// maxAuthorization leaves room for such a token in Base64 with a user name.
	maxAuthorization = 2 * maxToken
)

var errNoCredentials = errors.New("no credentials")

// credentials are what an Authorization header carries. The user of Basic must
// be the party that the token speaks for, or be left empty.
type credentials struct {
	user, token string
	basic       bool
}

// readCredentials reads Bearer (RFC 6750), Token, which some TAXII tools send,
// and Basic with the token as password (RFC 7617). No header at all is
// errNoCredentials; one that cannot be used is any other error (TX-AUTH-06).
func readCredentials(h http.Header) (credentials, error) {
	headers := h.Values("Authorization")
	switch {
	case len(headers) == 0:
		return credentials{}, errNoCredentials
	case len(headers) > 1:
		return credentials{}, errors.New("more than one Authorization header")
	case len(headers[0]) > maxAuthorization:
		return credentials{}, errors.New("the Authorization header is too long")
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(headers[0]), " ")
	cred, err := readScheme(scheme, strings.TrimSpace(rest))
	switch {
	case err != nil:
		return credentials{}, err
	case cred.token == "":
		return credentials{}, errors.New("the Authorization header has no token")
	case len(cred.token) > maxToken:
		return credentials{}, errors.New("the token is too long")
	}
	return cred, nil
}

func readScheme(scheme, rest string) (credentials, error) {
	switch strings.ToLower(scheme) { // TX-AUTH-07
	case "bearer", "token":
		return credentials{token: rest}, nil
	case "basic":
		return readBasic(rest)
	}
	return credentials{}, errors.New("the Authorization header has an unknown scheme")
}

// readBasic ends the user name at the first colon (TX-AUTH-07).
func readBasic(encoded string) (credentials, error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return credentials{}, errors.New("the Basic credentials are not Base64")
	}
	user, password, ok := strings.Cut(string(text), ":")
	if !ok {
		return credentials{}, errors.New("the Basic credentials have no colon")
	}
	return credentials{user: user, token: password, basic: true}, nil
}
