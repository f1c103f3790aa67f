package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"time"

	"accord/collections"
)

// A Key is the public half of one of the servers' own signing keys.
type Key struct {
	KID     string     `json:"kid"` // RFC 7638 thumbprint
	Server  string     `json:"server"`
	From    time.Time  `json:"from"`
	Retired *time.Time `json:"retired,omitempty"` // nil while it verifies
}

// Keys returns the keys of all servers on the store, oldest first.
func (a *Authenticator) Keys() []Key {
	a.log.mu.RLock()
	defer a.log.mu.RUnlock()
	keys := make([]Key, len(a.log.keys))
	for i, k := range a.log.keys {
		keys[i] = Key{KID: k.KID, Server: k.Server, From: k.From, Retired: k.Retired}
	}
	return keys
}

// Rotate makes a new key, which signs from now on; the older ones go on to
// verify. It returns the new kid.
func (a *Authenticator) Rotate(ctx context.Context) (kid string, err error) {
	kid, key, err := makeKey(a.KeyDir)
	if err != nil {
		return "", err
	}
	return kid, a.publish(ctx, map[string]ed25519.PrivateKey{kid: key})
}

// Retire ends a key for all servers: nothing that it signed verifies any
// longer, and its file is removed if it is in this server's folder. An unknown
// kid is ErrNotFound; a key that has been retired before stays so.
func (a *Authenticator) Retire(ctx context.Context, kid string) error {
	err := a.control.Append(ctx, collections.Operator, func() ([]collections.ControlEntry, error) {
		a.log.mu.RLock()
		defer a.log.mu.RUnlock()
		i := slices.IndexFunc(a.log.keys, func(k keyRecord) bool { return k.KID == kid })
		if i < 0 {
			return nil, collections.Errorf(collections.ErrNotFound, "there is no key %q", kid)
		}
		key, now := a.log.keys[i], a.Now().UTC()
		if key.Retired != nil {
			return nil, nil
		}
		key.Retired = &now
		return controlEntries(typeKey, kid, key)
	})
	if err != nil {
		return err
	}
	return removeKey(a.KeyDir, kid)
}

// signer returns the key that signs: the newest in the folder, a new one if
// there is none. What the log does not know of the folder is published first.
// The folder is read each time, so that no private key stays in memory and a
// rotation by another process holds at once.
func (a *Authenticator) signer(ctx context.Context) (kid string, key ed25519.PrivateKey, err error) {
	keys, err := readKeys(a.KeyDir)
	if err != nil {
		return "", nil, err
	}
	if err := a.publish(ctx, keys); err != nil {
		return "", nil, err
	}
	if kid := a.log.newest(keys); kid != "" {
		return kid, keys[kid], nil
	}
	kid, key, err = makeKey(a.KeyDir)
	if err != nil {
		return "", nil, err
	}
	return kid, key, a.publish(ctx, map[string]ed25519.PrivateKey{kid: key})
}

// publish writes the public halves of those keys to the log that it lacks.
func (a *Authenticator) publish(ctx context.Context, keys map[string]ed25519.PrivateKey) error {
	missing := func() (kids []string) {
		for kid := range keys {
			if _, _, known := a.log.key(kid); !known {
				kids = append(kids, kid)
			}
		}
		slices.Sort(kids)
		return kids
	}
	if len(missing()) == 0 {
		return nil
	}
	return a.control.Append(ctx, collections.Operator, func() (entries []collections.ControlEntry, err error) {
		for _, kid := range missing() {
			public := keys[kid].Public().(ed25519.PublicKey)
			record, err := controlEntries(typeKey, kid, keyRecord{
				KID: kid, JWK: newJWK(public), Server: a.Server, From: a.Now().UTC(),
			})
			if err != nil {
				return nil, err
			}
			entries = append(entries, record...)
		}
		return entries, nil
	})
}

// controlEntries is one record for the control log.
func controlEntries(typ, id string, record any) ([]collections.ControlEntry, error) {
	raw, err := json.Marshal(record)
	if err != nil {
		return nil, err
	}
	return []collections.ControlEntry{{Type: typ, ID: id, Raw: raw}}, nil
}
